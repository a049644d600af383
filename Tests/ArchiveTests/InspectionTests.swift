import Archive
import Foundation
import KnownEnsemble
import Testing

@Suite struct InspectionTests {
  @Test func shardsMergedAndVirtualFilesTellTheSame() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 1003, chunkSize: 50)
    // HDF5 takes % in the name of a virtual file's source for a pattern.
    try ensemble.run(into: scratch("r 100%b"), workers: 3, on: .init())
    let folder = try ResultsFolder(reading: scratch("r 100%b"))
    try folder.merge(to: scratch("out.h5"), on: .init())
    try folder.mergeVirtually(to: scratch("view.h5"), on: .init())
    let merged = try Inspection(reading: scratch("out.h5"))
    let virtual = try Inspection(reading: scratch("view.h5"))
    let shard = try Inspection(reading: scratch("r 100%b/shard-0001-node0000.h5"))

    #expect(merged.kind == .merged)
    #expect(shard.kind == .shard(job: ensemble.job, committedChunks: 21, chunkCount: 21, damaged: 0))
    #expect(merged.axes.map(\.name) == ["member", "time", "cell"])
    #expect(merged.axes.map(\.length) == [1003, 5, 3])
    #expect(merged.axes.map(\.ends) == [[0, 1002], [0, 1], nil])
    #expect(merged.attributes.first { $0.name == "seed" }?.value == .integer(42))
    for other in [virtual, shard] {
      for (ours, theirs) in zip(merged.quantities, other.quantities) {
        #expect(ours.name == theirs.name && ours.axes == theirs.axes && ours.flags == theirs.flags)
        #expect(ours.isCoordinate == theirs.isCoordinate && ours.attributes == theirs.attributes)
        #expect(ours.summary.count == theirs.summary.count && ours.summary.missing == theirs.summary.missing)
        #expect(abs(ours.summary.mean - theirs.summary.mean) <= 1e-12 * abs(ours.summary.mean))
      }
    }
    let x = merged.quantities[1]
    #expect(x.axes == ["member", "time"])
    #expect(x.attributes == [Attribute("units", "µm")])
    #expect((x.summary.count, x.summary.missing) == (903 * 5, 100 * 5))
    #expect((x.summary.minimum, x.summary.maximum) == (0, 1002.25))
    #expect(merged.quantities[0].isCoordinate && !x.isCoordinate)
    let status = merged.quantities[5]
    #expect(status.flags == [.init(meaning: "success", count: 903), .init(meaning: "not_finite", count: 100)])
  }

  @Test func aVirtualFileMovesWithItsFolder() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 100, chunkSize: 8)
    try FileManager.default.createDirectory(atPath: scratch("a"), withIntermediateDirectories: true)
    try ensemble.run(into: scratch("a/r"), on: .init())
    try ResultsFolder(reading: scratch("a/r")).mergeVirtually(to: scratch("a/view.h5"), on: .init())
    try FileManager.default.moveItem(atPath: scratch("a"), toPath: scratch("b"))
    let rho = try Inspection(reading: scratch("b/view.h5")).quantities[0]
    #expect((rho.summary.count, rho.summary.maximum) == (100, 49.5))
    // Without its shards it shows missing values, not zeros.
    try FileManager.default.moveItem(atPath: scratch("b/r"), toPath: scratch("b/elsewhere"))
    #expect(try Inspection(reading: scratch("b/view.h5")).quantities[0].summary.missing == 100)
  }

  @Test func damagedChunksOfAShardAreCountedAndLeftOut() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 100, chunkSize: 10)
    try ensemble.run(into: scratch("r"), on: .init())
    let path = scratch("r/shard-0001-node0000.h5")
    try flipBit(in: path, at: ensemble.chunk(3)[1])
    let inspection = try Inspection(reading: path)
    #expect(inspection.kind == .shard(job: ensemble.job, committedChunks: 10, chunkCount: 10, damaged: 1))
    #expect(inspection.quantities[0].summary.count == 90)
  }
}
