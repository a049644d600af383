import CHDF5

/// A dataset read and written by rows of its first axis.
final class RowDataset {
  let id: hid_t
  /// Name and file, for messages.
  let name: String
  let extents: [Int]
  private let handle: Handle
  private let space: Handle
  /// The shape of memory for so many rows. Chunks mostly have the same size, and making one costs as much as a write.
  private var memory: (rows: Int, space: Handle)?

  init(_ handle: Handle, name: String, space: Handle, extents: [Int]) {
    (self.handle, self.name, self.space, self.extents) = (handle, name, space, extents)
    id = handle.id
  }

  /// Elements in a row.
  var rowLength: Int { extents.dropFirst().reduce(1, *) }

  /// Writes whole rows, row-major, from memory that holds elements of `type`. Independent of other ranks.
  func write(_ rows: Range<Int>, _ type: hid_t, from bytes: UnsafeRawPointer) throws {
    try select(rows) { memory in
      try HDF5.check("H5Dwrite", name) {
        H5Dwrite(id, type, memory.id, space.id, flowmap_h5p_default(), bytes)
      }
    }
  }

  /// Reads whole rows, row-major, into memory that has room for them as elements of `type`.
  func read(_ rows: Range<Int>, _ type: hid_t, into bytes: UnsafeMutableRawPointer) throws {
    try select(rows) { memory in
      try HDF5.check("H5Dread", name) {
        H5Dread(id, type, memory.id, space.id, flowmap_h5p_default(), bytes)
      }
    }
  }

  /// Releases the dataset, which must come before its file is closed.
  func close() throws { try handle.close("H5Dclose", name) }

  /// All words of a dataset of integers.
  func readWords() throws -> [UInt64] {
    var words = [UInt64](repeating: 0, count: extents.reduce(1, *))
    if !words.isEmpty { try read(0..<extents[0], flowmap_h5t_uint64(), into: &words) }
    return words
  }

  private func select(_ rows: Range<Int>, _ body: (Handle) throws -> Void) throws {
    var start = [hsize_t](repeating: 0, count: extents.count)
    var count = extents.map { hsize_t($0) }
    (start[0], count[0]) = (hsize_t(rows.lowerBound), hsize_t(rows.count))
    try HDF5.check("H5Sselect_hyperslab", name) {
      H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, count, nil)
    }
    if memory?.rows != rows.count {
      let length = hsize_t(rows.count * rowLength)
      memory = (rows.count, try HDF5.open("H5Screate_simple", name) { H5Screate_simple(1, [length], nil) })
    }
    try body(memory!.space)
  }
}
