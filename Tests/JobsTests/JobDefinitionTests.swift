import Archive
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

  private func definition(_ factor: Double, weights: [Double] = [1]) throws -> JobDefinition {
    let model = Model("decay", parameters: [.init("rate", 0.5)], states: [.init("x") { _ in 1 }]) {
      t, states, parameters in
      ["x": -parameters["rate"] * states["x"] * Staged(factor) * (Staged(weights) * states["x"]).sum()]
    }
    let text = "name: j\nmodel: {swift: decay}\nsolve: {until: 1}\noutputs: {last: final(x)}"
    return try SweepPlan(JobDocument(text: text, path: "j.yaml"), models: ModelRegistry([model])).definition
  }

  @Test func aModelInSwiftIsKnownByItsProgram() throws {
    #expect(try definition(2).lines == definition(2).lines)
    #expect(try definition(2).lines != definition(3).lines)
    let line = try #require(definition(2).lines.first { $0.hasPrefix("model.program: ") })
    #expect(try line.wholeMatch(of: Regex("model\\.program: text 1, [0-9a-f]{12}")) != nil, "\(line)")
  }

  @Test func modelsInSwiftThatDifferInTheNinthValueOfAConstantAreTwo() throws {
    let ten = (1...10).map(Double.init)
    var ninth = ten
    ninth[8] = 9.5
    #expect(try definition(1, weights: ten).identity == definition(1, weights: ten).identity)
    #expect(try definition(1, weights: ten).identity != definition(1, weights: ninth).identity)
  }

  @Test func definitionsOfOtherVersionsAreToldApart() throws {
    let now = try definition(2)
    #expect(JobDocument.canCompareModels(of: now, and: try definition(3)))
    let equations = JobDefinition(name: "j", lines: try lines(Self.job))
    for before in ["model.program: 0123456789ab", "model.program: text 2, 0123456789ab"] {
      let lines = now.lines.map { $0.hasPrefix("model.program: ") ? before : $0 }
      let old = JobDefinition(name: "j", lines: lines)
      #expect(!JobDocument.canCompareModels(of: old, and: now), "\(before)")
      // What has become equations has changed for certain.
      #expect(JobDocument.canCompareModels(of: old, and: equations))
    }
  }
}
