import Differentiation
import Dynamics
import Foundation
import Programs
import Testing

private let tight = StepControl(relativeTolerance: 1e-12, absoluteTolerance: 1e-12)

/// Derivatives through events whose times and states have closed forms, and reverse mode against forward mode.
@Suite struct EventGradientTests {
  /// Height, speed and the time of the last impact after `until`.
  static func ball(until: Double, saveAt: [Double] = []) throws -> Program {
    try Program.trace("ball", inputs: ["h", "g", "e"].map { .init($0, ValueType()) }) { p in
      let bounce = Event(
        "bounce", .crossing(.falling) { _, y in y[0] }, .set { t, y in .stack([y[0], -(p[2] * y[1]), t]) })
      let problem = InitialValueProblem(from: 0, until: until, start: .stack([p[0], 0, 0]), events: [bounce]) { _, y in
        .stack([y[1], -p[1], 0])
      }
      let observations = [
        Observation("a", .integral) { _, y in y[0] }, Observation("b", .maximum) { _, y in y[1] },
        Observation("c", .at, time: 0.9 * until) { _, y in y[0] },
      ]
      let solution = problem.solve(.tsit5, .adaptive(tight), saveAt: saveAt, observations: observations)
      var outputs = [
        ("height", solution.final[0]), ("speed", solution.final[1]), ("impact", solution.final[2]),
        ("count", solution.eventCounts[0]), ("status", solution.status),
      ]
      if let series = solution.series { outputs.append(("saved", series[0].sum())) }
      return outputs + zip(observations, solution.observations).map { ($0.name, $1) }
    }
  }

  static let points: [[[Double]]] = [
    [[10], [3], [0.5], [25], [1]], [[9.81], [9], [1.6], [10], [9.8]], [[0.8], [0.7], [0.9], [0.3], [0.95]],
  ]

  /// Impact k's time and the state at t, and their derivatives by h, g and e, by complex-step-free closed forms.
  static func impact(_ k: Int, _ h: Double, _ g: Double, _ e: Double) -> (value: Double, gradient: [Double]) {
    let sum = (1..<k).reduce(1.0) { $0 + 2 * pow(e, Double($1)) }
    let slope = (1..<k).reduce(0.0) { $0 + 2 * Double($1) * pow(e, Double($1 - 1)) }
    let first = (2 * h / g).squareRoot()
    return (first * sum, [first * sum / (2 * h), -first * sum / (2 * g), first * slope])
  }

  @Test(arguments: Engine.allCases) func impactsHaveTheirKnownGradients(engine: Engine) throws {
    let until = 3.0
    let program = try Self.ball(until: until)
    let values = try engine.run(program, members: 5, Self.points)
    let gradients = try ["impact", "height", "speed"].map {
      try engine.run(try program.gradient(of: $0, tapeCapacity: 256), members: 5, Self.points)
    }
    for member in 0..<5 {
      let (h, g, e) = (Self.points[0][member][0], Self.points[1][member][0], Self.points[2][member][0])
      let k = Int(values["count"]![member][0])
      #expect(k >= 1 && values["status"]![member] == [0])
      let (time, dt) = Self.impact(k, h, g, e)
      #expect(abs(values["impact"]![member][0] - time) < 1e-10)
      // From the last impact: v = eᵏ√(2hg), height = v·s − g·s²/2 with s = until − time.
      let v = pow(e, Double(k)) * (2 * h * g).squareRoot()
      let dv = [v / (2 * h), v / (2 * g), Double(k) * v / e]
      let s = until - time
      for (input, name) in ["h", "g", "e"].enumerated() {
        let isGravity: Double = input == 1 ? 1 : 0
        let speed = dv[input] + g * dt[input] - isGravity * s
        let height = dv[input] * s - (v - g * s) * dt[input] - isGravity * s * s / 2
        for (found, exact) in zip(gradients, [dt[input], height, speed]) {
          let value = found["gradient." + name]![member][0]
          #expect(isNear(value, exact, 1e-9), "member \(member), by \(name): \(value), exactly \(exact)")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func reverseModeAgreesWithForwardMode(engine: Engine) throws {
    let program = try Self.ball(until: 3, saveAt: [0, 0.5, 1.1, 2.3, 3])
    try expectAgreement(program, of: ["height", "saved", "a", "b", "c"], engine, Self.points)
  }
}

/// Reverse mode's gradients of outputs against forward mode's.
func expectAgreement(
  _ program: Program, of outputs: [String], _ engine: Engine, _ x: [[[Double]]], tapeCapacity: Int = 256
) throws {
  let members = x.map(\.count).max() ?? 1
  let names = program.inputs.map(\.name)
  let forward = try program.jacobianVectorProduct(.init(of: outputs))
  let pushed = try names.indices.map { direction in
    try engine.run(forward, members: members, x + names.indices.map { [[$0 == direction ? 1 : 0]] })
  }
  for output in outputs {
    let found = try engine.run(
      try program.gradient(of: output, tapeCapacity: tapeCapacity), members: members, x)
    #expect(found[Program.tapeFull]!.allSatisfy { $0 == [0] })
    for (direction, name) in names.enumerated() {
      for member in 0..<members {
        let size = names.indices.map { abs(pushed[$0]["tangent." + output]![member][0]) }.max()!
        let (a, b) = (pushed[direction]["tangent." + output]![member][0], found["gradient." + name]![member][0])
        #expect(
          abs(a - b) <= 1e-11 * max(size, 1),
          "\(engine), member \(member): d \(output) / d \(name): forward \(a), reverse \(b)")
      }
    }
  }
}
