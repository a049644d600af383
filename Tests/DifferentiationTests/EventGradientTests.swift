import Differentiation
import Dynamics
import Foundation
import Programs
import Testing

private let tight = StepControl(relativeTolerance: 1e-12, absoluteTolerance: 1e-12)

/// Derivatives through events whose times and states have closed forms.
@Suite struct EventGradientTests {
  /// A ball from a height: the outputs of its end and of its last impact. (ModelingToolkit.jl#5018 has its gradient fail.)
  static func ball(until: Double, saveAt: [Double] = []) throws -> Program {
    try Program.trace("ball", inputs: ["h", "g", "e"].map { .init($0, ValueType()) }) { p in
      let bounce = Event(
        "bounce", .crossing(.falling) { _, y in y[0] }, .set { t, y in .stack([y[0], -(p[2] * y[1]), t]) })
      let problem = InitialValueProblem(from: 0, until: until, start: .stack([p[0], 0, 0]), events: [bounce]) { _, y in
        .stack([y[1], -p[1], 0])
      }
      let observations = [
        Observation("area", .integral) { _, y in y[0] }, Observation("top", .maximum) { _, y in y[1] },
        Observation("when", .timeOfMaximum) { _, y in y[1] },
        Observation("at", .at, time: 0.9 * until) { _, y in y[0] },
      ]
      let solution = problem.solve(
        .tsit5, .adaptive(tight), saveAt: saveAt, observations: saveAt.isEmpty ? [] : observations)
      let end = solution.final
      var outputs = [("end", end[0] + 2 * end[1] + 3 * end[2]), ("count", solution.eventCounts[0])]
      if let series = solution.series {
        let saved = (series[0] * Staged(saveAt.map { 1 + $0 })).sum()
        outputs.append(("all", (0..<4).reduce(saved) { $0 + Staged(Double($1 + 1)) * solution.observations[$1] }))
      }
      return outputs
    }
  }

  static let points: [[[Double]]] = [
    [[10], [3], [0.5], [25]], [[9.81], [9], [1.6], [10]], [[0.8], [0.7], [0.9], [0.3]],
  ]

  @Test func bouncesHaveTheirKnownGradient() throws {
    let until = 2.5
    let program = try Self.ball(until: until)
    let found = try runBoth(try program.valueWithGradient(of: "end", tapeCapacity: 128), members: 4, Self.points)
    for (found, member) in found.flatMap({ found in (0..<4).map { (found, $0) } }) {
      let (h, g, e) = (Self.points[0][member][0], Self.points[1][member][0], Self.points[2][member][0])
      let k = Int(found["count"]![member][0])
      #expect(k >= 1)
      // Impact k is at √(2h/g)·(1 + 2e + … + 2eᵏ⁻¹); then v = eᵏ√(2hg), the height v·s − g·s²/2 with s from the impact on.
      let sum = (1..<k).reduce(1.0) { $0 + 2 * pow(e, Double($1)) }
      let first = (2 * h / g).squareRoot()
      let impact = first * sum
      let slope = (1..<k).reduce(0.0) { $0 + 2 * Double($1) * pow(e, Double($1 - 1)) }
      let dImpact = [impact / (2 * h), -impact / (2 * g), first * slope]
      let v = pow(e, Double(k)) * (2 * h * g).squareRoot()
      let dv = [v / (2 * h), v / (2 * g), Double(k) * v / e]
      let s = until - impact
      #expect(isNear(found["end"]![member][0], v * s - g * s * s / 2 + 2 * (v - g * s) + 3 * impact, 1e-10))
      for (input, name) in ["h", "g", "e"].enumerated() {
        let dg: Double = input == 1 ? 1 : 0
        let height = dv[input] * s - (v - g * s) * dImpact[input] - dg * s * s / 2
        let speed = dv[input] + g * dImpact[input] - dg * s
        let exact = height + 2 * speed + 3 * dImpact[input]
        let value = found["gradient." + name]![member][0]
        #expect(isNear(value, exact, 1e-9), "member \(member), by \(name): \(value), exactly \(exact)")
      }
    }
  }

  @Test func seriesAndObservationsAgreeWithForwardMode() throws {
    let program = try Self.ball(until: 2, saveAt: [0, 0.5, 1.1, 2])
    try expectAgreement(program, of: "all", Self.points)
  }

