import Differentiation
import Dynamics
import Programs
import Testing

/// What is not a number must be told by whatever depends on it, and by nothing else, in both modes alike.
@Suite struct NotANumberTests {
  /// The derivatives of all outputs by the one input, in both modes.
  private func derivatives(_ engine: Engine, _ program: Program, _ outputs: [String], _ x: [[Double]]) throws
    -> [(forward: [String: [Double]], reverse: [String: [Double]])]
  {
    let options = DerivativeOptions(of: outputs, tapeCapacity: 128, isStrict: false)
    let found = try [JacobianMode.forward, .reverse].map { mode in
      try engine.run(program.jacobian(options, mode: mode), members: x.count, [x])
    }
    return x.indices.map { member in
      let byMode = found.map { found in
        Dictionary(uniqueKeysWithValues: outputs.map { ($0, found["jacobian.\($0).a"]![member]) })
      }
      return (byMode[0], byMode[1])
    }
  }

  /// The slope of √(x² + (0 z)²) is not a number at the start, where x and z are zero.
  @Test(arguments: Engine.allCases) func statesThatDoNotDependOnAnUndecidedSlopeKeepTheirDerivatives(engine: Engine)
    throws
  {
    let program = try Program.trace("apart", inputs: [.init("a", ValueType())]) { a in
      let problem = InitialValueProblem(from: 0, until: 1, start: .stack([a[0] - 1, 0, 0])) { t, y in
        .stack([a[0], y[0] * y[0], sqrt(y[0] * y[0] + (0 * y[1]) * (0 * y[1]))])
      }
      let solution = problem.solve(
        .tsit5, .adaptive(StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-9)),
        observations: [
          Observation("mean", .mean) { _, y in y[1] }, Observation("then", .at, time: 0.5) { _, y in y[1] },
          Observation("spoiled", .at, time: 0.5) { _, y in y[2] },
        ])
      let (mean, then, spoiled) = (solution.observations[0], solution.observations[1], solution.observations[2])
      return [
        ("z", solution.final[1]), ("u", solution.final[2]), ("mean", mean), ("then", then), ("spoiled", spoiled),
      ]
    }
    // Of ∫ (a − 1 + a t)² dt.
    let expected = ["z": 5.0 / 3, "mean": 1.0 / 2, "then": 1.0 / 3]
    for (forward, reverse) in try derivatives(engine, program, ["z", "u", "mean", "then", "spoiled"], [[1]]) {
      for (output, exact) in expected {
        #expect(isNear(forward[output]![0], exact, 1e-6), "\(output)")
        #expect(isNear(reverse[output]![0], exact, 1e-6), "\(output): \(reverse[output]!)")
      }
      for output in ["u", "spoiled"] {
        #expect(forward[output]![0].isNaN && reverse[output]![0].isNaN, "\(output)")
      }
    }
  }

  /// A zero that was computed decides nothing beside an infinite slope: (√a)² has the derivative 1 at 0, √(a²) has none.
  @Test(arguments: Engine.allCases) func aComputedZeroTimesInfinityIsNotTakenForZero(engine: Engine) throws {
    let program = try Program.trace("undecided", inputs: [.init("a", ValueType())]) { a in
      let pair = sqrt(.stack([a[0], a[0] + 1]))
      return [
        ("square", sqrt(a[0]) * sqrt(a[0])), ("root", sqrt(a[0] * a[0])), ("one", pair[0]), ("other", pair[1]),
        ("both", pair.sum()),
      ]
    }
    for (forward, reverse) in try derivatives(engine, program, ["square", "root", "one", "other", "both"], [[0]]) {
      for found in [forward, reverse] {
        #expect(found["square"]![0].isNaN && found["root"]![0].isNaN)
        #expect(found["one"]! == [.infinity] && found["both"]! == [.infinity] && found["other"]! == [0.5])
      }
    }
  }

  /// A ramp stops when it reaches 1: at 1/a.
  @Test(arguments: Engine.allCases) func whatWasNeverReachedHasNoDerivative(engine: Engine) throws {
    let program = try Program.trace("stopped", inputs: [.init("a", ValueType())]) { a in
      let problem = InitialValueProblem(
        from: 0, until: 4, start: Staged([0, 1]),
        events: [Event("full", .crossing(.rising) { _, y in y[0] - 1 }, .stop)]
      ) { _, y in .stack([a[0], -y[1]]) }
      let solution = problem.solve(
        .tsit5, .adaptive(StepControl(relativeTolerance: 1e-8, absoluteTolerance: 1e-8)), saveAt: [0.5, 3],
        observations: [Observation("at", .at, time: 3) { _, y in y[0] }])
      let series = solution.series!
      return [
        ("at", solution.observations[0]), ("end", solution.time), ("early", series[0][0]), ("late", series[0][1]),
        ("decay", series[1][1]), ("sum", series.sum(axis: 1)), ("saved", series),
      ]
    }
    let outputs = ["at", "end", "early", "late", "decay", "sum", "saved"]
    let found = try derivatives(engine, program, outputs, [[0.5], [0.3], [1.5]])
    for (found, reached) in zip(found, [false, true, false]) {
      for found in [found.forward, found.reverse] {
        for output in ["at", "late", "decay"] { #expect(found[output]![0].isNaN == !reached, "\(output)") }
        #expect(found["sum"]!.allSatisfy { $0.isNaN == !reached })
        #expect(found["end"]![0].isFinite && isNear(found["early"]![0], 0.5, 1e-6))
        #expect(found["saved"]!.map(\.isNaN) == [false, !reached, false, !reached])
      }
    }
  }

  @Test(arguments: Engine.allCases) func aMemberWithoutAValueLeavesTheOthersTheirs(engine: Engine) throws {
    let program = try Program.trace("logarithm", inputs: [.init("a", ValueType())]) { [("y", log($0[0]) + 0 * $0[0])] }
    for (found, isKnown) in zip(try derivatives(engine, program, ["y"], [[2], [-1], [4]]), [true, false, true]) {
      #expect(found.forward["y"]![0].isNaN != isKnown && found.reverse["y"]![0].isNaN != isKnown)
    }
  }
}
