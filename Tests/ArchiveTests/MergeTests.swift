import Archive
import Foundation
import KnownEnsemble
import Testing

@Suite struct MergeTests {
  private let scratch: Scratch
  private let ensemble: KnownEnsemble

  init() throws {
    scratch = try Scratch()
    ensemble = try KnownEnsemble(members: 1003, chunkSize: 50)
  }

  private func mergedAlone() throws -> Data {
    try ensemble.run(into: scratch("alone"), workers: 1, on: .init())
    try ResultsFolder(reading: scratch("alone")).merge(to: scratch("alone.h5"), on: .init())
    return try contents(scratch("alone.h5"))
  }

  @Test(arguments: [(1, "node"), (2, "node"), (3, "node"), (4, "node"), (2, "rank"), (3, "rank")])
  func theMergedFileIsTheSameForAnyRanksAndShards(ranks: Int, mode: String) throws {
    let alone = try mergedAlone()
    let write = try Probe.run(
      ["write", scratch("r"), mode, "1003", "50"], ranks: ranks, ranksPerNode: ranks == 4 ? 2 : nil)
    #expect(write.lines == ["21 1003 100"], "\(write.errors)")
    let merge = try Probe.run(["merge", scratch("r"), scratch("out.h5")], ranks: ranks)
    #expect(merge.lines == ["1003 21"], "\(merge.errors)")
    #expect(try contents(scratch("out.h5")) == alone)
  }

  @Test func ranksWithNothingToWriteDoNotHoldUpTheOthers() throws {
    let write = try Probe.run(["write", scratch("r"), "node", "60", "50"], ranks: 4)
    #expect(write.lines == ["2 60 6"], "\(write.errors)")
    let merge = try Probe.run(["merge", scratch("r"), scratch("out.h5")], ranks: 4)
    #expect(merge.lines == ["60 2"], "\(merge.errors)")
  }

