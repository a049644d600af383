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
/// A shard looks like the merged file: every variable has one row for every member of the job. The rows of chunk c are
/// slot c. A node fills only the slots of the chunks it draws; the others stay holes in the file, which take no space on
/// the disk. So neighbouring chunks of a shard are neighbours in the file, and reading them is one piece of work.
///
/// Row c of `slots` tells about slot c: chunk + 1, members, checksum, mark. It is written after the data, in one piece.
/// The slot counts if the mark is the hash of the rest, so neither a torn row nor a hole can pass.
struct Shard {
  /// The version of this arrangement, kept in the root attribute `flowmap_shard`.
  static let format = 2
  static let formatAttribute = "flowmap_shard"
  /// The checksum of the header, which is the only part that HDF5 does not check itself.
  private static let digestAttribute = "flowmap_header_digest"
  // The blanks keep these names apart from those of variables, which have none.
  private static let headerName = "shard header"
  private static let slotsName = "shard slots"
  /// Words in a row of `slots`.
  static let slotWords = 4

  /// What a shard says of itself.
  struct Header: Codable {
    let job: JobIdentity
    let layout: ResultsLayout
  }

  let file: HDF5File
  let header: Header
  /// In the order of the layout.
  let variables: [RowDataset]
  let slots: RowDataset

  /// Makes a shard with room for every chunk of the job, on the disk when this returns. Where that fails, nothing is left
  /// of it; a process that is killed leaves a file that does not have a shard's name yet.
  static func create(_ path: String, _ header: Header) throws {
    let part = path + DurableFile.unfinished
    try checkThatFileCanGrow(part, to: header.layout.memberBytes * header.layout.memberCount)
    do {
      let file = try HDF5File(creating: part)
      try fill(file, part, header)
      try file.close()
      try DurableFile.synchronize(part)
      try DurableFile.rename(part, to: path)
    } catch {
      unlink(part)
      throw error
    }
  }

  /// HDF5 crashes when it meets a limit on the size of files, so the limit is tried out before.
  private static func checkThatFileCanGrow(_ path: String, to bytes: Int) throws {
    let probe = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard probe >= 0 else { throw ArchiveError.system("create", path) }
    defer {
      Glibc.close(probe)
      unlink(path)
    }
    guard ftruncate(probe, bytes) == 0 else {
      throw ArchiveError.system("make a file of \(bytes) bytes,", path)
    }
  }

  private static func fill(_ file: HDF5File, _ path: String, _ header: Header) throws {
    let layout = header.layout
    try file.writeAttribute(Attribute(formatAttribute, .integer(format)), on: file.id, path)
    let text = try ResultsFolder.encoder.encode(header)
    try file.writeText(text, as: headerName)
    let digest = Attribute(digestAttribute, Checksum.digest(String(decoding: text, as: UTF8.self)))
    try file.writeAttribute(digest, on: file.id, path)
    for variable in layout.variables {
      _ = try file.makeDataset(
        variable.name, type: variable.elementType.hdf5,
        extents: [layout.memberCount] + layout.innerExtents(variable))
    }
    let slots = try file.makeDataset(
      slotsName, type: flowmap_h5t_uint64(), extents: [layout.chunkCount, slotWords])
    // The only part that is written and not left a hole: committing must not need space when the disk has become full.
    let step = 1 << 16
    let zeros = [UInt64](repeating: 0, count: min(step, layout.chunkCount) * slotWords)
    for first in stride(from: 0, to: layout.chunkCount, by: step) {
      try slots.write(first..<min(layout.chunkCount, first + step), flowmap_h5t_uint64(), from: zeros)
    }
  }

  /// - Throws: `ArchiveError.notShard` if the file is something else, or `.hdf5` if it cannot be opened.
  init(_ file: HDF5File) throws {
    self.file = file
    let attributes = try file.attributes(of: file.id, file.path)
    guard case .integer(let format)? = attributes.first(Self.formatAttribute) else {
      throw ArchiveError.notShard(path: file.path, reason: "it has no attribute \(Self.formatAttribute)")
    }
    guard format == Self.format else {
      throw ArchiveError.notShard(path: file.path, reason: "it has format \(format), not \(Self.format)")
    }
    let text = try file.readText(Self.headerName)
    guard attributes.first(Self.digestAttribute) == .text(Checksum.digest(String(decoding: text, as: UTF8.self))) else {
      throw ArchiveError.notShard(path: file.path, reason: "its header does not match its checksum")
    }
    do {
      header = try ResultsFolder.decoder.decode(Header.self, from: text)
    } catch let error as DecodingError {
      throw ArchiveError.notShard(path: file.path, reason: "its header is damaged (\(error))")
    }
    let layout = header.layout
    variables = try layout.variables.map { variable in
      let dataset = try file.dataset(variable.name)
      let expected = [layout.memberCount] + layout.innerExtents(variable)
      guard dataset.extents == expected else {
        throw ArchiveError.notShard(
          path: file.path, reason: "\(variable.name) has extents \(dataset.extents), not \(expected)")
      }
      return dataset
    }
    slots = try file.dataset(Self.slotsName)
    guard slots.extents == [layout.chunkCount, Self.slotWords] else {
      throw ArchiveError.notShard(path: file.path, reason: "its slots are not those of its layout")
    }
  }

  /// Releases the datasets, then the file. Collective if the file was opened so.
  func close() throws { try file.close(after: variables + [slots]) }

  /// The row that commits a slot.
  func row(chunk: Int, checksum: UInt64) -> [UInt64] {
    let row = [UInt64(chunk + 1), UInt64(header.layout.members(ofChunk: chunk).count), checksum]
    // Bound to the job, so that a row is worth nothing in another job's shard.
    return row + [Checksum.of(row + [UInt64(header.job.digest.prefix(16), radix: 16) ?? 0])]
  }
}

extension [Attribute] {
  func first(_ name: String) -> AttributeValue? { first { $0.name == name }?.value }
}

extension ElementType {
  /// HDF5's type for elements in memory. In files it is the same, as all machines in question are little-endian.
  var hdf5: hid_t {
    // The first to ask for a type opens the library.
    HDF5.serially {
      switch self {
      case .float64: flowmap_h5t_double()
      case .float32: flowmap_h5t_float()
      case .int64: flowmap_h5t_int64()
      case .int32: flowmap_h5t_int32()
      case .int8: flowmap_h5t_int8()
      }
    }
  }
}
