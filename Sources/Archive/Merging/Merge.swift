import CHDF5
import Cluster
import Foundation

/// What a merge did.
public struct MergeReport: Equatable, Sendable {
  /// Members of the file, gaps included.
  public let members: Int
  /// Members that are gaps.
  public let missing: Int
  public let chunks: Int
  /// What was found wrong and was not needed, or left a gap; known to rank 0.
  public let damage: [String]
  /// Whether the file has what the end of a run notes of its results; known to rank 0.
  public let isNoted: Bool
}

extension ResultsFolder {
  /// Puts the members of all shards in order into one NetCDF-4 file.
  ///
  /// The file is written beside, as `output` + `.part`, forced to the disk, and then renamed, so that `output` is at any
  /// moment the old file or the complete new one. Its bytes are the same for any number of ranks and any shards. Each
  /// rank holds about 32 MB, or one chunk if that is more; compressing, rank 0 holds up to 150 MB.
  ///
  /// Collective over all ranks, which read and compress disjoint parts, and write them unless they are compressed.
  ///
  /// - Throws: `ArchiveError.missingMembers` unless the options allow gaps, `.otherJob`, `.outputIsInput`, `.file`,
  ///   `.diskFull` or `.hdf5`; on the other ranks `ClusterError.rankFailed` with the same words. `output` is untouched then.
  @discardableResult
  public func merge(
    to output: String, options: MergeOptions = MergeOptions(), on communicator: Communicator
  ) throws -> MergeReport {
    try replace(output, options, on: communicator) { map, layout, part in
      switch options.compression {
      case .none:
        let blocks = MergeBlocks(layout, bytes: 32 << 20)
        try communicator.together {
          if communicator.rank == 0 { try NetCDF.create(part, layout, .owned(blocks)) }
        }
        return try PlainMerge(map, layout, blocks, options.gap, output: part, communicator).run()
      case .gzip(let level):
        let blocks = MergeBlocks(layout, bytes: 8 << 20)
        let pieces = layout.variables.map { Pieces($0, layout, blocks, options.pieces, level: level) }
        try communicator.together {
          if communicator.rank == 0 { try NetCDF.create(part, layout, .compressed(blocks, pieces)) }
        }
        return try CompressedMerge(map, layout, blocks, pieces, options.gap, output: part, communicator).run()
      }
    }
  }

  /// Writes a file that shows the members of all shards in order, and reads them from there.
  ///
  /// Takes the time of writing where each chunk is. Data are not read unless gaps are allowed, so they are not checked. The
  /// shards are named relative to the file, so the file and the folder can be moved together.
  ///
  /// Collective over all ranks; rank 0 does the work.
  ///
  /// - Throws: as `merge(to:options:on:)`.
  @discardableResult
  public func mergeVirtually(
    to output: String, gap: MergeOptions.Gap? = nil, on communicator: Communicator
  ) throws -> MergeReport {
    try replace(output, MergeOptions(gap: gap), on: communicator) { map, layout, part in
      try communicator.together {
        guard communicator.rank == 0 else { return }
        try VirtualMapping(map, layout, gap, output: output).write(to: part)
      }
      return ([], [])
    }
  }

  /// Lets `write` make a file beside `output`, and puts it in its place.
  ///
  /// - Parameter write: makes the file of a path and returns the chunks it has missed, and why.
  private func replace(
    _ output: String, _ options: MergeOptions, on communicator: Communicator,
    _ write: (SlotMap, ResultsLayout, String) throws -> (missed: [Int], damage: [String])
  ) throws -> MergeReport {
    var map = try SlotMap.shared(self, on: communicator)
    var (layout, missing, damage) = (self.layout, 0, map.unreadable)
    if let gap = options.gap {
      let census = try census(map, on: communicator) { _, _ in }
      map.remove(census.missing)
      (missing, damage) = (layout.memberCount - census.members, census.damage)
      if missing > 0 { layout = try layout.with(gap, members: missing) }
    } else {
      try checkComplete(map.missing, damage)
    }
    let part = output + DurableFile.unfinished
    var isNoted = false
    try communicator.together {
      // Rank 0 writes attributes. Notes are of all members.
      guard communicator.rank == 0, missing == 0, let notes = try notes else { return }
      (layout, isNoted) = (try layout.noting(notes), true)
    }
    do {
      try communicator.together { if communicator.rank == 0 { try checkOutput(output, map) } }
      let (missed, found) = try write(map, layout, part)
      damage += (try communicator.gather(value: found) ?? []).joined()
      try checkComplete(communicator.union(missed), damage)
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
      members: layout.memberCount, missing: missing, chunks: layout.chunkCount, damage: damage, isNoted: isNoted)
  }

  /// - Parameter missing: chunks that no shard has, in any order, perhaps repeated.
  private func checkComplete(_ missing: [Int], _ damage: [String]) throws {
    guard !missing.isEmpty else { return }
    let chunks = ChunkList(sorted: Set(missing).sorted())
    throw ArchiveError.missingMembers(
      folder: path, members: chunks.ranges.map { layout.members(ofChunks: $0) }, chunks: chunks.count, damage: damage)
  }

  /// Refuses to overwrite an input, and removes what an earlier merge to the same place left behind.
  private func checkOutput(_ output: String, _ map: SlotMap) throws {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    let inputs = map.shards + [Self.manifestName, Self.notesName].map { path + "/" + $0 }
    if inputs.map(resolved).contains(resolved(output)) { throw ArchiveError.outputIsInput(path: output) }
    let part = output + DurableFile.unfinished
    guard unlink(part) == 0 || errno == ENOENT else { throw ArchiveError.system("replace", part) }
  }
}
