import Archive
import Foundation
import KnownEnsemble
import Testing

/// Notes on results reach the merged file.
@Suite struct ResultsNoteTests {
  private let scratch: Scratch
  private let ensemble: KnownEnsemble
  private let notes = [
    ResultsNote("x is small", on: ["x"]), ResultsNote("all is well"), ResultsNote("both are even", on: ["x", "steps"]),
    ResultsNote("nobody has this", on: ["y"]),
  ]

  init() throws {
    scratch = try Scratch()
    ensemble = try KnownEnsemble(members: 203, chunkSize: 50)
  }

  /// The notes of each variable and of the file, as a reader finds them.
  private func found(_ path: String) throws -> [String: String] {
    let inspection = try Inspection(reading: path)
    let all = [("file", inspection.attributes)] + inspection.quantities.map { ($0.name, $0.attributes) }
    return Dictionary(
      uniqueKeysWithValues: all.compactMap { name, attributes in
        let wanted = [ResultsNote.attribute, ResultsNote.fileAttribute]
        guard let note = attributes.first(where: { wanted.contains($0.name) }), case .text(let text) = note.value else {
          return nil
        }
        return (name, text)
      })
  }

  @Test func notesAreAttributesOfTheirVariables() throws {
    let layout = try ensemble.layout.noting(notes)
    let attributes = layout.variables.map { $0.attributes.filter { $0.name == ResultsNote.attribute } }
    #expect(zip(layout.variables, attributes).filter { !$1.isEmpty }.map(\.0.name) == ["x", "steps"])
    #expect(attributes[1] == [Attribute("flowmap_note", "x is small\nboth are even")])
    #expect(layout.attributes == ensemble.layout.attributes + [Attribute("flowmap_notes", "all is well")])
    // Those known before a run and those found at its end stand one after the other.
    let twice = try layout.noting([ResultsNote("x is also odd", on: ["x"])])
    #expect(
      twice.variables[1].attributes == ensemble.layout.variables[1].attributes
        + [Attribute("flowmap_note", "x is small\nboth are even\nx is also odd")])
    #expect(try ensemble.layout.noting([]) == ensemble.layout)
  }

  @Test func theEndOfARunIsInEveryKindOfMergedFile() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    let report = try folder.merge(to: scratch("before.h5"), on: .init())
    #expect(try !report.isNoted && found(scratch("before.h5")).isEmpty && folder.notes == nil)
    try folder.write(notes)
    #expect(try folder.notes == notes)
    #expect(try FolderListing(scratch("r")).ignored.isEmpty)
    let expected = ["file": "all is well", "x": "x is small\nboth are even", "steps": "both are even"]
    #expect(try folder.merge(to: scratch("plain.h5"), on: .init()).isNoted)
    let packed = MergeOptions(compression: .gzip(level: 1))
    #expect(try folder.merge(to: scratch("packed.h5"), options: packed, on: .init()).isNoted)
    #expect(try folder.mergeVirtually(to: scratch("virtual.h5"), on: .init()).isNoted)
    for name in ["plain.h5", "packed.h5", "virtual.h5"] { #expect(try found(scratch(name)) == expected, "\(name)") }
    let parallel = try Probe.run(["merge", scratch("r"), scratch("parallel.h5")], ranks: 2)
    #expect(parallel.status == 0, "\(parallel.errors)")
    #expect(try contents(scratch("parallel.h5")) == contents(scratch("plain.h5")))
    try folder.removeNotes()
    try folder.removeNotes()
    try folder.merge(to: scratch("after.h5"), on: .init())
    #expect(try contents(scratch("after.h5")) == contents(scratch("before.h5")))
  }

  /// They speak of all members.
  @Test func aFileWithGapsHasNoNotesOfTheEnd() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    try folder.write(notes)
    try flipBit(in: scratch("r/shard-0001-node0000.h5"), at: ensemble.chunk(2)[1])
    let gap = MergeOptions.Gap(variable: "status", value: -1, meaning: "missing")
    let report = try folder.merge(to: scratch("out.h5"), options: MergeOptions(gap: gap), on: .init())
    #expect(try report.missing == 50 && !report.isNoted && found(scratch("out.h5")).isEmpty)
  }

  @Test func damagedNotesAreTold() throws {
    try ensemble.run(into: scratch("r"), on: .init())
    try Data("[{".utf8).write(to: URL(fileURLWithPath: scratch("r/notes.json")))
    let folder = try ResultsFolder(reading: scratch("r"))
    let error = #expect(throws: ArchiveError.self) { try folder.merge(to: scratch("out.h5"), on: .init()) }
    #expect(error.map { "\($0)".contains("notes.json is damaged; delete it") } == true)
  }
}
