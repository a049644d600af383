import CHDF5

/// A file that follows the rules of NetCDF-4, complete but for the members' data.
///
/// Every dimension has a dimension scale and every variable is attached to the scales of all its axes, or readers would
/// invent dimensions. All of this is written by one process: HDF5's dimension scales are not meant for several.
///
/// - Source: Unidata, netcdf-c, docs/file_format_specifications.md, "Creating a NetCDF-4 file with HDF5".
enum NetCDF {
  /// How the data of a variable are stored.
  enum Storage {
    /// In the file, in one piece.
    case owned(MergeBlocks)
    /// In the file, in compressed pieces, one kind for each variable.
    case compressed(MergeBlocks, [Pieces])
    /// In other files: `mapping` fills in where each of the variable's rows is. The argument is the variable's number.
    case virtual(mapping: (_ variable: Int, _ creation: Handle, _ space: Handle) throws -> Void, gap: MergeOptions.Gap?)
  }

  /// Records the checksum in a file that has room for it.
  static func record(_ checksum: String, in path: String) throws {
    let file = try HDF5File(writing: path, .serial)
    try file.replaceAttribute(FileChecksum.attribute, text: checksum)
    try file.close()
  }

  /// Makes the file, with every dimension, attribute and byte of space that is not compressed.
  static func create(_ path: String, _ layout: ResultsLayout, _ storage: Storage) throws {
    var isVirtual = false
    if case .virtual = storage { isVirtual = true }
    let file = try HDF5File(creating: path, newest: isVirtual)
    try writeAttributes(file, layout)
    switch storage {
    case .owned(let blocks), .compressed(let blocks, _):
      // Room for the checksum, which is known at the end.
      try file.writeAttribute(
        Attribute(FileChecksum.attribute, FileChecksum.text(blocks, [])), on: file.id, file.path)
    case .virtual: break
    }
    let scales = try makeScales(file, layout)
    let coordinates = layout.variables.filter(\.isCoordinate).map(\.name).joined(separator: " ")
    for (number, variable) in layout.variables.enumerated() {
      let dataset = try makeVariable(file, layout, number, storage)
      for attribute in variable.attributes {
        try file.writeAttribute(attribute, as: ownType(attribute, variable), on: dataset.id, dataset.name)
      }
      if variable.isFloating && variable.attributes.first("_FillValue") == nil {
        let fill = Attribute("_FillValue", .number(.nan))
        try file.writeAttribute(fill, as: variable.elementType, on: dataset.id, dataset.name)
      }
      if !variable.isCoordinate && !coordinates.isEmpty {
        try file.writeAttribute(Attribute("coordinates", coordinates), on: dataset.id, dataset.name)
      }
      for (axis, name) in ([ResultsLayout.memberAxis] + variable.innerAxes).enumerated() {
        try HDF5.check("H5DSattach_scale", dataset.name) {
          H5DSattach_scale(dataset.id, scales[name]!.id, UInt32(axis))
        }
      }
      try dataset.close()
    }
    for scale in scales.values { try scale.close() }
    try file.close()
  }

  private static func writeAttributes(_ file: HDF5File, _ layout: ResultsLayout) throws {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    try HDF5.check("H5get_libversion", file.path) { H5get_libversion(&major, &minor, &release) }
    let given = Set(layout.attributes.map(\.name))
    let own = [
      Attribute("_NCProperties", "version=2,flowmap=1,hdf5=\(major).\(minor).\(release)"),
      Attribute("Conventions", "CF-1.10"),
    ]
    for attribute in own.filter({ !given.contains($0.name) }) + layout.attributes {
      try file.writeAttribute(attribute, on: file.id, file.path)
    }
  }

