import Dynamics
import Foundation
import Programs
import Testing

/// Steps that are short enough for derivatives.
@Suite struct GrowthTests {
  private static func control(_ tolerance: Double, _ limits: Bool) -> StepControl {
    var control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance)
    control.limitsGrowth = limits
    return control
  }

  /// Where accuracy limits the steps the limit changes nothing, to the last bit.
  @Test(arguments: [Method.tsit5, .dopri5], [1e-6, 1e-8])
  func accurateStepsStayWhatTheyAre(method: Method, tolerance: Double) throws {
    func run(_ limits: Bool) throws -> [String: [[Double]]] {
      let program = try Program.solving(["rho"], method.tableau, .adaptive(Self.control(tolerance, limits))) { p in
        Problem.lorenz(rho: p[0])
      }
      return try Engine.batched.run(program, [[10, 21, 28]])
    }
    let (with, without) = (try run(true), try run(false))
    #expect(with["final"] == without["final"] && with["accepted"] == without["accepted"])
  }

  /// y' = −λ·y at rest, where the error of the solution is zero: h·λ stays within the region of stability, which reaches 3.3
  /// on the negative axis (Hairer and Wanner, Solving ODEs II, IV.2, for Dormand and Prince's pair).
  @Test(arguments: [Method.tsit5, .dopri5, .vern7]) func atRestStepsStayStable(method: Method) throws {
    let program = try Program.solving(["rate"], method.tableau, .adaptive(Self.control(1e-6, true))) { p in
      InitialValueProblem(from: 0, until: 1000, start: Staged([0, 0])) { _, y in .stack([-(p[0] * y[0]), y[0] - y[1]]) }
    }
    let result = try Engine.batched.run(program, [[1, 100]])
    #expect(result["accepted"]![0][0] > 1000 / 5.0 && result["accepted"]![1][0] > 1000 * 100 / 5.0)
    #expect(result["status"] == [[0], [0]])
  }

  /// What is estimated between two events of one time says nothing of what is after both: an event without effect before one
  /// that makes y return ten thousand times as fast changes no step.
  @Test func eventsOfOneTimeAreOne() throws {
    func steps(_ events: [String]) throws -> Double {
      let program = try Program.solving(["k"], .tsit5, .adaptive(Self.control(1e-6, true))) { p in
        var problem = InitialValueProblem(from: 0, until: 10, start: .stack([1, 0, 2, 0.1])) { _, y in
          .stack([y[1], -100 * y[0], -(y[3] * (y[2] - 2)), 0])
        }
        problem.events = events.map { name in
          Event(
            name, .times([5]),
            .proceed(change: { _, y in name == "idle" ? y : .stack([y[0], y[1], y[2], 1000 * p[0]]) }, next: nil))
        }
        return problem
      }
      return try Engine.batched.run(program, [[1]])["accepted"]![0][0]
    }
    #expect(try steps(["idle", "faster"]) == steps(["faster"]))
  }

  /// An oscillator in units that make its two states of very different size is not taken for a stiff one.
  @Test func unitsDoNotMakeAProblemStiff() throws {
    func steps(_ limits: Bool) throws -> Double {
      let program = try Program.solving(["w"], .tsit5, .adaptive(Self.control(1e-8, limits))) { p in
        InitialValueProblem(from: 0, until: 0.01, start: .stack([1, p[0]])) { _, y in
          .stack([y[1], -(p[0] * p[0] * y[0])])
        }
      }
      return try Engine.batched.run(program, [[2000 * Double.pi]])["accepted"]![0][0]
    }
    #expect(try steps(true) <= 1.1 * steps(false))
  }
}

/// Tolerances that follow the state, and promises of its sign.
@Suite struct ScaleTests {
  /// Decay from 1e-12 in units in which the standard tolerance is a thousand times as large.
  @Test(arguments: Engine.allCases) func aSmallStateIsSolvedAsWellAsALargeOne(engine: Engine) throws {
    var control = StepControl()
    control.followsState = true
    let program = try Program.solving(["start"], .tsit5, .adaptive(control)) { p in
      InitialValueProblem(from: 0, until: 5, start: .stack([p[0], 0])) { _, y in .stack([-y[0], y[0]]) }
    }
    let result = try engine.run(program, [[1e-12, 1]])
    for (member, start) in [1e-12, 1].enumerated() {
      #expect(abs(result["final"]![member][1] / (start * (1 - exp(-5))) - 1) < 1e-5)
    }
  }

