import Foundation
import Testing

extension CommandTests {
  /// Mistakes in a job: one message with file and line, exit code 2, and nothing written.
  @Suite struct BadInputTests {
    /// A piece of the job below, what stands there instead, the line, and a part of the message.
    struct Mistake: CustomTestStringConvertible {
      let piece: String, replacement: String
      let line: Int
      let message: String
      var testDescription: String { "\(replacement.debugDescription), line \(line)" }

      init(_ piece: String, _ replacement: String, _ line: Int, _ message: String) {
        (self.piece, self.replacement, self.line, self.message) = (piece, replacement, line, message)
      }
    }

    static let job = """
      name: test
      model:
        parameters: {k: 1}
        let: {flow: k*u}
        states:
          u: {start: 1, rate: -flow}
      solve:
        from: 0
        until: 1
        method: tsit5
        relative_tolerance: 1e-6
        absolute_tolerance: 1e-6
        save: {count: 3}
      vary:
        k: {from: 0, to: 2, count: 64}
      design: {method: grid}
      outputs:
        u_end: final(u)
      """

    static let mistakes = [
      Mistake("  from: 0", "  form: 0", 8, "solve has no key 'form'. Did you mean 'from'?"),
      Mistake("  until: 1", "  until: 1\n  until: 2", 10, "until"),
      Mistake("rate: -flow", "rate: -flwo", 6, "Did you mean 'flow'?"),
      Mistake("let: {flow: k*u}", "let: {flow: rest, rest: flow}", 4, "let names depend on each other in a circle"),
      Mistake("until: 1", "until: soon", 9, "solve.until must be a number"),
      Mistake("method: tsit5", "method: [tsit5]", 10, "solve.method must be"),
      Mistake("from: 0, to: 2", "from: 2, to: 0", 15, "'from' must be less than 'to'"),
      Mistake("from: 0, to: 2", "from: 1, to: 1", 15, "'from' must be less than 'to'"),
      Mistake("{from: 0, to: 2, count: 64}", "{values: []}", 15, "a list of at least 1 value"),
      Mistake("{from: 0, to: 2, count: 64}", "{normal: {mean: 0, sd: -1}, count: 3}", 15, "sd must be greater than 0"),
      Mistake("{from: 0, to: 2, count: 64}", "{uniform: [2, 1], count: 3}", 15, "'low' must be less than 'high'"),
      Mistake("relative_tolerance: 1e-6", "relative_tolerance: 0", 11, "must be greater than 0"),
      Mistake("relative_tolerance: 1e-6", "relative_tolerance: -1e-6", 11, "must be greater than 0"),
      Mistake("relative_tolerance: 1e-6", "relative_tolerance: 1e-17", 11, "double precision reaches no less than"),
      Mistake("save: {count: 3}", "save: {at: [0, 3]}", 13, "outside the solution"),
      Mistake("method: grid", "method: gird", 16, "Did you mean 'grid'?"),
      Mistake("count: 64", "count: 99999999999999999999", 15, "count"),
      Mistake("name: test", "name: [", 3, "this is not YAML: while parsing a flow sequence (line 1)"),
      Mistake("model:", "model:\n  swift: brusselator", 5, "model has 'let', which does not go with 'swift'"),
      Mistake("u_end: final(u)", "u_end: finale(u)", 18, "Did you mean 'final'?"),
    ]

    @Test(arguments: mistakes) func aMistakeIsExplainedInOneMessage(mistake: Mistake) throws {
      #expect(Self.job.contains(mistake.piece))
      let folder = try Scratch(job: Self.job.replacing(mistake.piece, with: mistake.replacement))
      let outcome = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("error: job.yaml:\(mistake.line):"), "\(outcome.errors)")
      #expect(outcome.errors.contains(mistake.message), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test(arguments: [("k\n1\ntwo\n", "two"), ("j\n1\n", "j"), ("k\n1\n2,3\n", "bad.csv:3"), ("", "bad.csv")])
    func aBadTableIsNamedWithItsRowAndColumn(table: String, message: String) throws {
      let job = Self.job.replacing("{method: grid}", with: "{method: table, file: bad.csv}")
        .replacing("vary:\n  k: {from: 0, to: 2, count: 64}\n", with: "")
      let folder = try Scratch(job: job)
      try folder.write(table, to: "bad.csv")
      let outcome = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.errors.contains("bad.csv"))
      #expect(folder.names == ["bad.csv", "job.yaml"])
    }

    @Test func aTableThatIsMissingIsNamed() throws {
      let job = Self.job.replacing("{method: grid}", with: "{method: table, file: nowhere.csv}")
        .replacing("vary:\n  k: {from: 0, to: 2, count: 64}\n", with: "")
      let outcome = try Tool.run(["run", "job.yaml"], in: Scratch(job: job))
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("nowhere.csv: cannot be read: No such file"), "\(outcome.errors)")
    }

    @Test func aModelThatThisProgramDoesNotHaveIsNamed() throws {
      let job = Self.job.replacing(
        "model:\n  parameters: {k: 1}\n  let: {flow: k*u}\n  states:\n    u: {start: 1, rate: -flow}",
        with: "model: {swift: brusselator}")
      let outcome = try Tool.run(["run", "job.yaml"], in: Scratch(job: job))
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("error: job.yaml:2: no model is named 'brusselator'."), "\(outcome.errors)")
    }

    /// Grids that no disk or no integer can hold; the message says how large they are.
    @Test(arguments: [1_000_000, 100_000_000]) func aDesignThatIsTooLargeIsRefused(count: Int) throws {
      let job = Self.job.replacing("parameters: {k: 1}", with: "parameters: {k: 1, a: 1, b: 1}")
        .replacing(
          "count: 64}",
          with: "count: \(count)}\n  a: {from: 0, to: 1, count: \(count)}\n  b: {from: 0, to: 1, count: \(count)}")
      let folder = try Scratch(job: job)
      let outcome = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.messages.count == 1 && outcome.errors.contains("members"), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test func aMistakeUnderMPIIsToldOnce() throws {
      let folder = try Scratch(job: Self.job.replacing("rate: -flow", with: "rate: -flwo"))
      let outcome = try Tool.run(["run", "job.yaml"], ranks: 3, in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1 && outcome.errors.contains("job.yaml:6:"), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }
  }
}
