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
    let bounce = Event(
      "bounce", .crossing(.falling) { _, y in y[0] },
      .set { t, y in
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
  static func state(_ t: Double, _ h: Double, _ g: Double, _ e: Double) -> (height: Double, speed: Double, bounces: Int)
  {
    var k = 0
    while impact(k + 1, h, g, e) <= t { k += 1 }
    if k == 0 { return (h - 0.5 * g * t * t, -g * t, 0) }
    let v = Foundation.pow(e, Double(k)) * (2 * h * g).squareRoot()
    let s = t - impact(k, h, g, e)
    return (v * s - 0.5 * g * s * s, v - g * s, k)
  }
}

let tight = StepControl(relativeTolerance: 1e-12, absoluteTolerance: 1e-12)

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
