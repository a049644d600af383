import CHDF5
import Cluster
import Foundation

/// What a merge did.
public struct MergeReport: Equatable, Sendable {
  public let members: Int
  public let chunks: Int
  /// Shards in the folder that could not be read, as rank 0 knows; the merged file misses nothing because of them.
  public let unreadableShards: [String]
}

extension ResultsFolder {
  /// Puts the members of all shards in order into one NetCDF-4 file.
  ///
  /// The file is written beside, as `output` + `.part`, forced to the disk, and then renamed, so that `output` is at any
  /// moment the old file or the complete new one. Its bytes are the same for any number of ranks and any shards. Each
  /// rank holds about 32 MB, or one chunk if that is more.
  ///
  /// Collective over all ranks, which read and write disjoint parts.
  ///
  /// - Throws: `ArchiveError.missingChunks`, `.damagedChunks`, `.otherJob`, `.outputIsInput`, `.file`, `.diskFull` or
  ///   `.hdf5`; on the other ranks `ClusterError.rankFailed` with the same words. `output` is untouched then.
  @discardableResult
  public func merge(to output: String, on communicator: Communicator) throws -> MergeReport {
    let map = try SlotMap.shared(self, on: communicator)
    try checkComplete(map.missing, map.unreadable)
    let part = output + ".part"
    do {
      try communicator.together {
        guard communicator.rank == 0 else { return }
        try checkOutput(output, map)
        try NetCDF.create(part, map.layout)
      }
      let merging = try Merging(map, output: part, communicator)
      try communicator.together {
        // Both happen, so that a rank that failed does not leave the others in a collective close.
        let copying = Result { try merging.copy() }
        try merging.close()
        try copying.get()
      }
      try checkComplete(communicator.union(merging.missing), communicator.gathered(merging.source.damage))
      try communicator.together {
        guard communicator.rank == 0 else { return }
        try DurableFile.synchronize(part)
        try DurableFile.rename(part, to: output)
      }
    } catch {
      if communicator.rank == 0 { unlink(part) }
      throw error
    }
    return MergeReport(
      members: map.layout.memberCount, chunks: map.layout.chunkCount, unreadableShards: map.unreadable)
  }

  /// Writes a file that shows the members of all shards in order, and reads them from there.
  ///
  /// Takes the time of writing where each chunk is. Data are not read, so they are not checked. The shards are named
  /// relative to the file, so the file and the folder can be moved together.
  ///
  /// Collective over all ranks; rank 0 does the work.
  ///
  /// - Throws: as `merge(to:on:)`, but for `.damagedChunks`.
  @discardableResult
  public func mergeVirtually(to output: String, on communicator: Communicator) throws -> MergeReport {
    let map = try SlotMap.shared(self, on: communicator)
    try checkComplete(map.missing, map.unreadable)
    try communicator.together {
      guard communicator.rank == 0 else { return }
      try checkOutput(output, map)
      let part = output + ".part"
      do {
        try VirtualMapping(map, output: output).write(to: part)
        try DurableFile.synchronize(part)
        try DurableFile.rename(part, to: output)
      } catch {
        unlink(part)
        throw error
      }
    }
    return MergeReport(
      members: map.layout.memberCount, chunks: map.layout.chunkCount, unreadableShards: map.unreadable)
  }

  /// - Parameter missing: chunks that no shard has, in any order.
  private func checkComplete(_ missing: [Int], _ damage: [String]) throws {
    guard !missing.isEmpty else { return }
    let chunks = ChunkList(sorted: missing.sorted())
    throw ArchiveError.missingMembers(
      folder: path, members: chunks.ranges.map { layout.members(ofChunks: $0) }, chunks: chunks.count, damage: damage)
  }

  /// Refuses to overwrite an input, and removes what an earlier merge to the same place left behind.
  private func checkOutput(_ output: String, _ map: SlotMap) throws {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    let inputs = map.shards + [path + "/" + Self.manifestName]
    if inputs.map(resolved).contains(resolved(output)) { throw ArchiveError.outputIsInput(path: output) }
    guard unlink(output + ".part") == 0 || errno == ENOENT else {
      throw ArchiveError.system("replace", output + ".part")
    }
  }
}

/// One rank's part in a merge.
private final class Merging {
  /// About how many bytes of members move at a time: large enough for full speed, small enough for any machine.
  private static let batchBytes = 32 << 20
  private let map: SlotMap
  private let layout: ResultsLayout
  private let communicator: Communicator
  private let file: HDF5File
  private let member: RowDataset
  private let variables: [RowDataset]
  let source: ChunkSource
  private(set) var missing: [Int] = []

  init(_ map: SlotMap, output: String, _ communicator: Communicator) throws {
    (self.map, layout, self.communicator) = (map, map.layout, communicator)
    source = ChunkSource(map)
    (file, member, variables) = try communicator.together { [layout = map.layout] in
      let file = try HDF5File(writing: output, communicator.world.map { .parallel($0) } ?? .serial)
      return (
        file, try file.dataset(ResultsLayout.memberAxis), try layout.variables.map { try file.dataset($0.name) }
      )
    }
  }

  /// Copies this rank's share of the chunks: a run of neighbours, in batches.
  func copy() throws {
    let batch = max(1, Self.batchBytes / max(1, layout.memberBytes * layout.chunkSize))
    let batches = (layout.chunkCount + batch - 1) / batch
    let (rank, size) = (communicator.rank, communicator.size)
    let mine = batches * rank / size..<batches * (rank + 1) / size
    guard !mine.isEmpty else { return }
    let buffers = ChunkBuffers(layout, chunks: batch)
    for number in mine {
      try copy(chunks: number * batch..<min(layout.chunkCount, (number + 1) * batch), through: buffers)
    }
  }

  func close() throws {
    for dataset in variables + [member] { try dataset.close() }
    try file.close()
  }

  private func copy(chunks: Range<Int>, through buffers: ChunkBuffers) throws {
    missing += source.read(chunks, into: buffers)
    guard missing.isEmpty else { return }
    let members = layout.members(ofChunks: chunks)
    try FullDisk.explained(file.path, bytes: members.count * (layout.memberBytes + MemoryLayout<Int64>.size)) {
      for (index, variable) in layout.variables.enumerated() {
        let bytes = buffers.bytes(index, chunks)
        try variables[index].write(members, variable.elementType.hdf5, from: bytes.baseAddress!)
      }
      try member.write(members, flowmap_h5t_int64(), from: members.map { Int64($0) })
    }
  }
}
