import Foundation
import KnownEnsemble
import Testing

@testable import Archive

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

  @Test func chunksOfAnExtendedLayoutKeepTheirMembers() throws {
    let small = try KnownEnsemble(members: 10, chunkSize: 4).layout
    let large = try KnownEnsemble(members: 19, chunkSize: 7).layout
    let layout = try small.extended(to: large)
    #expect(layout.chunkSize == 4 && layout.memberCount == 19 && layout.chunkCount == 6)
    #expect((0..<6).map { layout.members(ofChunk: $0) } == [0..<4, 4..<8, 8..<10, 10..<14, 14..<18, 18..<19])
    #expect(layout.members(ofChunks: 1..<4) == 4..<14)
    for members in [0..<1, 3..<5, 8..<11, 18..<19, 0..<19] {
      let chunks = layout.chunks(covering: members)
      #expect(layout.members(ofChunks: chunks).clamped(to: members) == members)
      #expect(layout.members(ofChunk: chunks.lowerBound).contains(members.lowerBound))
      #expect(layout.members(ofChunk: chunks.upperBound - 1).contains(members.upperBound - 1))
    }
    #expect(small.isBeginning(of: layout) && !layout.isBeginning(of: small) && !large.isBeginning(of: layout))
  }

  @Test func aJobIsKnownByItsDefinition() {
    let job = JobDefinition(name: "a", lines: ["x: 1", "y: 2"])
    #expect(job.identity.digest.count == 32)
    #expect(job.identity == JobDefinition(name: "a", lines: ["x: 1", "y: 2"]).identity)
    #expect(job.identity != JobDefinition(name: "a", lines: ["y: 2", "x: 1"]).identity)
    // The published value of XXH3-128 for no input.
    #expect(JobDefinition(name: "", lines: []).identity.digest == "99aa06d3014798d86001c324468d497f")
  }

  @Test func changesOfAJobAreALineEach() {
    let old = JobDefinition(name: "a", lines: ["x: 1", "y: 2", "z: a: b"])
    func changes(_ lines: [String]) -> [String] { old.changes(to: JobDefinition(name: "a", lines: lines)) }
    #expect(changes(["x: 1", "y: 3", "z: a: b"]) == ["y: 2 → 3"])
    #expect(changes(["x: 1", "z: a: c", "w: 4"]) == ["y: 2 → nothing", "z: a: b → a: c", "w: nothing → 4"])
    #expect(changes(["y: 2", "x: 1", "z: a: b"]) == ["the order of what is listed, from 'x: 1' → 'y: 2' on"])
    #expect(changes(old.lines).isEmpty)
  }

  @Test func aListOfChunksFindsEachByItsNumber() {
    let list = ChunkList([2..<5, 5..<6, 9..<9, 11..<13])
    #expect(list.ranges == [2..<6, 11..<13])
    #expect((0..<list.count).map { list[$0] } == [2, 3, 4, 5, 11, 12])
    #expect(ChunkList([]).isEmpty)
  }
}