  /// The time to fall, √(2h/g), to second order: the correction by the implicit-function theorem can be differentiated again.
  @Test func aTimeOfEventHasItsKnownHessian() throws {
    let program = try Program.trace("fall", inputs: ["h", "g"].map { .init($0, ValueType()) }) { p in
      let landed = Event("landed", .crossing(.falling) { _, y in y[0] * exp(y[1]) }, .stop)
      let problem = InitialValueProblem(from: 0, until: 9, start: .stack([p[0], 0]), events: [landed]) { _, y in
        .stack([y[1], -p[1]])
      }
      return [("time", problem.solve(.tsit5, .adaptive(tight)).time)]
    }
    let (h, g) = (2.0, 3.0)
    let t = (2 * h / g).squareRoot()
    let hessian = [[-t / (4 * h * h), -t / (4 * h * g)], [-t / (4 * h * g), 3 * t / (4 * g * g)]]
    let product = try program.hessianVectorProduct(of: "time", tapeCapacity: 64)
    for direction in 0..<2 {
      let tangents: [[[Double]]] = (0..<2).map { [[$0 == direction ? 1 : 0]] }
      let found = try runBoth(product, members: 1, [[[h]], [[g]]] + tangents)
      for (found, (row, name)) in found.flatMap({ found in ["h", "g"].enumerated().map { (found, $0) } }) {
        let value = found["hessianProduct." + name]![0][0]
        #expect(isNear(value, hessian[row][direction], 1e-9), "\(name): \(value), exactly \(hessian[row][direction])")
      }
    }
  }

  /// u′ = 1 reaches q at t = q, whose derivative is 1 for every q (OrdinaryDiffEq.jl#4388), and one that is never reached
  /// has no influence.
  @Test func aTimeOfEventFollowsItsThreshold() throws {
    let program = try Program.trace("threshold", inputs: [.init("q", ValueType())]) { p in
      let reached = Event("reached", .crossing(.rising) { _, u in u[0] - p[0] }, .stop)
      let problem = InitialValueProblem(from: 0, until: 5, start: Staged([0]), events: [reached]) { _, u in u * 0 + 1 }
      let solution = problem.solve(.dopri5, .adaptive(StepControl()))
      return [("sum", solution.time + solution.final[0] * solution.final[0])]
    }
    let q = [0.1, 0.314, 1.9, 2.7182, 4.4, 6, 100]
    for found in try runBoth(try program.gradient(of: "sum", tapeCapacity: 64), members: 7, [q.map { [$0] }]) {
      for (member, q) in q.enumerated() {
        #expect(isNear(found["gradient.q"]![member][0], q < 5 ? 1 + 2 * q : 0, 1e-11))
      }
    }
  }

  /// Two balls that land together, each with its own dependence: each event keeps the derivative of its own time
  /// (AMICI#2805), be the time also one that is saved (SciMLSensitivity.jl#1447).
  @Test func eventsOfOneTimeKeepTheirOwnDerivatives() throws {
    let program = try Program.trace("pair", inputs: ["h", "k", "d"].map { .init($0, ValueType()) }) { p in
      func bounce(_ name: String, _ i: Int) -> Event {
        Event(
          name, .crossing(.falling) { _, y in y[i] },
          .set { _, y in
            .stack((0..<5).map { $0 == i + 1 ? -0.5 * y[$0] : y[$0] })
          })
      }
      let dose = Event("dose", .times([1]), .set { _, y in .stack((0..<5).map { $0 == 4 ? y[4] + p[2] : y[$0] }) })
      let problem = InitialValueProblem(
        from: 0, until: 1.5, start: .stack([p[0], 0, p[1], 0, 0]), events: [bounce("a", 0), dose, bounce("b", 2)]
      ) { _, y in .stack([y[1], -2, y[3], -2, -y[4]]) }
      let solution = problem.solve(.tsit5, .adaptive(tight), saveAt: [1, 1.5])
      let events = solution.eventCounts.reduce(Staged(0)) { $0 + $1 }
      let end = solution.final
      return [
        ("sum", end[0] + 2 * end[2] + 3 * end[4] + solution.series![0][1] * solution.series![2][1]), ("events", events),
      ]
    }
    // From h = 1 with g = 2: the impact is at 1 = √h, the speed there −2√h, then √h·s − s² with s = 1.5 − √h.
    let (a, da) = (1.0 * 0.5 - 0.25, 0.5 * 0.5 - (1 - 2 * 0.5) * 0.5)
    let x: [[[Double]]] = [[[1]], [[1]], [[4]]]
    let gradient = [da + a * da, 2 * da + a * da, 3 * exp(-0.5)]
    for found in try runBoth(try program.valueWithGradient(of: "sum", tapeCapacity: 128), members: 1, x) {
      #expect(found["events"]! == [[3]])
      #expect(isNear(found["sum"]![0][0], 3 * a + 12 * exp(-0.5) + a * a, 1e-10))
      for (name, exact) in zip(["h", "k", "d"], gradient) {
        let value = found["gradient." + name]![0][0]
        #expect(isNear(value, exact, 1e-9), "by \(name): \(value), exactly \(exact)")
      }
    }
  }

