import Foundation
import Programs
import Testing

@testable import Jobs

/// What makes a job another job.
@Suite struct JobDefinitionTests {
  private static let job = """
    name: j
    model:
      parameters: {a: 1, b: 2}
      states: {x: {start: 1, rate: -a*b*x}}
    solve: {from: 0, until: 1}
    vary:
      a: {from: 0, to: 1, count: 3}
      b: {values: [1, 2]}
    outputs: {last: final(x)}
    """

  private func lines(_ text: String) throws -> [String] {
    try SweepPlan(JobDocument(text: text, path: "j.yaml")).definition.lines
  }

  @Test func whatDoesNotChangeResultsDoesNotChangeTheDefinition() throws {
    let lines = try lines(Self.job)
    let quoted = Self.job.replacing("until: 1", with: "'until': \"1\"")
      .replacing("{from: 0, to: 1, count: 3}", with: "{count: 3, to: 1, from: 0} # three")
    #expect(try self.lines(quoted) == lines)
    let keys = "\nchunk: 7\nbackend: cpu\nresults: elsewhere\ndescription: a job\nversion: 1"
    #expect(try self.lines(Self.job + keys) == lines)
  }

  @Test(arguments: [
    ("until: 1", "until: 2"), ("count: 3", "count: 4"), ("name: j", "name: k"), ("final(x)", "mean(x)"),
    ("parameters: {a: 1, b: 2}", "parameters: {a: 1, b: 3}"), ("[1, 2]", "[1, 2.5]"),
  ])
  func whatChangesResultsChangesALine(piece: String, replacement: String) throws {
    let (old, new) = (try lines(Self.job), try lines(Self.job.replacing(piece, with: replacement)))
    #expect(zip(old, new).count(where: { $0 != $1 }) == 1 && old.count == new.count)
  }

  @Test func theOrderOfWhatVariesMatters() throws {
    let swapped = Self.job.replacing("  a: {from: 0, to: 1, count: 3}\n", with: "")
      .replacing("  b: {values: [1, 2]}\n", with: "  b: {values: [1, 2]}\n  a: {from: 0, to: 1, count: 3}\n")
    #expect(try lines(swapped) != lines(Self.job))
    #expect(try Set(lines(swapped)) == Set(lines(Self.job)))
  }

  @Test func aModelInSwiftIsKnownByItsProgram() throws {
    func definition(_ factor: Double) throws -> [String] {
      let model = Model("decay", parameters: [.init("rate", 0.5)], states: [.init("x") { _ in 1 }]) {
        t, states, parameters in ["x": -parameters["rate"] * states["x"] * Staged(factor)]
      }
      let text = "name: j\nmodel: {swift: decay}\nsolve: {until: 1}\noutputs: {last: final(x)}"
      return try SweepPlan(JobDocument(text: text, path: "j.yaml"), models: ModelRegistry([model])).definition.lines
    }
    #expect(try definition(2) == definition(2))
    #expect(try definition(2) != definition(3))
  }
}
