import CHDF5

/// A slot whose mark is right, so its chunk counts, as long as its data match the checksum.
public struct CommittedSlot: Equatable, Sendable {
  public let slot: Int
  public let chunk: Int
  /// Members in the chunk.
  public let members: Int
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

  /// The slots that count, by slot number.
  public func committedSlots() throws -> [CommittedSlot] {
    let marks = try shard.commits.readWords()
    let entries = try shard.entries.readWords()
    return marks.indices.compactMap { slot in
      guard marks[slot] != 0 else { return nil }
      let entry = Array(entries[slot * Shard.entryWords..<(slot + 1) * Shard.entryWords])
      guard marks[slot] == shard.mark(slot: slot, entry: entry), entry[0] < layout.chunkCount else { return nil }
      let chunk = Int(entry[0])
      guard entry[1] == layout.members(ofChunk: chunk).count else { return nil }
      return CommittedSlot(slot: slot, chunk: chunk, members: Int(entry[1]), checksum: entry[2])
    }
  }

  /// Reads a chunk into memory of the caller's.
  ///
  /// - Parameters:
  ///   - slot: one of `committedSlots()`.
  ///   - buffers: for each variable, room for `slot.members` rows.
  /// - Returns: whether the data are what was written, by their checksum.
  public func read(_ slot: CommittedSlot, into buffers: [UnsafeMutableRawBufferPointer]) throws -> Bool {
    precondition(buffers.count == layout.variables.count, "one buffer a variable")
    let first = slot.slot * layout.chunkSize
    let checksum = Checksum()
    for (index, variable) in layout.variables.enumerated() {
      let bytes = slot.members * layout.memberBytes(variable)
      precondition(buffers[index].count >= bytes, "size of \(variable.name)")
      try shard.variables[index].read(
        first..<first + slot.members, variable.elementType.hdf5, into: buffers[index].baseAddress!)
      checksum.add(UnsafeRawBufferPointer(rebasing: buffers[index][..<bytes]))
    }
    return checksum.value == slot.checksum
  }

  /// Whether a chunk's data are what was written. Needs memory for one chunk.
  public func verify(_ slot: CommittedSlot) throws -> Bool {
    let buffers = ChunkBuffers(layout, members: slot.members)
    return try read(slot, into: buffers.variables)
  }
}

/// Memory for some members of every variable.
final class ChunkBuffers {
  let variables: [UnsafeMutableRawBufferPointer]

  init(_ layout: ResultsLayout, members: Int) {
    variables = layout.variables.map { variable in
      .allocate(byteCount: members * layout.memberBytes(variable), alignment: 64)
    }
  }

  deinit { for buffer in variables { buffer.deallocate() } }
}
