import CHDF5

/// A slot whose mark is right, so its chunk counts, as long as its data match the checksum.
public struct CommittedSlot: Equatable, Sendable {
  public let chunk: Int
  /// XXH3-64 over the bytes of all variables, in the order of the layout.
  let checksum: UInt64
}

/// Reads a shard, also one that is being written or whose writer was killed.
public final class ShardReader {
  public let path: String
  public let job: JobIdentity
  public let layout: ResultsLayout
  private let shard: Shard

  /// - Throws: `ArchiveError.notShard`, or `.hdf5` if the file cannot be opened, for example because it is cut off.
  public init(_ path: String) throws {
    self.path = path
    shard = try Shard(HDF5File(reading: path))
    (job, layout) = (shard.header.job, shard.header.layout)
  }

  /// The slots that count, in order.
  public func committedSlots() throws -> [CommittedSlot] {
    let words = try shard.slots.readWords()
    return (0..<layout.chunkCount).compactMap { chunk in
      let row = words[chunk * Shard.slotWords..<(chunk + 1) * Shard.slotWords]
      guard row.first != 0 else { return nil }
      let checksum = row[row.startIndex + 2]
      return row.elementsEqual(shard.row(chunk: chunk, checksum: checksum))
        ? CommittedSlot(chunk: chunk, checksum: checksum) : nil
    }
  }

  /// Reads neighbouring chunks, right or wrong, into their places among those that the buffers hold.
  func read(_ chunks: Range<Int>, into buffers: ChunkBuffers) throws {
    for (index, variable) in layout.variables.enumerated() {
      try shard.variables[index].read(
        layout.members(ofChunks: chunks), variable.elementType.hdf5, into: buffers.bytes(index, chunks).baseAddress!)
    }
  }
}

/// Memory for some neighbouring chunks, one piece a variable. It grows as needed.
final class ChunkBuffers {
  /// The chunks whose places these are now.
  private(set) var chunks = 0..<0
  private let layout: ResultsLayout
  private let memberBytes: [Int]
  private var variables: [UnsafeMutableRawBufferPointer] = []
  private var room = 0

  init(_ layout: ResultsLayout) {
    self.layout = layout
    memberBytes = layout.variables.map { layout.memberBytes($0) }
  }

  deinit { for buffer in variables { buffer.deallocate() } }

  /// Makes room for chunks; what was held before is lost.
  func hold(_ chunks: Range<Int>) {
    self.chunks = chunks
    let members = layout.members(ofChunks: chunks).count
    guard members > room else { return }
    for buffer in variables { buffer.deallocate() }
    room = members
    variables = memberBytes.map { .allocate(byteCount: members * $0, alignment: 64) }
  }

  /// The bytes of a variable for some of the chunks.
  func bytes(_ variable: Int, _ part: Range<Int>) -> UnsafeMutableRawBufferPointer {
    bytes(variable, members: layout.members(ofChunks: part))
  }

  /// The bytes of a variable for some of the chunks' members.
  func bytes(_ variable: Int, members: Range<Int>) -> UnsafeMutableRawBufferPointer {
    let first = members.lowerBound - layout.members(ofChunks: chunks).lowerBound
    let size = memberBytes[variable]
    return UnsafeMutableRawBufferPointer(rebasing: variables[variable][first * size..<(first + members.count) * size])
  }

  /// What the checksum of a chunk should be, given the bytes here.
  func checksum(_ chunk: Int) -> UInt64 {
    let checksum = Checksum()
    for index in memberBytes.indices { checksum.add(UnsafeRawBufferPointer(bytes(index, chunk..<chunk + 1))) }
    return checksum.value
  }
}
