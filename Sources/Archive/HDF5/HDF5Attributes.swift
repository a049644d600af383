import CHDF5
import Foundation

extension HDF5File {
  /// Gives an object an attribute.
  ///
  /// - Parameter type: the element type of numbers; 64-bit if nil.
  func writeAttribute(
    _ attribute: Attribute, as type: ElementType? = nil, on object: hid_t, _ argument: String
  ) throws {
    switch attribute.value {
    case .text(let text):
      try writeAttribute(attribute.name, text: text, on: object, argument)
    case .number(let number):
      try write(attribute.name, [number], type ?? .float64, on: object, argument)
    case .numbers(let numbers):
      try write(attribute.name, numbers, type ?? .float64, on: object, argument)
    case .integer(let integer):
      try write(attribute.name, [integer], type ?? .int64, on: object, argument)
    case .integers(let integers):
      try write(attribute.name, integers, type ?? .int64, on: object, argument)
    }
  }

  /// A text as a string of fixed length, which every reader of NetCDF understands.
  private func writeAttribute(_ name: String, text: String, on object: hid_t, _ argument: String) throws {
    let bytes = Array(text.utf8)
    let type = try Self.stringType(length: bytes.count, isASCII: bytes.allSatisfy { $0 < 0x80 }, argument)
    let space = try HDF5.open("H5Screate", argument) { H5Screate(H5S_SCALAR) }
    // A string of HDF5 has at least one byte, also when it is empty.
    try write(name, type.id, space, bytes.isEmpty ? [0] : bytes, on: object, argument)
  }

  /// Gives an attribute of the file that is a text another text of the same length.
  func replaceAttribute(_ name: String, text: String) throws {
    let argument = "\(name) of \(path)"
    let handle = try HDF5.open("H5Aopen", argument) { H5Aopen(id, name, flowmap_h5p_default()) }
    let type = try HDF5.open("H5Aget_type", argument) { H5Aget_type(handle.id) }
    precondition(HDF5.serially { H5Tget_size(type.id) } == text.utf8.count, "a text of another length")
    try HDF5.check("H5Awrite", argument) { H5Awrite(handle.id, type.id, Array(text.utf8)) }
  }

  private func write<Value: BitwiseCopyable>(
    _ name: String, _ values: [Value], _ type: ElementType, on object: hid_t, _ argument: String
  ) throws {
    guard !values.isEmpty else { return }
    let space = try HDF5.open("H5Screate_simple", argument) { H5Screate_simple(1, [hsize_t(values.count)], nil) }
    let handle = try create(name, type.hdf5, space, on: object, argument)
    let memory = Value.self == Double.self ? flowmap_h5t_double() : flowmap_h5t_int64()
    try HDF5.check("H5Awrite", argument) { H5Awrite(handle.id, memory, values) }
  }

  private func write(
    _ name: String, _ type: hid_t, _ space: Handle, _ bytes: [UInt8], on object: hid_t, _ argument: String
  ) throws {
    let handle = try create(name, type, space, on: object, argument)
    try HDF5.check("H5Awrite", argument) { H5Awrite(handle.id, type, bytes) }
  }

  private func create(
    _ name: String, _ type: hid_t, _ space: Handle, on object: hid_t, _ argument: String
  ) throws -> Handle {
    try HDF5.open("H5Acreate2", "\(name) of \(argument)") {
      H5Acreate2(object, name, type, space.id, flowmap_h5p_default(), flowmap_h5p_default())
    }
  }

  static func stringType(length: Int, isASCII: Bool, _ argument: String) throws -> Handle {
    let type = try HDF5.open("H5Tcopy", argument) { H5Tcopy(flowmap_h5t_c_string()) }
    try HDF5.check("H5Tset_size", argument) { H5Tset_size(type.id, max(1, length)) }
    try HDF5.check("H5Tset_strpad", argument) { H5Tset_strpad(type.id, H5T_STR_NULLTERM) }
    if !isASCII { try HDF5.check("H5Tset_cset", argument) { H5Tset_cset(type.id, H5T_CSET_UTF8) } }
    return type
  }

