import CHDF5

/// Finding out what a file of unknown content holds.
extension HDF5File {
  /// The datasets of the root group, in the order in which they were made if the file knows it, else by name.
  func datasetNames() throws -> [String] {
    var group = H5G_info_t()
    try HDF5.check("H5Gget_info", path) { H5Gget_info(id, &group) }
    let root = try HDF5.open("H5Gopen2", path) { H5Gopen2(id, "/", flowmap_h5p_default()) }
    let creation = try HDF5.open("H5Gget_create_plist", path) { H5Gget_create_plist(root.id) }
    var order: UInt32 = 0
    try HDF5.check("H5Pget_link_creation_order", path) { H5Pget_link_creation_order(creation.id, &order) }
    let indexed = flowmap_h5p_creation_order()
    let index = order & indexed == indexed ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME
    return try (0..<group.nlinks).compactMap { place in
      let name = try text("H5Lget_name_by_idx") {
        H5Lget_name_by_idx(id, ".", index, H5_ITER_INC, place, $0, $1, flowmap_h5p_default())
      }
      let object = try HDF5.open("H5Oopen", "\(name) in \(path)") { H5Oopen(id, name, flowmap_h5p_default()) }
      return HDF5.serially { H5Iget_type(object.id) } == H5I_DATASET ? name : nil
    }
  }

  /// Whether a dataset holds integers or floating-point numbers.
  func isNumeric(_ dataset: RowDataset) throws -> Bool {
    let type = try HDF5.open("H5Dget_type", dataset.name) { H5Dget_type(dataset.id) }
    let kind = HDF5.serially { H5Tget_class(type.id) }
    return kind == H5T_INTEGER || kind == H5T_FLOAT
  }

  /// The names of the dimension scales on a dataset's axes; "?" for an axis without one.
  func axisNames(_ dataset: RowDataset) throws -> [String] {
    try (0..<UInt32(dataset.extents.count)).map { axis in
      var scale = hid_t(-1)
      // The scale is only lent to the callback, so it is held beyond it.
      _ = try HDF5.check("H5DSiterate_scales", dataset.name) {
        H5DSiterate_scales(
          dataset.id, axis, nil,
          { _, _, scale, found in
            H5Iinc_ref(scale)
            found!.assumingMemoryBound(to: hid_t.self).pointee = scale
            return 1
          }, &scale)
      }
      guard scale >= 0 else { return "?" }
      let handle = Handle(scale)
      let name = try text("H5Iget_name") { H5Iget_name(handle.id, $0, $1) }
      return name.hasPrefix("/") ? String(name.dropFirst()) : name
    }
  }

  /// A name from a function that first tells how long it is.
  private func text(_ function: String, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> String {
    let length = try HDF5.check(function, path) { call(nil, 0) }
    var bytes = [CChar](repeating: 0, count: length + 1)
    try HDF5.check(function, path) { call(&bytes, length + 1) }
    return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