  @Test func aFlippedBitIsFoundAndNothingIsWritten() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    try Data("old".utf8).write(to: URL(fileURLWithPath: scratch("out.h5")))
    try flipBit(in: scratch("r/shard-0001-node0000.h5"), at: ensemble.chunk(7)[1])
    let folder = try ResultsFolder(reading: scratch("r"))
    let damage = "members 350–399 (chunk 7) in shard-0001-node0000.h5 do not match their checksum"
    #expect(
      throws: ArchiveError.missingMembers(folder: folder.path, members: [350..<400], chunks: 1, damage: [damage])
    ) { try folder.merge(to: scratch("out.h5"), on: .init()) }
    #expect(try contents(scratch("out.h5")) == Data("old".utf8))
    #expect(try names(scratch.path).filter { $0.hasSuffix(".part") }.isEmpty)
    let parallel = try Probe.run(["merge", scratch("r"), scratch("out.h5")], ranks: 3)
    #expect(parallel.status == 1)
    #expect(parallel.errors.contains("(chunk 7) in shard-0001-node0000.h5"), "\(parallel.errors)")
  }

  @Test func aDamagedChunkIsTakenFromAnotherShardThatHasIt() throws {
    let alone = try mergedAlone()
    try ensemble.run(into: scratch("alone"), on: .init(), everything: true)
    try flipBit(in: scratch("alone/shard-0001-node0000.h5"), at: ensemble.chunk(7)[1])
    let merge = try Probe.run(["merge", scratch("alone"), scratch("out.h5")], ranks: 2)
    #expect(merge.status == 0, "\(merge.errors)")
    #expect(try contents(scratch("out.h5")) == alone)
  }

  @Test func aTruncatedShardIsNamedAndItsChunksAreMissing() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let path = scratch("r/shard-0001-node0000.h5")
    truncate(path, off_t(try contents(path).count / 2))
    let error = #expect(throws: ArchiveError.self) {
      try ResultsFolder(reading: scratch("r")).merge(to: scratch("out.h5"), on: .init())
    }
    guard case .missingMembers(_, [0..<1003], 21, let unreadable)? = error else {
      Issue.record("\(error!)")
      return
    }
    #expect(unreadable.count == 1 && unreadable[0].contains("truncated file"), "\(unreadable)")
  }

  @Test(arguments: MergeOptions.Pieces.allCases)
  func aCompressedFileIsTheSameForAnyRanksAndHoldsTheSame(pieces: MergeOptions.Pieces) throws {
    // Enough for several blocks of 8 MB, with a last one that is not full.
    let large = try KnownEnsemble(members: 9_011, chunkSize: 300, times: 70)
    try large.run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    let options = MergeOptions(compression: .gzip(level: 1), pieces: pieces)
    try folder.merge(to: scratch("packed.h5"), options: options, on: .init())
    try folder.merge(to: scratch("plain.h5"), on: .init())
    let (packed, plain) = (try Inspection(reading: scratch("packed.h5")), try Inspection(reading: scratch("plain.h5")))
    #expect(packed.quantities == plain.quantities)
    #expect(try contents(scratch("packed.h5")).count < contents(scratch("plain.h5")).count / 2)
    #expect(try MergedFile(verifying: scratch("packed.h5"), on: .init()).members == 9_011)
    let parallel = try Probe.run(["merge", scratch("r"), scratch("out.h5"), pieces.rawValue], ranks: 3)
    #expect(parallel.status == 0, "\(parallel.errors)")
    #expect(try contents(scratch("out.h5")) == contents(scratch("packed.h5")))
  }

  @Test func aMergedFileThatWasChangedIsNoticed() throws {
    _ = try mergedAlone()
    let path = scratch("alone.h5")
    #expect(try MergedFile(verifying: path, on: .init()).members == 1003)
    for bytes in [ensemble.chunk(7)[1], ensemble.chunk(20)[5], withUnsafeBytes(of: Int64(77)) { Array($0) }] {
      let before = try contents(path)
      try flipBit(in: path, at: bytes)
      #expect(throws: ArchiveError.self) { try MergedFile(verifying: path, on: .init()) }
      try before.write(to: URL(fileURLWithPath: path))
    }
    try ResultsFolder(reading: scratch("alone")).mergeVirtually(to: scratch("view.h5"), on: .init())
    let virtual = #expect(throws: ArchiveError.self) { try MergedFile(verifying: scratch("view.h5"), on: .init()) }
    #expect("\(virtual!)".contains("it has no checksum"), "\(virtual!)")
  }

  @Test func aCompleteFolderMergesPartiallyToTheSameBytes() throws {
    let alone = try mergedAlone()
    let gap = MergeOptions.Gap(variable: "status", value: -1, meaning: "missing")
    let report = try ResultsFolder(reading: scratch("alone")).merge(
      to: scratch("out.h5"), options: MergeOptions(gap: gap), on: .init())
    #expect(report.missing == 0)
    #expect(try contents(scratch("out.h5")) == alone)
  }

  @Test func aShardOfAnotherJobIsRefused() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let other = try KnownEnsemble(members: 1003, chunkSize: 50, text: "another")
    try other.run(into: scratch("o"), on: .init())
    try FileManager.default.copyItem(
      atPath: scratch("o/shard-0001-node0000.h5"), toPath: scratch("r/shard-0002-node0000.h5"))
    let folder = try ResultsFolder(reading: scratch("r"))
    let error = #expect(throws: ArchiveError.self) { try folder.merge(to: scratch("out.h5"), on: .init()) }
    guard case .otherJob(scratch("r/shard-0002-node0000.h5"), other.job, ensemble.job)? = error else {
      Issue.record("\(error!)")
      return
    }
  }

  @Test func aShardCannotBeReplacedByTheMergedFile() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let path = scratch("r/../r/shard-0001-node0000.h5")
    let before = try contents(path)
    #expect(throws: ArchiveError.outputIsInput(path: path)) {
      try ResultsFolder(reading: scratch("r")).merge(to: path, on: .init())
    }
    #expect(try contents(path) == before)
  }

  @Test func aFolderThatDoesNotExistIsNamed() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    let error = #expect(throws: ArchiveError.self) { try folder.merge(to: scratch("no/out.h5"), on: .init()) }
    #expect("\(error!)".contains(scratch("no/out.h5")), "\(error!)")
    #expect("\(error!)".contains("No such file or directory"), "\(error!)")
  }
}
