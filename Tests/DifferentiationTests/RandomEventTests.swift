import Differentiation
import Dynamics
import Programs
import Testing

/// Reverse mode against forward mode on random systems with events: oscillators with thresholds, jumps, phases and stops.
@Suite struct RandomEventTests {
  private static func program(seed: Int) throws -> Program {
    var numbers = Numbers(seed)
    let (a, b) = (numbers.array(9), numbers.array(9))
    return try Program.trace("random\(seed)", inputs: ["p", "q", "r"].map { .init($0, ValueType()) }) { p in
      func rates(_ shift: Double) -> (Staged, Staged) -> Staged {
        { t, y in
          .stack([
            y[1] + Staged(0.2 * a[0]) * sin(y[2]), -(2 + p[0]) * y[0] + Staged(a[1] + shift) * cos(t) - 0.1 * y[1],
            Staged(a[2]) * y[0] * y[1] - p[1] * y[2] + Staged(shift),
          ])
        }
      }
      let events = [
        Event(
          "swap", .crossing(.both) { t, y in y[0] - Staged(0.3 * b[0]) * p[2] - 0.05 * t },
          .proceed(
            change: { t, y in
              .stack([y[0] + Staged(0.1 * b[1]), y[1] * (1 + 0.2 * p[2]), y[2] + Staged(b[2]) * t])
            }, next: "second"), during: ["first"]),
        Event("back", .crossing(.falling) { _, y in y[1] + Staged(0.2 * b[3]) }, .next("first"), during: ["second"]),
        Event("dose", .times([0, 0.7, 1.4]), .set { _, y in .stack([y[0], y[1] - p[1], y[2] * p[0] + 1]) }),
        Event("full", .crossing(.rising) { _, y in y[2] - 6 - p[0] }, .stop),
      ]
      let problem = InitialValueProblem(
        from: 0, until: 3, start: .stack([p[0], Staged(b[4]), p[2]]),
        phases: [Phase("first", rates: rates(0)), Phase("second", rates: rates(0.5))], events: events)
      let area = Observation("area", .integral) { t, y in t * y[0] * y[2] }
      let solution = problem.solve(
        .tsit5, .adaptive(StepControl(relativeTolerance: 1e-7, absoluteTolerance: 1e-7)), saveAt: [0.1, 0.7],
        observations: [area])
      let series = solution.series!.reshaped([6]).sum()
      return [
        ("sum", solution.final.sum() + solution.time * solution.observations[0] + series),
        ("events", solution.eventCounts.reduce(Staged(0)) { $0 + $1 }),
      ]
    }
  }

  @Test(arguments: 0..<2) func reverseModeAgreesWithForwardMode(seed: Int) throws {
    let program = try Self.program(seed: seed)
    var numbers = Numbers(seed + 100)
    let x = (0..<3).map { _ in (0..<16).map { _ in [numbers.next()] } }
    let counts = try Engine.compiled.run(program, members: 16, x)["events"]!.map { $0[0] }
    #expect(Set(counts).count > 2, "members have different events: \(counts)")
    try expectAgreement(program, of: "sum", x)
  }
}

/// Reverse mode's gradient of an output against forward mode's, and the executors against each other.
func expectAgreement(_ program: Program, of output: String, _ x: [[[Double]]], tapeCapacity: Int = 128) throws {
  let members = x.map(\.count).max() ?? 1
  let names = program.inputs.map(\.name)
  let forward = try program.jacobianVectorProduct(.init(of: [output]))
  let pushed = try names.indices.map { direction in
    try Engine.compiled.run(forward, members: members, x + names.indices.map { [[$0 == direction ? 1 : 0]] })
  }
  let reverse = try program.gradient(of: output, tapeCapacity: tapeCapacity)
  let found = try Engine.compiled.run(reverse, members: members, x)
  #expect(found[Program.tapeFull]!.allSatisfy { $0 == [0] })
  // Executors round differently, and the control of steps follows what is rounded.
  let few = min(members, 3)
  let other = try Engine.batched.run(reverse, members: few, x.map { $0.count == 1 ? $0 : Array($0.prefix(few)) })
  for (direction, name) in names.enumerated() {
    for member in 0..<members {
      let size = names.indices.map { abs(pushed[$0]["tangent." + output]![member][0]) }.max()!
      let (a, b) = (pushed[direction]["tangent." + output]![member][0], found["gradient." + name]![member][0])
      #expect(
        abs(a - b) <= 1e-11 * max(size, 1), "member \(member): d \(output) / d \(name): forward \(a), reverse \(b)")
      if member < few {
        let c = other["gradient." + name]![member][0]
        #expect(abs(b - c) <= 1e-6 * max(size, 1), "member \(member): by \(name): compiled \(b), batched \(c)")
      }
    }
  }
}
