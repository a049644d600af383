import Foundation
import KnownEnsemble
import Testing

@testable import Archive

@Suite struct ResultsFolderTests {
  @Test func anotherJobsFolderIsRefusedAndLeftAlone() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    let before = try names(scratch("r"))
    let other = try KnownEnsemble(members: 10, chunkSize: 4, text: "another job")
    let changes = ["text: known ensemble → another job"]
    #expect(throws: ArchiveError.changedJob(folder: scratch("r"), changes: changes)) {
      try other.run(into: scratch("r"), on: .init())
    }
    #expect(try names(scratch("r")) == before)
  }

  @Test func theSameJobOpensANewGenerationAndKeepsTheOld() throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 10, chunkSize: 4)
    for _ in 0..<2 { try ensemble.run(into: scratch("r"), on: .init(), everything: true) }
    #expect(
      try names(scratch("r")) == ["flowmap.json", "shard-0001-node0000.h5", "shard-0002-node0000.h5"])
    let report = try ResultsFolder(reading: scratch("r")).merge(to: scratch("out.h5"), on: .init())
    #expect(report.members == 10)
  }

  @Test func anotherLayoutOfTheSameJobIsRefused() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    #expect(throws: ArchiveError.otherLayout(folder: scratch("r"))) {
      try KnownEnsemble(members: 10, chunkSize: 4, times: 6).run(into: scratch("r"), on: .init())
    }
  }

  @Test func theChunksOfTheFirstRunAreKept() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    let again = try KnownEnsemble(members: 10, chunkSize: 5)
    let folder = try ResultsFolder.prepare(
      scratch("r"), job: again.definition, layout: again.layout, on: .init())
    #expect(folder.layout.chunkSize == 4)
    #expect(try folder.census(on: .init()).missing.isEmpty)
  }

  @Test func anExtendedFolderKeepsItsChunksAndMergesAsIfItHadBeenWhole() throws {
    let scratch = try Scratch()
    let whole = try KnownEnsemble(members: 131, chunkSize: 8, text: "grown twice")
    try whole.run(into: scratch("whole"), on: .init())
    try ResultsFolder(reading: scratch("whole")).merge(to: scratch("whole.h5"), on: .init())
    try KnownEnsemble(members: 43, chunkSize: 8).run(into: scratch("r"), on: .init())
    for (members, text) in [(60, "grown"), (131, "grown twice")] {
      let grown = try KnownEnsemble(members: members, chunkSize: 32, text: text)
      let folder = try ResultsFolder(reading: scratch("r")).extended(to: grown.definition, layout: grown.layout)
      let before = folder.layout.memberCount - (try ResultsFolder(reading: scratch("r")).layout.memberCount)
      try folder.write()
      let census = try folder.census(on: .init())
      #expect(census.missingMembers == [members - before..<members])
      try grown.run(folder, on: .init())
    }
    let folder = try ResultsFolder(reading: scratch("r"))
    #expect(folder.layout.parts == [43, 17, 71] && folder.earlier.count == 2)
    try folder.merge(to: scratch("grown.h5"), on: .init())
    #expect(try contents(scratch("grown.h5")) == contents(scratch("whole.h5")))
    try folder.mergeVirtually(to: scratch("view.h5"), on: .init())
    let (copy, view) = (try Inspection(reading: scratch("grown.h5")), try Inspection(reading: scratch("view.h5")))
    #expect(view.quantities == copy.quantities)
  }

  @Test func aJobWithFewerMembersOrOtherVariablesDoesNotExtend() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    for (members, times, words) in [(9, 5, "has 10 members already"), (11, 6, "other variables")] {
      let other = try KnownEnsemble(members: members, chunkSize: 4, times: times)
      let error = #expect(throws: ArchiveError.self) { try folder.extended(to: other.definition, layout: other.layout) }
      #expect("\(error!)".contains(words), "\(error!)")
    }
  }

  @Test func listsOfContentsOfAnotherFormatAreRefused() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    let file = scratch("r/flowmap.json")
    let text = String(decoding: try contents(file), as: UTF8.self)
    try text.replacing("\"format\":2", with: "\"format\":99").write(toFile: file, atomically: true, encoding: .utf8)
    let error = #expect(throws: ArchiveError.self) { try ResultsFolder(reading: scratch("r")) }
    #expect("\(error!)".contains("has format 99, but this version knows 2"), "\(error!)")
  }

  @Test func otherFilesInTheFolderAreNamedAndIgnored() throws {
    let scratch = try Scratch()
    try KnownEnsemble(members: 10, chunkSize: 4).run(into: scratch("r"), on: .init())
    for name in ["notes.txt", "shard-0007-node0000.h5.part", "flowmap.lock"] {
      try Data("?".utf8).write(to: URL(fileURLWithPath: scratch("r/" + name)))
    }
    let listing = try FolderListing(scratch("r"))
    #expect(listing.shards == [scratch("r/shard-0001-node0000.h5")])
    #expect(listing.ignored == ["notes.txt", "shard-0007-node0000.h5.part"])
    #expect(listing.nextGeneration == 8)
    #expect(try ResultsFolder(reading: scratch("r")).census(on: .init()).missing.isEmpty)
  }

  @Test func aFreshFolderStandsBesideTheOld() throws {
    let scratch = try Scratch()
    #expect(
      try (0..<3).map { _ in try FolderListing.makeFresh(scratch("a/r")) }
        == ["a/r", "a/r-2", "a/r-3"].map(scratch.callAsFunction))
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