  /// The dimension scales by name. `_Netcdf4Dimid` numbers them in this order.
  private static func makeScales(_ file: HDF5File, _ layout: ResultsLayout) throws -> [String: RowDataset] {
    let member = try file.makeDataset(
      ResultsLayout.memberAxis, type: flowmap_h5t_int64(), extents: [layout.memberCount])
    try makeScale(file, member, number: 0, label: ResultsLayout.memberAxis)
    let name = Attribute("long_name", "number of the ensemble member, from 0")
    try file.writeAttribute(name, on: member.id, member.name)
    var scales = [ResultsLayout.memberAxis: member]
    for (index, dimension) in layout.axes.enumerated() {
      let scale: RowDataset
      if let values = dimension.coordinate {
        scale = try file.makeDataset(dimension.name, type: flowmap_h5t_double(), extents: [dimension.length])
        try scale.write(0..<dimension.length, flowmap_h5t_double(), from: values)
        try makeScale(file, scale, number: index + 1, label: dimension.name)
      } else {
        scale = try file.makeDataset(
          dimension.name, type: flowmap_h5t_big_endian_float(), extents: [dimension.length],
          creation: HDF5File.datasetCreation(dimension.name, allocated: false))
        // NetCDF knows a dimension without coordinate variable by these words, with the length in 10 columns.
        let length = "\(dimension.length)"
        let padding = String(repeating: " ", count: max(0, 10 - length.count))
        try makeScale(
          file, scale, number: index + 1,
          label: "This is a netCDF dimension but not a netCDF variable." + padding + length)
      }
      for attribute in dimension.attributes { try file.writeAttribute(attribute, on: scale.id, scale.name) }
      scales[dimension.name] = scale
    }
    return scales
  }

  private static func makeScale(_ file: HDF5File, _ dataset: RowDataset, number: Int, label: String) throws {
    try HDF5.check("H5DSset_scale", dataset.name) { H5DSset_scale(dataset.id, label) }
    // A scalar, as netCDF itself writes it; the other attributes of numbers are lists.
    let space = try HDF5.open("H5Screate", dataset.name) { H5Screate(H5S_SCALAR) }
    let attribute = try HDF5.open("H5Acreate2", dataset.name) {
      H5Acreate2(
        dataset.id, "_Netcdf4Dimid", flowmap_h5t_int32(), space.id, flowmap_h5p_default(), flowmap_h5p_default())
    }
    try withUnsafePointer(to: Int32(number)) { number in
      _ = try HDF5.check("H5Awrite", dataset.name) { H5Awrite(attribute.id, flowmap_h5t_int32(), number) }
    }
  }

  private static func makeVariable(
    _ file: HDF5File, _ layout: ResultsLayout, _ number: Int, _ storage: Storage
  ) throws -> RowDataset {
    let variable = layout.variables[number]
    let extents = [layout.memberCount] + layout.innerExtents(variable)
    let argument = "\(variable.name) in \(file.path)"
    let creation: Handle
    switch storage {
    case .owned:
      creation = try HDF5File.datasetCreation(argument)
      if variable.isFloating { try setFill(creation, variable, nil, argument) }
    case .compressed(_, let pieces):
      creation = try HDF5File.datasetCreation(argument, allocated: false)
      try setFill(creation, variable, nil, argument)
      try pieces[number].apply(to: creation, argument)
    case .virtual(let mapping, let gap):
      creation = try HDF5File.datasetCreation(argument, allocated: false)
      try setFill(creation, variable, gap, argument)
      let space = try HDF5.open("H5Screate_simple", argument) {
        H5Screate_simple(Int32(extents.count), extents.map { hsize_t($0) }, nil)
      }
      try mapping(number, creation, space)
    }
    return try file.makeDataset(
      variable.name, type: variable.elementType.hdf5, extents: extents, creation: creation)
  }

  /// What reads where nothing was written, as when the shard behind a virtual file has gone: missing, not 0.
  private static func setFill(
    _ creation: Handle, _ variable: Variable, _ gap: MergeOptions.Gap?, _ argument: String
  ) throws {
    switch variable.elementType.nothing {
    case .nan:
      var fill = Double.nan
      try HDF5.check("H5Pset_fill_value", argument) { H5Pset_fill_value(creation.id, flowmap_h5t_double(), &fill) }
    case .lowest(let lowest):
      var fill = Int64(gap?.variable == variable.name ? gap!.value : lowest)
      try HDF5.check("H5Pset_fill_value", argument) { H5Pset_fill_value(creation.id, flowmap_h5t_int64(), &fill) }
    }
  }

  /// CF wants values that stand for data in the type of the data.
  private static func ownType(_ attribute: Attribute, _ variable: Variable) -> ElementType? {
    let names = [
      "_FillValue", "missing_value", "flag_values", "flag_masks", "valid_min", "valid_max", "valid_range",
    ]
    return names.contains(attribute.name) ? variable.elementType : nil
  }
}

extension Variable {
  fileprivate var isFloating: Bool {
    switch elementType {
    case .float64, .float32: return true
    case .int64, .int32, .int8: return false
    }
  }
}
