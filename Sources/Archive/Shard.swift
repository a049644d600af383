import CHDF5
import Foundation

/// The name of a shard: which run of the job wrote it, and which node or rank of that run.
struct ShardName: Equatable {
  enum Writer: Equatable {
    case node(Int)
    case rank(Int)
  }

  let generation: Int
  let writer: Writer

  init(generation: Int, writer: Writer) { (self.generation, self.writer) = (generation, writer) }

  /// Reads a file name, or nil if it is not a shard's.
  init?(_ name: String) {
    guard let match = name.wholeMatch(of: /shard-(\d{4,9})-(node|rank)(\d{4,9})\.h5/),
      let generation = Int(match.1), let number = Int(match.3)
    else { return nil }
    self.init(generation: generation, writer: match.2 == "node" ? .node(number) : .rank(number))
  }

  var text: String {
    func padded(_ number: Int) -> String { String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)" }
    switch writer {
    case .node(let number): return "shard-\(padded(generation))-node\(padded(number)).h5"
    case .rank(let number): return "shard-\(padded(generation))-rank\(padded(number)).h5"
    }
  }
}

/// The datasets of a shard, open.
///
/// A shard has slots. Slot s holds one chunk: of every variable the rows s·chunkSize ..<, one row a member; then its
/// entry (chunk, members, checksum) in `slot entry`; then its mark in `slot commit`. The chunk counts once the mark is the
/// hash of the entry, so neither a torn entry nor a torn mark can pass. All space is set aside when the shard is made and
/// stays a hole in the file until it is written.
struct Shard {
  /// The version of this arrangement, kept in the root attribute `flowmap_shard`.
  static let format = 1
  static let formatAttribute = "flowmap_shard"
  // The blank keeps these names apart from those of variables, which have none.
  private static let headerName = "shard header"
  private static let entryName = "slot entry"
  private static let commitName = "slot commit"
  static let entryWords = 3

  /// What a shard says of itself.
  struct Header: Codable {
    let job: JobIdentity
    let layout: ResultsLayout
  }

  let file: HDF5File
  let header: Header
  /// In the order of the layout.
  let variables: [RowDataset]
  let entries: RowDataset
  let commits: RowDataset

  /// Makes a shard with room for every chunk of the job, complete on the disk before any data.
  static func create(_ path: String, _ header: Header) throws {
    let file = try HDF5File(creating: path)
    do {
      let layout = header.layout
      try file.writeAttribute(Attribute(formatAttribute, .integer(format)), on: file.id, path)
      try file.writeText(ResultsFolder.encoder.encode(header), as: headerName)
      let slots = layout.chunkCount
      for variable in layout.variables {
        _ = try file.makeDataset(
          variable.name, type: variable.elementType.hdf5,
          extents: [slots * layout.chunkSize] + layout.innerExtents(variable))
      }
      _ = try file.makeDataset(entryName, type: flowmap_h5t_uint64(), extents: [slots, entryWords])
      _ = try file.makeDataset(commitName, type: flowmap_h5t_uint64(), extents: [slots])
    }
    try file.close()
    try DurableFile.synchronize(path)
  }

  /// - Throws: `ArchiveError.notShard` if the file is something else, or `.hdf5` if it cannot be opened.
  init(_ file: HDF5File) throws {
    self.file = file
    guard case .integer(let format)? = try file.attributes(of: file.id, file.path).first(Self.formatAttribute) else {
      throw ArchiveError.notShard(path: file.path, reason: "it has no attribute \(Self.formatAttribute)")
    }
    guard format == Self.format else {
      throw ArchiveError.notShard(path: file.path, reason: "it has format \(format), not \(Self.format)")
    }
    do {
      header = try ResultsFolder.decoder.decode(Header.self, from: file.readText(Self.headerName))
    } catch let error as DecodingError {
      throw ArchiveError.notShard(path: file.path, reason: "its header is damaged (\(error))")
    }
    let layout = header.layout
    variables = try layout.variables.map { variable in
      let dataset = try file.dataset(variable.name)
      let expected = [layout.chunkCount * layout.chunkSize] + layout.innerExtents(variable)
      guard dataset.extents == expected else {
        throw ArchiveError.notShard(
          path: file.path, reason: "\(variable.name) has extents \(dataset.extents), not \(expected)")
      }
      return dataset
    }
    entries = try file.dataset(Self.entryName)
    commits = try file.dataset(Self.commitName)
    guard entries.extents == [layout.chunkCount, Self.entryWords], commits.extents == [layout.chunkCount] else {
      throw ArchiveError.notShard(path: file.path, reason: "its slots are not those of its layout")
    }
  }

  /// Releases the datasets, then the file. Collective if the file was opened so.
  func close() throws {
    for dataset in variables + [entries, commits] { try dataset.close() }
    try file.close()
  }

  /// The mark that commits a slot.
  ///
  /// Never 0, which is what an unwritten part of the file reads as, and bound to slot and job, so that an entry is
  /// worth nothing elsewhere.
  func mark(slot: Int, entry: [UInt64]) -> UInt64 {
    Checksum.of([UInt64(slot)] + entry + [UInt64(header.job.digest.prefix(16), radix: 16) ?? 0]) | 1
  }
}

extension [Attribute] {
  func first(_ name: String) -> AttributeValue? { first { $0.name == name }?.value }
}

extension ElementType {
  /// HDF5's type for elements in memory. In files it is the same, as all machines in question are little-endian.
  var hdf5: hid_t {
    switch self {
    case .float64: return flowmap_h5t_double()
    case .float32: return flowmap_h5t_float()
    case .int64: return flowmap_h5t_int64()
    case .int32: return flowmap_h5t_int32()
    case .int8: return flowmap_h5t_int8()
    }
  }
}