  /// The attributes of an object that hold texts or numbers, in the order in which they were made.
  func attributes(of object: hid_t, _ argument: String) throws -> [Attribute] {
    var information = H5O_info_t()
    try HDF5.check("H5Oget_info2", argument) { H5Oget_info2(object, &information, UInt32(H5O_INFO_NUM_ATTRS)) }
    return try (0..<information.num_attrs).compactMap { index in
      let handle = try HDF5.open("H5Aopen_by_idx", argument) {
        H5Aopen_by_idx(
          object, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, index, flowmap_h5p_default(), flowmap_h5p_default())
      }
      let length = try HDF5.check("H5Aget_name", argument) { H5Aget_name(handle.id, 0, nil) }
      var name = [CChar](repeating: 0, count: length + 1)
      try HDF5.check("H5Aget_name", argument) { H5Aget_name(handle.id, name.count, &name) }
      let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return try value(handle, argument).map { Attribute(text, $0) }
    }
  }

  private func value(_ attribute: Handle, _ argument: String) throws -> AttributeValue? {
    let type = try HDF5.open("H5Aget_type", argument) { H5Aget_type(attribute.id) }
    let space = try HDF5.open("H5Aget_space", argument) { H5Aget_space(attribute.id) }
    let count = Int(try HDF5.check("H5Sget_simple_extent_npoints", argument) { H5Sget_simple_extent_npoints(space.id) })
    switch HDF5.serially({ H5Tget_class(type.id) }) {
    case H5T_STRING:
      guard count == 1, HDF5.serially({ H5Tis_variable_str(type.id) }) == 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: HDF5.serially { H5Tget_size(type.id) })
      try HDF5.check("H5Aread", argument) { H5Aread(attribute.id, type.id, &bytes) }
      return .text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    case H5T_INTEGER:
      var values = [Int](repeating: 0, count: count)
      try HDF5.check("H5Aread", argument) { H5Aread(attribute.id, flowmap_h5t_int64(), &values) }
      return count == 1 ? .integer(values[0]) : .integers(values)
    case H5T_FLOAT:
      var values = [Double](repeating: 0, count: count)
      try HDF5.check("H5Aread", argument) { H5Aread(attribute.id, flowmap_h5t_double(), &values) }
      return count == 1 ? .number(values[0]) : .numbers(values)
    default:
      return nil
    }
  }

  /// Stores a text of any length as a dataset.
  func writeText(_ text: Data, as name: String) throws {
    let argument = "\(name) in \(path)"
    let type = try Self.stringType(length: text.count, isASCII: false, argument)
    let space = try HDF5.open("H5Screate", argument) { H5Screate(H5S_SCALAR) }
    let list = try Self.datasetCreation(argument)
    let dataset = try HDF5.open("H5Dcreate2", argument) {
      H5Dcreate2(id, name, type.id, space.id, flowmap_h5p_default(), list.id, flowmap_h5p_default())
    }
    try text.withUnsafeBytes { bytes in
      _ = try HDF5.check("H5Dwrite", argument) {
        H5Dwrite(dataset.id, type.id, flowmap_h5s_all(), flowmap_h5s_all(), flowmap_h5p_default(), bytes.baseAddress)
      }
    }
  }

  func readText(_ name: String) throws -> Data {
    let argument = "\(name) in \(path)"
    let dataset = try HDF5.open("H5Dopen2", argument) { H5Dopen2(id, name, flowmap_h5p_default()) }
    let type = try HDF5.open("H5Dget_type", argument) { H5Dget_type(dataset.id) }
    var text = Data(count: HDF5.serially { H5Tget_size(type.id) })
    try text.withUnsafeMutableBytes { bytes in
      _ = try HDF5.check("H5Dread", argument) {
        H5Dread(dataset.id, type.id, flowmap_h5s_all(), flowmap_h5s_all(), flowmap_h5p_default(), bytes.baseAddress)
      }
    }
    return Data(text.prefix { $0 != 0 })
  }
}
