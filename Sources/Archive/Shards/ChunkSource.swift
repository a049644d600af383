import Foundation

/// Reads chunks from whichever shard has them undamaged.
final class ChunkSource {
  /// Shards kept open at a time, well below the 1024 files that a process usually may open.
  private static let openShards = 128

  private let map: SlotMap
  private var readers: [Int: ShardReader] = [:]
  /// What was found wrong, a line for each chunk and shard.
  private(set) var damage: [String] = []

  init(_ map: SlotMap) { self.map = map }

  /// Fills the buffers with neighbouring chunks.
  ///
  /// - Returns: those that no shard has undamaged, in order; their bytes in the buffers mean nothing.
  func read(_ chunks: Range<Int>, into buffers: ChunkBuffers) -> [Int] {
    buffers.hold(chunks)
    return map.runs(chunks).flatMap { run -> [Int] in
      if run.isMissing { return Array(run.chunks) }
      // Neighbours are read together; where that fails, each for itself.
      let isRead = (try? reader(run.shard).read(run.chunks, into: buffers)) != nil
      return run.chunks.filter { chunk in
        let place = map.places[chunk]
        if isRead && buffers.checksum(chunk) == place.checksum { return false }
        return !([place] + map.spares[chunk, default: []]).contains { isUndamaged(chunk, at: $0, buffers) }
      }
    }
  }

  private func isUndamaged(_ chunk: Int, at place: SlotMap.Place, _ buffers: ChunkBuffers) -> Bool {
    let members = map.layout.members(ofChunk: chunk)
    let what = "members \(members.lowerBound)–\(members.upperBound - 1) (chunk \(chunk)) in "
    do {
      try reader(place.shard).read(chunk..<chunk + 1, into: buffers)
      if buffers.checksum(chunk) == place.checksum { return true }
      damage.append(what + map.shards[place.shard].lastPathPart + " do not match their checksum")
    } catch {
      damage.append(what + "\(error)")
    }
    return false
  }

  private func reader(_ shard: Int) throws -> ShardReader {
    if let reader = readers[shard] { return reader }
    if readers.count >= Self.openShards { readers.removeAll() }
    let reader = try ShardReader(map.shards[shard])
    readers[shard] = reader
    return reader
  }
}
