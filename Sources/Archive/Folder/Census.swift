import Cluster

/// Which members of a folder's job are safe: committed in some shard, with data that match their checksum.
public struct Census: Sendable {
  /// The chunks that no shard has undamaged.
  public let missing: ChunkList
  /// Members of all other chunks.
  public let members: Int
  public let shards: Int
  /// Shards that cannot be read and data that do not match their checksums, in words. Known to rank 0.
  public let damage: [String]
  fileprivate let layout: ResultsLayout

  /// The missing members, in runs of neighbours.
  public var missingMembers: [Range<Int>] { missing.ranges.map { layout.members(ofChunks: $0) } }
}

extension ResultsFolder {
  /// Reads every committed chunk once, and compares the checksums.
  ///
  /// Collective over all ranks, which share the chunks. Each rank holds one chunk at a time.
  ///
  /// - Parameter visit: called for each undamaged chunk on the rank that has read it, with the chunk's members and, for
  ///   each variable of the layout, their bytes; these are valid only during the call.
  /// - Throws: `ArchiveError.otherJob` if a shard of another job lies in the folder, and what `visit` throws.
  public func census(
    on communicator: Communicator, visit: (Range<Int>, [UnsafeRawBufferPointer]) throws -> Void = { _, _ in }
  ) throws -> Census {
    try census(SlotMap.shared(self, on: communicator), on: communicator, visit: visit)
  }

  /// The same by a map that is there already.
  func census(
    _ map: SlotMap, on communicator: Communicator, visit: (Range<Int>, [UnsafeRawBufferPointer]) throws -> Void
  ) throws -> Census {
    let source = ChunkSource(map)
    var damaged: [Int] = []
    try communicator.together {
      let present = map.places.indices.filter { !map.places[$0].isMissing }
      let mine = present.count * communicator.rank / communicator.size
      let next = present.count * (communicator.rank + 1) / communicator.size
      let buffers = ChunkBuffers(layout)
      for chunk in present[mine..<next] {
        guard source.read(chunk..<chunk + 1, into: buffers).isEmpty else {
          damaged.append(chunk)
          continue
        }
        let members = layout.members(ofChunk: chunk)
        try visit(
          members, layout.variables.indices.map { UnsafeRawBufferPointer(buffers.bytes($0, chunk..<chunk + 1)) })
      }
    }
    let allDamaged = try communicator.union(damaged)
    let missing = (map.missing + allDamaged).sorted()
    let members = missing.reduce(0) { $0 + layout.members(ofChunk: $1).count }
    return Census(
      missing: ChunkList(sorted: missing), members: layout.memberCount - members, shards: map.shards.count,
      damage: map.unreadable + (try communicator.gather(value: source.damage) ?? []).joined(), layout: layout)
  }
}

extension Communicator {
  /// The numbers of all ranks, in order of rank, on every rank.
  func union(_ numbers: [Int]) throws -> [Int] {
    try broadcast(value: gather(value: numbers)?.flatMap { $0 } ?? [])
  }
}