  /// y' = −√y-like rates without feedback at zero break the promise; those with it keep it.
  @Test(arguments: Engine.allCases) func aPromiseOfTheSignIsChecked(engine: Engine) throws {
    let program = try Program.trace("sign", inputs: [.init("km", ValueType())]) { p in
      let problem = InitialValueProblem(from: 0, until: 2, start: .stack([1, 0])) { _, y in
        let rate = select(p[0] .> 0, y[0] / (p[0] + y[0]), 1)
        return .stack([-rate, rate])
      }
      var options = SolveOptions()
      options.nonnegative = [0]
      let solution = problem.solve(.tsit5, .adaptive(StepControl()), options: options)
      return [("final", solution.final), ("status", solution.status)]
    }
    let result = try engine.run(program, [[1e-3, 1e-4, 0]])
    for member in 0..<2 {
      #expect(abs(result["final"]![member][0]) < 1e-5 && abs(result["final"]![member][1] - 1) < 1e-5)
    }
    #expect(result["status"] == [[0], [0], [Double(Status.belowZero.rawValue)]])
  }

  /// Far from zero a clock has few digits left; the time since the start has all of them.
  @Test(arguments: Engine.allCases) func aLateClockCostsNoDigits(engine: Engine) throws {
    let program = try Program.solving(["w"], .tsit5, .adaptive(StepControl(relativeTolerance: 1e-9))) { p in
      InitialValueProblem(from: 1e9, until: 1e9 + 0.125, start: Staged([1, 0])) { _, y in
        .stack([p[0] * y[1], -(p[0] * y[0])])
      }
    }
    let result = try engine.run(program, [[2000 * Double.pi]])
    #expect(abs(result["final"]![0][0] - 1) < 1e-6 && abs(result["final"]![0][1]) < 1e-5, "\(result["final"]!)")
  }
}

/// Reductions over a part of the solution.
@Suite struct WindowTests {
  /// x = exp(−k·t) from a to b, and at a time of the member.
  @Test(arguments: Engine.allCases, [Method.tsit5, .rk4]) func edgesAreExact(engine: Engine, method: Method) throws {
    let stepping: Stepping =
      method.isAdaptive
      ? .adaptive(StepControl(relativeTolerance: 1e-9, absoluteTolerance: 1e-12))
      : .fixed(step: 0.3)
    let program = try Program.trace("window", inputs: ["k", "a", "b"].map { .init($0, ValueType()) }) { p in
      func x(_ t: Staged, _ y: Staged) -> Staged { y[0] }
      let solution = InitialValueProblem(from: 0, until: 20, start: Staged([1])) { _, y in -(p[0] * y) }.solve(
        method.tableau, stepping,
        observations: [
          Observation("maximum", .maximum, from: p[1], until: p[2], x),
          Observation("minimum", .minimum, from: p[1], until: nil, x),
          Observation("when", .timeOfMaximum, from: p[1], until: p[2], x),
          Observation("integral", .integral, from: p[1], until: p[2], x),
          Observation("mean", .mean, from: p[1], until: p[2], x), Observation("at", at: p[2], x),
        ])
      let names = ["maximum", "minimum", "when", "integral", "mean", "at"]
      return zip(names, solution.observations).map { ($0, $1) }
    }
    let (k, a, b): ([Double], [Double], [Double]) = ([0.3, 0.2, 0.5], [5, 0, 3.25], [9, 20, 3.5])
    let result = try engine.run(program, [k, a, b])
    for member in 0..<3 {
      let (k, a, b) = (k[member], a[member], b[member])
      let area = (exp(-k * a) - exp(-k * b)) / k
      let exact = [
        ("maximum", exp(-k * a)), ("minimum", exp(-k * 20)), ("when", a), ("integral", area), ("mean", area / (b - a)),
        ("at", exp(-k * b)),
      ]
      for (name, value) in exact {
        let tolerance = method.isAdaptive ? 1e-8 : 2e-4
        #expect(abs(result[name]![member][0] - value) < tolerance * max(1, value), "\(name) of \(member)")
      }
    }
  }
}
