import Foundation
import KnownEnsemble
import Testing

@testable import Archive

@Suite struct ShardTests {
  private func writer(
    _ ensemble: KnownEnsemble, _ path: String, commitInterval: Duration = .zero
  ) throws -> ShardWriter {
    let folder = try ResultsFolder.prepare(path, job: ensemble.definition, layout: ensemble.layout, on: .init())
    return try ShardWriter(folder: folder, mode: .node, commitInterval: commitInterval, on: .init())
  }

  @Test func writtenChunksAreReadBackAndVerified() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 21, chunkSize: 8)
    let writer = try writer(ensemble, scratch("r"))
    for chunk in [2, 0] { try ensemble.write(chunk, ensemble.chunk(chunk), to: writer) }
    try writer.commit()
    // Readable while it is being written.
    let reader = try ShardReader(writer.path)
    let slots = try reader.committedSlots()
    #expect(slots.map(\.chunk) == [0, 2])
    for slot in slots { #expect(try reader.verify(slot)) }
    let buffers = ChunkBuffers(reader.layout)
    buffers.hold(1..<3)
    try reader.read(2..<3, into: buffers)
    #expect(Array(buffers.bytes(1, 2..<3)) == ensemble.chunk(2)[1])
    try writer.close()
  }

  @Test func aChunkWrittenInPartsCountsOnceItIsSealed() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 21, chunkSize: 8)
    let writer = try writer(ensemble, scratch("r"))
    for part in [11..<16, 8..<11] { try ensemble.write(part: part, to: writer) }
    try writer.commit()
    #expect(try ShardReader(writer.path).committedSlots().isEmpty)
    try writer.seal(chunk: 1)
    try writer.commit()
    let reader = try ShardReader(writer.path)
    let slots = try reader.committedSlots()
    #expect(slots.map(\.chunk) == [1])
    #expect(try reader.verify(slots[0]))
    let buffers = ChunkBuffers(reader.layout)
    buffers.hold(1..<2)
    try reader.read(1..<2, into: buffers)
    for variable in ensemble.layout.variables.indices {
      #expect(Array(buffers.bytes(variable, 1..<2)) == ensemble.chunk(1)[variable])
    }
    try writer.close()
  }

  @Test func aNewShardIsCompleteAndSparse() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 1_000_000, chunkSize: 1000)
    let writer = try writer(ensemble, scratch("r"))
    var status = stat()
    #expect(stat(writer.path, &status) == 0)
    #expect(status.st_size > 1_000_000 * ensemble.layout.memberBytes)
    #expect(status.st_blocks * 512 < 1 << 20)
    #expect(try ShardReader(writer.path).committedSlots().isEmpty)
    try writer.close()
  }

  @Test func chunksCountOnlyOnceTheyAreCommitted() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 20, chunkSize: 8)
    let writer = try writer(ensemble, scratch("r"), commitInterval: .seconds(3600))
    for chunk in 0..<3 { try ensemble.write(chunk, ensemble.chunk(chunk), to: writer) }
    #expect(try ShardReader(writer.path).committedSlots().isEmpty)
    let folder = try ResultsFolder(reading: scratch("r"))
    let missing = #expect(throws: ArchiveError.self) { try folder.merge(to: scratch("out.h5"), on: .init()) }
    #expect(missing == .missingMembers(folder: folder.path, members: [0..<20], chunks: 3, damage: []))
    #expect(!FileManager.default.fileExists(atPath: scratch("out.h5")))
    try writer.close()
    #expect(try ShardReader(writer.path).committedSlots().count == 3)
  }

  @Test func muchDataIsCommittedBeforeTheIntervalHasPassed() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 24, chunkSize: 8)
    let folder = try ResultsFolder.prepare(
      scratch("r"), job: ensemble.definition, layout: ensemble.layout, on: .init())
    let writer = try ShardWriter(
      folder: folder, mode: .node, commitInterval: .seconds(3600), commitBytes: 16 * ensemble.layout.memberBytes,
      on: .init())
    try ensemble.write(0, ensemble.chunk(0), to: writer)
    try writer.commitIfDue()
    usleep(100_000)
    try writer.commitIfDue()
    #expect(try ShardReader(writer.path).committedSlots().isEmpty)
    try ensemble.write(1, ensemble.chunk(1), to: writer)
    // Data, then marks: each is forced to the disk in the background.
    for _ in 0..<1000 where try ShardReader(writer.path).committedSlots().isEmpty {
      usleep(10_000)
      try writer.commitIfDue()
    }
    #expect(try ShardReader(writer.path).committedSlots().map(\.chunk) == [0, 1])
    try writer.close()
  }

  @Test func rowsThatAreTornDoNotCount() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 20, chunkSize: 8)
    try ensemble.run(into: scratch("r"), on: .init())
    let path = scratch("r/shard-0001-node0000.h5")
    func bytes(_ word: UInt64) -> [UInt8] { withUnsafeBytes(of: word) { Array($0) } }
    func row(_ chunk: Int) throws -> [UInt64] {
      let checksum = try ShardReader(path).committedSlots().first { $0.chunk == chunk }!.checksum
      return try Shard(HDF5File(reading: path)).row(chunk: chunk, checksum: checksum)
    }
    let (first, last) = (try row(0), try row(2))
    try flipBit(in: path, at: bytes(first[2]))
    #expect(try ShardReader(path).committedSlots().map(\.chunk) == [1, 2])
    try flipBit(in: path, at: bytes(last[3]))
    #expect(try ShardReader(path).committedSlots().map(\.chunk) == [1])
  }

  @Test(arguments: [0.1, 0.25, 0.4])
  func aKilledRunLeavesAShardThatOpensAndIsCompletedByTheNext(seconds: Double) throws {
    let scratch = try Scratch()
    let arguments = ["write", scratch("r"), "node", "300000", "500"]
    _ = try Probe.run(arguments, killedAfter: seconds)
    let path = scratch("r/shard-0001-node0000.h5")
    if FileManager.default.fileExists(atPath: path) {
      let reader = try ShardReader(path)
      for slot in try reader.committedSlots() { #expect(try reader.verify(slot)) }
    }
    let again = try Probe.run(arguments)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try ResultsFolder(reading: scratch("r")).merge(to: scratch("out.h5"), on: .init()).chunks == 600)
  }

  @Test func otherFilesAreNotShards() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 20, chunkSize: 8).run(into: scratch("r"), on: .init())
    try ResultsFolder(reading: scratch("r")).merge(to: scratch("out.h5"), on: .init())
    let merged = #expect(throws: ArchiveError.self) { try ShardReader(scratch("out.h5")) }
    #expect("\(merged!)".contains("is not a shard"))
    try Data("not HDF5".utf8).write(to: URL(fileURLWithPath: scratch("text.h5")))
    let text = #expect(throws: ArchiveError.self) { try ShardReader(scratch("text.h5")) }
    guard case .file("read", scratch("text.h5"), let words) = text! else {
      Issue.record("\(text!)")
      return
    }
    #expect(words.contains("not an HDF5 file"))
  }

  @Test func namesOfShardsAreReadAsTheyAreWritten() {
    let name = ShardName(generation: 3, writer: .rank(12345))
    #expect(name.text == "shard-0003-rank12345.h5")
    #expect(ShardName(name.text) == name)
    #expect(ShardName("shard-0001-node0000.h5.part") == nil)
    #expect(ShardName("flowmap.json") == nil)
  }

  /// Needs a small file system of its own, which only root can mount.
  @Test(.enabled(if: SmallDisk.isPossible, "SKIPPED: mounting a small tmpfs is not allowed here"), arguments: [1, 2])
  func aFullDiskIsToldAndCommittedChunksStayValid(ranks: Int) throws {
    let disk = try SmallDisk(megabytes: 3)
    defer { disk.unmount() }
    let outcome = try Probe.run(["write", disk.path + "/r", "node", "100000", "1000"], ranks: ranks)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("no space is left for"), "\(outcome.errors)")
    let reader = try ShardReader(disk.path + "/r/shard-0001-node0000.h5")
    let slots = try reader.committedSlots()
    #expect(slots.count > 3)
    for slot in slots { #expect(try reader.verify(slot)) }
  }
}

/// A file system that is soon full.
struct SmallDisk {
  let path: String

  static let isPossible: Bool = {
    guard geteuid() == 0, let disk = try? SmallDisk(megabytes: 1) else { return false }
    disk.unmount()
    return true
  }()

  init(megabytes: Int) throws {
    path = NSTemporaryDirectory() + "flowmap-disk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else { throw CocoaError(.fileWriteNoPermission) }
  }

  func unmount() {
    umount(path)
    rmdir(path)
  }
}

extension ShardReader {
  /// Whether a chunk's data are what was written.
  fileprivate func verify(_ slot: CommittedSlot) throws -> Bool {
    let buffers = ChunkBuffers(layout)
    buffers.hold(slot.chunk..<slot.chunk + 1)
    try read(buffers.chunks, into: buffers)
    return buffers.checksum(slot.chunk) == slot.checksum
  }
}