  /// A condition on time and state where the same event changes that state (AMICI#3257), near times that are saved
  /// (AMICI#3274): x₂ grows from t = δ on; x₁ changes its rate, and x₂ is halved, when t = x₂.
  @Test func aSwitchBetweenSavedTimesHasItsKnownGradient() throws {
    let saved = (0...40).map { Double($0) / 10 }
    let names = ["alpha", "beta", "delta", "eta"]
    let program = try Program.trace("switch", inputs: names.map { .init($0, ValueType()) }) { p in
      let grow = Event("grow", .crossing(.rising) { t, _ in t - p[2] }, .set { _, y in .stack([y[0], y[1], y[2], 1]) })
      let change = Event(
        "change", .crossing(.rising) { t, y in t - y[1] }, .set { _, y in .stack([y[0], 0.5 * y[1], 1, y[3]]) })
      let problem = InitialValueProblem(from: 0, until: 4, start: Staged([1, 1.5, 0, 0]), events: [grow, change]) {
        _, y in
        .stack([(p[0] + y[2] * (p[1] - p[0])) * y[0], y[3] * p[3], 0, 0])
      }
      let series = problem.solve(.tsit5, .adaptive(tight), saveAt: saved).series!
      return [("loss", (series[0] * series[0]).sum() + series[1].sum())]
    }
    let point = [0.3, -0.4, 0.72, 0.495]
    /// In closed form: the switch is at t = 1.5 + η(t − δ).
    func loss(_ p: [Double]) -> Double {
      let time = (1.5 - p[3] * p[2]) / (1 - p[3])
      return saved.reduce(0) { sum, t in
        let x = exp(p[0] * min(t, time) + p[1] * max(t - time, 0))
        let y = t <= time ? 1.5 + p[3] * max(t - p[2], 0) : time / 2 + p[3] * (t - time)
        return sum + x * x + y
      }
    }
    let found = try runBoth(
      try program.valueWithGradient(of: "loss", tapeCapacity: 128), members: 1, point.map { [[$0]] })
    for (found, (input, name)) in found.flatMap({ found in names.enumerated().map { (found, $0) } }) {
      #expect(isNear(found["loss"]![0][0], loss(point), 1e-9))
      let values = [1.0, -1, 2, -2].map { factor in
        var moved = point
        moved[input] += factor * 1e-3
        return loss(moved)
      }
      let exact = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-3
      let value = found["gradient." + name]![0][0]
      #expect(isNear(value, exact, 1e-8), "by \(name): \(value), by differences of the closed form \(exact)")
    }
  }

  /// Where the condition passes through zero with slope zero, the time has no derivative; that is not passed over.
  @Test func aGrazingEventHasNoFiniteDerivative() throws {
    let program = try Program.trace("graze", inputs: [.init("q", ValueType())]) { p in
      let reached = Event("reached", .crossing(.rising) { t, _ in power(t - 1, 3) - p[0] }, .stop)
      let problem = InitialValueProblem(from: 0, until: 5, start: Staged([2]), events: [reached]) { _, u in u * 0 + 1 }
      return [("end", problem.solve(.tsit5, .adaptive(StepControl())).final[0])]
    }
    let gradient = try program.valueWithGradient(of: "end", tapeCapacity: 64)
    for found in try runBoth(gradient, members: 2, [[[0], [0.125]]]) {
      #expect(isNear(found["end"]![0][0], 3, 1e-4) && isNear(found["end"]![1][0], 3.5, 1e-12))
      #expect(!found["gradient.q"]![0][0].isFinite)
      #expect(isNear(found["gradient.q"]![1][0], 1 / 0.75, 1e-12))
    }
  }
}

/// What each executor makes of one program.
private func runBoth(_ program: Program, members: Int, _ x: [[[Double]]]) throws -> [[String: [[Double]]]] {
  try Engine.allCases.map { try $0.run(program, members: members, x) }
}
