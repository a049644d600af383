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
      Mistake(
        "{from: 0, to: 2, count: 64}", "{normal: {mean: 0, sd: 1}, truncate: [900, 901], count: 3}", 15,
        "vary.k: normal(mean: 0.0, sd: 1.0) cannot be truncated to [900.0, 901.0]"),
      Mistake("  k: {from", "  u.strt: {from", 15, "Did you mean 'u.start'?"),
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
      #expect(
        outcome.errors == "error: job.yaml:14: design.file: nowhere.csv: cannot be read: No such file or directory\n")
    }

    /// What has no end, or waits for a writer, is no job and no table.
    @Test(arguments: ["/dev/zero", "pipe"]) func whatIsNoFileIsNotWaitedFor(name: String) throws {
      let folder = try Scratch(job: Self.job)
      mkfifo(folder("pipe"), 0o600)
      let outcome = try Tool.run(["plan", name], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.errors == "error: \(name): cannot be read: it is not a file\n")
    }

    @Test func aModelThatThisProgramDoesNotHaveIsNamed() throws {
      let job = Self.job.replacing(
        "model:\n  parameters: {k: 1}\n  let: {flow: k*u}\n  states:\n    u: {start: 1, rate: -flow}",
        with: "model: {swift: brusselator}")
      let outcome = try Tool.run(["run", "job.yaml"], in: Scratch(job: job))
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("error: job.yaml:2: no model is named 'brusselator'."), "\(outcome.errors)")
    }

    /// Members that no disk can hold, though they can be numbered.
    @Test(arguments: [nil, 2]) func aDesignThatIsLargerThanTheDiskIsRefusedBeforeAnythingIsWritten(ranks: Int?) throws {
      let folder = try Scratch(job: Self.job.replacing("count: 64", with: "count: 1000000000000"))
      let outcome = try Tool.run(["run", "job.yaml"], ranks: ranks, in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      let words =
        "error: job.yaml:16: design: makes 1000000000000 members of 50 bytes each, 50 TB of results, but results/test has"
      #expect(outcome.messages.count == 1 && outcome.errors.hasPrefix(words), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test func aChunkThatNoMemoryHoldsIsRefusedAndOneLargerThanTheJobIsNot() throws {
      let large = try Scratch(job: Self.job.replacing("count: 64", with: "count: 1000000000") + "\nchunk: 1000000000")
      let refused = try Tool.run(["run", "job.yaml"], in: large)
      #expect(refused.status == 2 && refused.messages.count == 1, "\(refused.errors)")
      #expect(refused.errors.hasPrefix("error: job.yaml:19: chunk: needs "), "\(refused.errors)")
      #expect(large.names == ["job.yaml"])
      let huge = try Scratch(job: Self.job + "\nchunk: 9223372036854775807")
      #expect(try Tool.run(["run", "job.yaml"], in: huge).status == 0)
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
