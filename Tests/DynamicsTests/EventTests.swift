import Dynamics
import Foundation
import Programs
import Testing

/// A ball that is dropped and bounces: every arc is a parabola, so times and heights have closed forms.
enum Ball {
  /// State: height, speed, time of the last impact, impact number 1's time … as a chain that shifts.
  static func problem(height: Staged, gravity: Staged, restitution: Staged, until: Double, chain: Int = 0)
    -> InitialValueProblem
  {
    let bounce = Event("bounce", .crossing(.falling) { _, y in y[0] }, .set { t, y in
      .stack([y[0], -(restitution * y[1])] + (chain == 0 ? [] : [t] + (2..<2 + chain - 1).map { y[$0] }))
    })
    let start = [height, Staged(0)] + Array(repeating: Staged(0), count: chain)
    return InitialValueProblem(from: 0, until: until, start: .stack(start), events: [bounce]) { _, y in
      .stack([y[1], -gravity] + Array(repeating: Staged(0), count: chain))
    }
  }

  /// The time of impact k, from 1: √(2h/g)·(1 + 2e + 2e² + … + 2eᵏ⁻¹).
  static func impact(_ k: Int, _ h: Double, _ g: Double, _ e: Double) -> Double {
    let sum = (1..<max(k, 1)).reduce(1.0) { $0 + 2 * Foundation.pow(e, Double($1)) }
    return (2 * h / g).squareRoot() * sum
  }

  /// Height and speed at a time.
  static func state(_ t: Double, _ h: Double, _ g: Double, _ e: Double) -> (height: Double, speed: Double, bounces: Int) {
    var k = 0
    while impact(k + 1, h, g, e) <= t { k += 1 }
    if k == 0 { return (h - 0.5 * g * t * t, -g * t, 0) }
    let v = Foundation.pow(e, Double(k)) * (2 * h * g).squareRoot()
    let s = t - impact(k, h, g, e)
    return (v * s - 0.5 * g * s * s, v - g * s, k)
  }
}

private let tight = StepControl(relativeTolerance: 1e-12, absoluteTolerance: 1e-12)

extension Program {
  /// Solves a problem with events; outputs also the end's time and the counts.
  static func happening(
    _ parameters: [String] = [], _ method: ButcherTableau = .tsit5, _ stepping: Stepping = .adaptive(tight),
    saveAt: [Double] = [], observations: [Observation] = [], _ problem: ([Staged]) -> InitialValueProblem
  ) throws -> Program {
    try .trace("problem", inputs: parameters.map { .init($0, ValueType()) }) { inputs in
      let problem = problem(inputs)
      let solution = problem.solve(method, stepping, saveAt: saveAt, observations: observations)
      return [
        ("final", solution.final), ("status", solution.status), ("accepted", solution.acceptedSteps),
        ("rejected", solution.rejectedSteps), ("time", solution.time),
      ] + zip(problem.events, solution.eventCounts).map { ("count." + $0.name, $1) }
        + (solution.series.map { [("series", $0)] } ?? [])
        + zip(observations, solution.observations).map { ($0.name, $1) }
    }
  }
}

@Suite struct BouncingBallTests {
  static let heights: [Double] = [10, 3, 0.1, 25, 7.5]
  static let restitutions: [Double] = [0.8, 0.5, 0.9, 0, 1]

  @Test(arguments: Engine.allCases, [Method.tsit5, .vern7, .rk4])
  func impactsAndArcsHaveTheirClosedForm(engine: Engine, method: Method) throws {
    let chain = 5
    let times = (1...30).map { Double($0) * 0.0931 }
    let stepping: Stepping = method.isAdaptive ? .adaptive(tight) : .fixed(step: 0.07)
    let program = try Program.happening(["h", "e"], method.tableau, stepping, saveAt: times) {
      Ball.problem(height: $0[0], gravity: 9.81, restitution: $0[1], until: 3, chain: chain)
    }
    let heights: [Double] = [10, 3, 1, 25, 7.5]
    let restitutions: [Double] = [0.8, 0.7, 0.9, 0.3, 1]
    let result = try engine.run(program, [heights, restitutions])
    for (member, (h, e)) in zip(heights, restitutions).enumerated() {
      #expect(result["status"]![member] == [0])
      let final = result["final"]![member]
      let exact = Ball.state(3, h, 9.81, e)
      #expect(result["count.bounce"]![member] == [Double(exact.bounces)], "\(h) \(e)")
      #expect(abs(final[0] - exact.height) < 1e-10 && abs(final[1] - exact.speed) < 1e-10, "\(h) \(e) \(final) \(exact)")
      for k in 0..<min(chain, exact.bounces) {
        let impact = Ball.impact(exact.bounces - k, h, 9.81, e)
        #expect(abs(final[2 + k] - impact) < 1e-10, "impact \(exact.bounces - k) \(final[2 + k]) \(impact)")
      }
      for (position, time) in times.enumerated() {
        let found = result["series"]![member][position]
        #expect(abs(found - Ball.state(time, h, 9.81, e).height) < 1e-10, "at \(time)")
      }
    }
  }
}
