import CHDF5
import Foundation

/// How a variable is cut into pieces, each compressed for itself.
struct Pieces {
  /// The extents of a piece, members first.
  let extents: [Int]
  let level: Int

  /// - Parameter blocks: pieces do not reach across blocks.
  init(_ variable: Variable, _ layout: ResultsLayout, _ blocks: MergeBlocks, _ kind: MergeOptions.Pieces, level: Int) {
    /// Large enough to compress well, small enough that reading one member does not cost a second.
    let pieceBytes = 1 << 20
    let inner = layout.innerExtents(variable)
    self.level = level
    switch kind {
    case .members:
      let members = MergeBlocks.powerOfTwo(upTo: pieceBytes / max(1, layout.memberBytes(variable)))
      extents = [min(members, blocks.size, layout.memberCount)] + inner
    case .slices:
      let members = min(blocks.size, layout.memberCount)
      guard let times = inner.first else {
        extents = [members]
        return
      }
      let bytes = max(1, layout.memberBytes(variable) / max(1, times) * members)
      extents = [members, min(times, max(1, pieceBytes / bytes))] + inner.dropFirst()
    }
  }

  /// Makes datasets with this property list so.
  func apply(to creation: Handle, _ argument: String) throws {
    let sizes = extents.map { hsize_t($0) }
    try HDF5.check("H5Pset_chunk", argument) { H5Pset_chunk(creation.id, Int32(sizes.count), sizes) }
    try HDF5.check("H5Pset_shuffle", argument) { H5Pset_shuffle(creation.id) }
    try HDF5.check("H5Pset_deflate", argument) { H5Pset_deflate(creation.id, UInt32(level)) }
  }

  /// The places of the first elements of all pieces of so many members, in order.
  func offsets(members: Int, _ inner: [Int]) -> [[hsize_t]] {
    zip([members] + inner, extents).reduce([[]]) { offsets, axis in
      offsets.flatMap { offset in stride(from: 0, to: axis.0, by: axis.1).map { offset + [hsize_t($0)] } }
    }
  }
}

/// Compresses on any rank what only one rank may write.
///
/// HDF5 1.10 lets several ranks write compressed data only in collective calls, which Open MPI 4.1 does wrong in places.
/// So each rank has HDF5 compress its blocks into a file in memory, and takes the compressed pieces out of it.
enum Compressor {
  /// The compressed pieces of a variable's rows, one after another, each behind its number of bytes and its filter mask.
  static func pieces(
    of bytes: UnsafeMutableRawBufferPointer, _ variable: Variable, inner: [Int], members: Int, _ pieces: Pieces
  ) throws -> [UInt8] {
    let name = "\(variable.name) in memory"
    let access = try HDF5.open("H5Pcreate", name) { H5Pcreate(flowmap_h5p_file_access()) }
    try HDF5.check("H5Pset_fapl_core", name) { H5Pset_fapl_core(access.id, 1 << 20, false) }
    // HDF5 refuses a second file of a name, in memory too; tests merge several at a time.
    let file = try HDF5.open("H5Fcreate", name) {
      H5Fcreate("pieces \(UUID().uuidString)", flowmap_h5f_truncate(), flowmap_h5p_default(), access.id)
    }
    let creation = try HDF5.open("H5Pcreate", name) { H5Pcreate(flowmap_h5p_dataset_create()) }
    try pieces.apply(to: creation, name)
    let sizes = ([members] + inner).map { hsize_t($0) }
    // A piece may reach beyond the rows of the last block, which HDF5 allows where rows could be added.
    let limits = zip(sizes, pieces.extents).map { max($0, hsize_t($1)) }
    let space = try HDF5.open("H5Screate_simple", name) { H5Screate_simple(Int32(sizes.count), sizes, limits) }
    let dataset = try HDF5.open("H5Dcreate2", name) {
      H5Dcreate2(
        file.id, "x", variable.elementType.hdf5, space.id, flowmap_h5p_default(), creation.id, flowmap_h5p_default())
    }
    try HDF5.check("H5Dwrite", name) {
      H5Dwrite(
        dataset.id, variable.elementType.hdf5, flowmap_h5s_all(), flowmap_h5s_all(), flowmap_h5p_default(),
        bytes.baseAddress)
    }
    try HDF5.check("H5Fflush", name) { H5Fflush(file.id, H5F_SCOPE_LOCAL) }
    var parcel: [UInt8] = []
    for offset in pieces.offsets(members: members, inner) {
      var (size, mask): (hsize_t, UInt32) = (0, 0)
      try HDF5.check("H5Dget_chunk_storage_size", name) { H5Dget_chunk_storage_size(dataset.id, offset, &size) }
      let start = parcel.count + 12
      parcel += [UInt8](repeating: 0, count: 12 + Int(size))
      try parcel.withUnsafeMutableBytes { parcel in
        try HDF5.check("H5Dread_chunk", name) {
          H5Dread_chunk(dataset.id, flowmap_h5p_default(), offset, &mask, parcel.baseAddress! + start)
        }
        parcel.storeBytes(of: UInt64(size), toByteOffset: start - 12, as: UInt64.self)
        parcel.storeBytes(of: mask, toByteOffset: start - 4, as: UInt32.self)
      }
    }
    return parcel
  }

  /// Writes such pieces where they belong, and removes them from the front of the parcel.
  static func write(
    _ parcel: inout ArraySlice<UInt8>, to dataset: RowDataset, members: Range<Int>, inner: [Int], _ pieces: Pieces
  ) throws {
    for offset in pieces.offsets(members: members.count, inner) {
      let (size, mask) = parcel.withUnsafeBytes {
        (Int($0.loadUnaligned(as: UInt64.self)), $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
      }
      let place = [offset[0] + hsize_t(members.lowerBound)] + offset.dropFirst()
      _ = try parcel.dropFirst(12).prefix(size).withUnsafeBytes { bytes in
        try HDF5.check("H5Dwrite_chunk", dataset.name) {
          H5Dwrite_chunk(dataset.id, flowmap_h5p_default(), mask, place, size, bytes.baseAddress)
        }
      }
      parcel = parcel.dropFirst(12 + size)
    }
  }
}
