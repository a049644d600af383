import Archive
import Foundation
import KnownEnsemble
import Testing

@Suite struct ResultsLayoutTests {
  private func reason(
    members: Int = 10, chunkSize: Int = 4, axes: [Axis] = [], variables: [Variable] = [Variable(name: "x")]
  ) -> String? {
    do {
      _ = try ResultsLayout(
        memberCount: members, chunkSize: chunkSize, axes: axes, variables: variables)
      return nil
    } catch { return "\(error)" }
  }

  @Test func theLastChunkMayBeShorter() throws {
    let layout = try KnownEnsemble(members: 10, chunkSize: 4).layout
    #expect(layout.chunkCount == 3)
    #expect((0..<3).map { layout.members(ofChunk: $0) } == [0..<4, 4..<8, 8..<10])
    #expect(layout.memberBytes == 8 + 5 * 8 + 15 * 4 + 4 + 8 + 1)
  }

  @Test func layoutsThatNoFileCanHaveAreRefusedByName() {
    #expect(reason() == nil)
    #expect(reason(members: 0)!.contains("0 members"))
    #expect(reason(chunkSize: 0)!.contains("0 members"))
    #expect(reason(variables: [])!.contains("no variable"))
    #expect(reason(variables: [Variable(name: "x"), Variable(name: "x")])!.contains("'x' is used twice"))
    #expect(reason(variables: [Variable(name: "member")])!.contains("'member' is used twice"))
    #expect(reason(variables: [Variable(name: "a/b")])!.contains("'a/b'"))
    #expect(reason(variables: [Variable(name: "two words")])!.contains("'two words'"))
    #expect(reason(variables: [Variable(name: "x", innerAxes: ["t"])])!.contains("axis 't'"))
    #expect(reason(axes: [Axis(name: "t", length: 0)])!.contains("length 0"))
    let huge = Axis(name: "t", length: Int.max / 16)
    #expect(
      reason(axes: [huge], variables: [Variable(name: "x", innerAxes: ["t"])])!.contains("more bytes"))
  }

  @Test func aLayoutSurvivesStorage() throws {
    let layout = try KnownEnsemble(members: 10, chunkSize: 4).layout
    let stored = try JSONEncoder().encode(layout)
    #expect(try JSONDecoder().decode(ResultsLayout.self, from: stored) == layout)
  }

  @Test func aJobIsKnownByItsText() {
    let job = JobIdentity(name: "a", canonicalText: "text")
    #expect(job.digest.count == 32)
    #expect(job == JobIdentity(name: "a", canonicalText: "text"))
    #expect(job != JobIdentity(name: "a", canonicalText: "text "))
    // The published value of XXH3-128 for no input.
    #expect(JobIdentity(name: "", canonicalText: "").digest == "99aa06d3014798d86001c324468d497f")
  }
}

@Suite struct ResultsFolderTests {
  @Test func anotherJobsFolderIsRefusedAndLeftAlone() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    let before = try names(scratch("r"))
    let other = try KnownEnsemble(members: 10, chunkSize: 4, text: "another job")
    let found = try ResultsFolder(reading: scratch("r")).job
    #expect(throws: ArchiveError.otherJob(folder: scratch("r"), found: found, expected: other.job)) {
      try other.run(into: scratch("r"), on: .init())
    }
    #expect(try names(scratch("r")) == before)
  }

  @Test func theSameJobOpensANewGenerationAndKeepsTheOld() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 10, chunkSize: 4)
    for _ in 0..<2 { try ensemble.run(into: scratch("r"), on: .init()) }
    #expect(
      try names(scratch("r")) == ["flowmap.json", "shard-0001-node0000.h5", "shard-0002-node0000.h5"])
    let report = try ResultsFolder(reading: scratch("r")).merge(to: scratch("out.h5"), on: .init())
    #expect(report.members == 10)
  }

  @Test func anotherLayoutOfTheSameJobIsRefused() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    #expect(throws: ArchiveError.otherLayout(folder: scratch("r"))) {
      try KnownEnsemble(members: 10, chunkSize: 5).run(into: scratch("r"), on: .init())
    }
  }

  @Test func foldersThatCannotBeUsedAreNamed() throws {
    let scratch = try Scratch()
    #expect(throws: ArchiveError.self) { try ResultsFolder(reading: scratch("nowhere")) }
    try Data("{".utf8).write(to: URL(fileURLWithPath: scratch("flowmap.json")))
    let damaged = #expect(throws: ArchiveError.self) { try ResultsFolder(reading: scratch.path) }
    #expect("\(damaged!)".contains("damaged"))
    try Data().write(to: URL(fileURLWithPath: scratch("file")))
    let ensemble = try KnownEnsemble(members: 10, chunkSize: 4)
    let blocked = #expect(throws: ArchiveError.self) { try ensemble.run(into: scratch("file/r"), on: .init()) }
    #expect("\(blocked!)".contains("cannot create \(scratch("file/r"))"), "\(blocked!)")
  }

  @Test func shardsWithoutAListOfContentsAreNotAdopted() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 10, chunkSize: 4)
    try ensemble.run(into: scratch("r"), on: .init())
    try FileManager.default.removeItem(atPath: scratch("r/flowmap.json"))
    let error = #expect(throws: ArchiveError.self) { try ensemble.run(into: scratch("r"), on: .init()) }
    #expect("\(error!)".contains("there are shards"))
    #expect(try names(scratch("r")) == ["shard-0001-node0000.h5"])
  }
}
