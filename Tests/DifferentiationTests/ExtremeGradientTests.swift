import Differentiation
import Dynamics
import Foundation
import Programs
import Testing

/// Extremes of x = a cos ωt, v = −aω sin ωt with ω² = k, round ones, kinks and plateaus, and their derivatives.
@Suite struct ExtremeGradientTests {
  private static let parameters = ["a", "k"]
  private static let points: [[[Double]]] = [[[1], [1.3], [0.8]], [[0.9], [1.3], [1.2]]]

  private static var observations: [Observation] {
    [
      Observation("top", .maximum, from: 3, until: nil) { t, y in y[0] * exp(-0.1 * t) },
      Observation("whenTop", .timeOfMaximum, from: 3, until: nil) { t, y in y[0] * exp(-0.1 * t) },
      Observation("bottom", .minimum) { _, y in y[0] },
      Observation("whenBottom", .timeOfMinimum) { _, y in y[0] },
      // A plateau: its beginning is where v reaches 0.5.
      Observation("capped", .maximum) { _, y in min(y[1], 0.5) },
      Observation("whenCapped", .timeOfMaximum) { _, y in min(y[1], 0.5) },
      // A kink, where x = 0.1.
      Observation("kink", .maximum) { _, y in min(y[0] + 0.9, 1.1 - y[0]) },
      Observation("whenKink", .timeOfMaximum) { _, y in min(y[0] + 0.9, 1.1 - y[0]) },
      Observation("touch", .minimum) { _, y in abs(y[0] - 0.1) },
    ]
  }

  private struct Expected {
    var value: Double
    /// By a and by k.
    var gradient: [Double]
  }

  private static func expected(_ a: Double, _ k: Double) -> [String: Expected] {
    let w = k.squareRoot()
    // tan ωt = −0.1/ω, the second time; t = u/ω with u = 2π − atan(0.1/ω).
    let u = 2 * Double.pi - atan(0.1 / w)
    let time = u / w
    let byW = (0.1 / (w * w + 0.01) - time) / w
    let top = a * cos(u) * exp(-0.1 * time)
    // The value at a fixed time, by ω.
    let topByW = -a * time * sin(u) * exp(-0.1 * time)
    let capped = (Double.pi + asin(0.5 / (a * w))) / w
    let slope = -a * w * w * cos(w * capped)
    let kink = acos(0.1 / a) / w
    let x = -a * w * sin(w * kink)
    return [
      "top": Expected(value: top, gradient: [top / a, topByW / (2 * w)]),
      "whenTop": Expected(value: time, gradient: [0, byW / (2 * w)]),
      "bottom": Expected(value: -a, gradient: [-1, 0]),
      "whenBottom": Expected(value: .pi / w, gradient: [0, -.pi / (2 * w * w * w)]),
      "capped": Expected(value: 0.5, gradient: [0, 0]),
      "whenCapped": Expected(
        value: capped,
        gradient: [
          w * sin(w * capped) / slope,
          (a * sin(w * capped) + a * w * capped * cos(w * capped)) / (2 * w * slope),
        ]),
      "kink": Expected(value: 1, gradient: [0, 0]),
      "whenKink": Expected(
        value: kink, gradient: [-cos(w * kink) / x, a * kink * sin(w * kink) / (2 * w * x)]),
      "touch": Expected(value: 0, gradient: [0, 0]),
    ]
  }

  private static func program(_ method: ButcherTableau) throws -> Program {
    try Program.trace("swing", inputs: parameters.map { .init($0, ValueType()) }) { p in
      let problem = InitialValueProblem(from: 0, until: 7.3, start: .stack([p[0], 0])) { _, y in
        .stack([y[1], -p[1] * y[0]])
      }
      let solution = problem.solve(
        method, .adaptive(StepControl(relativeTolerance: 1e-11, absoluteTolerance: 1e-11)), observations: observations)
      return zip(observations, solution.observations).map { ($0.name, $1) } + [("status", solution.status)]
    }
  }

  @Test(arguments: [Method.tsit5, .vern7]) func extremesHaveTheirKnownDerivatives(method: Method) throws {
    let options = DerivativeOptions(of: Self.observations.map(\.name), tapeCapacity: 512)
    for mode in [JacobianMode.forward, .reverse] {
      let program = try Self.program(method.tableau).jacobian(options, mode: mode)
      for engine in Engine.allCases {
        let found = try engine.run(program, members: 3, Self.points)
        for member in 0..<3 {
          let expected = Self.expected(Self.points[0][member][0], Self.points[1][member][0])
          for (name, expected) in expected {
            let value = try #require(found[name])[member][0]
            #expect(isNear(value, expected.value, 1e-9), "\(name) is \(value), exactly \(expected.value)")
            for (parameter, exact) in zip(Self.parameters, expected.gradient) {
              let value = try #require(found["jacobian.\(name).\(parameter)"])[member][0]
              #expect(
                isNear(value, exact, 1e-6), "\(mode), d \(name)/d \(parameter): \(value), exactly \(exact)")
            }
          }
        }
      }
    }
  }

  /// Steps end at kinks of what is summed: a quadrature over them would lose most digits.
  @Test func integralsOfKinksAreAsAccurateAsTheSolution() throws {
    let observations = [
      Observation("area", .integral) { _, y in abs(y[0]) },
      Observation("above", .integral) { _, y in max(y[0] - 0.25, 0) },
      Observation("below", .mean) { _, y in min(y[0], y[1]) },
    ]
    let control = StepControl(relativeTolerance: 1e-9, absoluteTolerance: 1e-9)
    let program = try Program.trace("kinks", inputs: [.init("a", ValueType())]) { p in
      let problem = InitialValueProblem(from: 0, until: 6, start: .stack([p[0], 0])) { _, y in .stack([y[1], -y[0]]) }
      let solution = problem.solve(.tsit5, .adaptive(control), observations: observations)
      return zip(observations, solution.observations).map { ($0.name, $1) }
    }
    let options = DerivativeOptions(of: observations.map(\.name), tapeCapacity: 512)
    // x = cos t, v = −sin t; cos t = 0.25 at t = q and 2π − q; cos t = −sin t at 3π/4 and 7π/4.
    let q = acos(0.25)
    let expected = [
      "area": 4 + sin(6), "above": sin(q) - 0.25 * q + (sin(6) + sin(q)) - 0.25 * (6 - 2 * .pi + q),
      "below": ((cos(3 * .pi / 4) - 1) + (sin(7 * .pi / 4) - sin(3 * .pi / 4)) + (cos(6) - cos(7 * .pi / 4))) / 6,
    ]
    let byStart = ["area": expected["area"]!, "above": sin(q) + sin(6) + sin(q), "below": expected["below"]!]
    let jacobian = try program.jacobian(options, mode: .reverse)
    for engine in Engine.allCases {
      let found = try engine.run(jacobian, members: 1, [[[1]]])
      for (name, exact) in expected {
        let (value, slope) = (try #require(found[name])[0][0], try #require(found["jacobian.\(name).a"])[0][0])
        #expect(isNear(value, exact, 1e-8), "\(name) is \(value), exactly \(exact)")
        #expect(isNear(slope, byStart[name]!, 1e-7), "d \(name)/d a is \(slope), exactly \(byStart[name]!)")
      }
    }
  }
}
