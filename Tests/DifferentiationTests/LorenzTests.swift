import Differentiation
import Dynamics
import Programs
import RealModule
import Testing

/// Lorenz' model from a start and parameters that differ by member.
func lorenz(
  method: Method = .tsit5, tolerance: Double = 1e-8, until: Double = 1, saveAt: [Double] = [],
  observations: [Observation] = [],
  maximumSteps: Int = 100_000, stepping: Stepping? = nil
) throws -> Program {
  let names = ["x0", "y0", "z0", "sigma", "rho", "beta"]
  return try Program.trace("lorenz", inputs: names.map { .init($0, ValueType()) }) { p in
    let problem = InitialValueProblem(from: 0, until: until, start: .stack(Array(p[0..<3]))) { _, u in
      .stack([p[3] * (u[1] - u[0]), u[0] * (p[4] - u[2]) - u[1], u[0] * u[1] - p[5] * u[2]])
    }
    let control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance, maximumSteps: maximumSteps)
    let solution = problem.solve(
      method.tableau, stepping ?? .adaptive(control), saveAt: saveAt, observations: observations)
    var outputs = [("x", solution.final[0]), ("status", solution.status), ("steps", solution.acceptedSteps)]
    if let series = solution.series {
      let weights = Staged((0..<series.shape.count).map { 1 + Double($0 % 5) }, shape: series.shape)
      outputs.append(("saved", (series * weights).reshaped([series.shape.count]).sum()))
    }
    return outputs + solution.observations.enumerated().map { ("observed\($0.offset)", $0.element) }
  }
}

/// Gradients of a chaotic model's solution by its start and parameters.
@Suite struct LorenzTests {
  static let names = ["x0", "y0", "z0", "sigma", "rho", "beta"]

  static func inputs(_ members: Int, order: [Int]? = nil) -> [[[Double]]] {
    let rows = (0..<members).map { member in
      let fraction = Double(order?[member] ?? member) / Double(members)
      return [1 + fraction, 0.5 * fraction, 0.1, 10 - fraction, 1 + 27 * fraction, 8.0 / 3]
    }
    return (0..<6).map { input in rows.map { [$0[input]] } }
  }

  /// Every output's gradient by all six inputs, from reverse mode and from forward mode.
  static func expectAgreement(_ program: Program, of outputs: [String], _ engine: Engine, members: Int = 19) throws {
    let x = inputs(members)
    let forward = try program.jacobianVectorProduct(.init(of: outputs))
    let pushed = try (0..<6).map { direction in
      try engine.run(forward, members: members, x + (0..<6).map { [[$0 == direction ? 1 : 0]] })
    }
    for output in outputs {
      let found = try engine.run(try program.gradient(of: output), members: members, x)
      #expect(found[Program.tapeFull]!.allSatisfy { $0 == [0] })
      for (direction, name) in names.enumerated() {
        let exact = pushed[direction]["tangent." + output]!
        // Relative to the whole gradient: its parts cancel. Modes round in other places on each of some fifty steps.
        for member in 0..<members {
          let size = (0..<6).map { abs(pushed[$0]["tangent." + output]![member][0]) }.max()!
          let (a, b) = (exact[member][0], found["gradient." + name]![member][0])
          #expect(abs(a - b) <= 4e-12 * max(size, 1), "\(engine): d \(output) / d \(name): forward \(a), reverse \(b)")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func gradientOfTheEndAgreesWithForwardMode(engine: Engine) throws {
    try Self.expectAgreement(try lorenz(), of: ["x"], engine)
    try Self.expectAgreement(try lorenz(stepping: .fixed(step: 0.01)), of: ["x"], engine)
  }

  @Test(arguments: Engine.allCases) func gradientsOfSeriesAndObservationsAgreeWithForwardMode(engine: Engine) throws {
    let observations = [
      Observation("a", .integral) { _, u in u[0] * u[2] }, Observation("b", .at, time: 0.43) { _, u in sin(u[1]) },
      Observation("c", .maximum) { _, u in u[0] + 0.1 * u[1] }, Observation("d", .timeOfMaximum) { _, u in u[0] },
      Observation("e", .mean) { time, u in time * u[0] },
    ]
    let program = try lorenz(tolerance: 1e-7, saveAt: [0, 0.1, 0.11, 0.5, 1], observations: observations)
    try Self.expectAgreement(program, of: ["saved"] + (0..<5).map { "observed\($0)" }, engine, members: 9)
  }

  @Test(arguments: Method.allCases) func gradientsThroughEveryMethodAgreeWithForwardMode(method: Method) throws {
    let stepping = method.isAdaptive ? nil : Stepping.fixed(step: 1.0 / 128)
    try Self.expectAgreement(try lorenz(method: method, stepping: stepping), of: ["x"], .compiled, members: 9)
  }

  /// The derivative of accepted steps is the true sensitivity up to the solver's tolerance.
  @Test(arguments: Method.allCases.filter(\.isAdaptive)) func theErrorOfGradientsFallsWithTheTolerance(method: Method)
    throws
  {
    func gradient(_ method: Method, _ tolerance: Double) throws -> [Double] {
      let program = try lorenz(method: method, tolerance: tolerance).gradient(of: "x")
      let found = try Engine.compiled.run(program, members: 5, Self.inputs(5))
      return Self.names.flatMap { found["gradient." + $0]!.joined() }
    }
    let exact = try gradient(.vern7, 1e-13)
    let size = exact.map(abs).max()!
    let errors = try [1e-4, 1e-6, 1e-8, 1e-10].map { tolerance in
      zip(try gradient(method, tolerance), exact).map { abs($0 - $1) }.max()! / size
    }
    for (error, tolerance) in zip(errors, [1e-4, 1e-6, 1e-8, 1e-10]) {
      #expect(error < 30 * tolerance, "\(method) at \(tolerance): \(error)")
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $1 < $0 / 10 }, "\(method): \(errors)")
  }

  @Test func gradientAgreesWithDifferences() throws {
    let program = try lorenz(tolerance: 1e-12)
    let found = try Engine.compiled.run(try program.gradient(of: "x"), members: 19, Self.inputs(19))
    for (direction, name) in Self.names.enumerated() {
      let h = 1e-4
      let near = try [1.0, -1, 2, -2].map { factor in
        var moved = Self.inputs(19)
        for member in 0..<19 { moved[direction][member][0] += factor * h }
        return try Engine.compiled.run(program, members: 19, moved)["x"]!
      }
      for member in 0..<19 {
        let values = near.map { $0[member][0] }
        let difference = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)
        let exact = found["gradient." + name]![member][0]
        #expect(isNear(exact, difference, 1e-6), "d x / d \(name): \(exact), difference \(difference)")
      }
    }
  }

  @Test func gradientsDoNotDependOnLaneMates() throws {
    let program = try lorenz().valueWithGradient(of: "x")
    let reference = try Engine.compiled.run(program, members: 37, Self.inputs(37), vectorsPerTile: 1)
    let order = (0..<37).map { ($0 * 10 + 3) % 37 }
    for vectors in [1, 2, 4] {
      let found = try Engine.compiled.run(program, members: 37, Self.inputs(37, order: order), vectorsPerTile: vectors)
      for (name, values) in found {
        for member in 0..<37 {
          #expect(values[member] == reference[name]![order[member]], "\(name), \(vectors) vectors")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func aFullTapeIsFlaggedForItsMembersOnly(engine: Engine) throws {
    let x = Self.inputs(24)
    let free = try engine.run(try lorenz().valueWithGradient(of: "x"), members: 24, x)
    let turns = free["steps"]!.map { $0[0] }.sorted()
    let tight = try engine.run(
      try lorenz().valueWithGradient(of: "x", tapeCapacity: Int(turns[12])), members: 24, x)
    let flags = tight[Program.tapeFull]!.map { $0[0] }
    #expect(flags.contains(1) && flags.contains(0))
    #expect(tight["x"] == free["x"])
    for member in 0..<24 {
      let gradient = tight["gradient.rho"]![member]
      #expect(flags[member] == 1 ? gradient[0].isNaN : gradient == free["gradient.rho"]![member])
    }
  }

  @Test func gradientsOfFailedMembersAreNotNumbers() throws {
    let program = try lorenz(maximumSteps: 20).valueWithGradient(of: "x")
    let found = try Engine.compiled.run(program, members: 8, Self.inputs(8))
    for member in 0..<8 {
      let failed = found["status"]![member][0] != 0
      #expect(found["x"]![member][0].isNaN == failed && found["gradient.rho"]![member][0].isNaN == failed)
    }
    #expect(found["status"]!.contains { $0[0] != 0 })
  }
}

/// Solutions whose derivatives are known.
@Suite struct ClosedFormTests {
  @Test(arguments: Engine.allCases) func decayHasItsKnownGradient(engine: Engine) throws {
    let program = try Program.trace("decay", inputs: [.init("y0", ValueType()), .init("k", ValueType())]) { p in
      let problem = InitialValueProblem(from: 0, until: 2, start: p[0].reshaped([1])) { _, y in -(p[1] * y) }
      let control = StepControl(relativeTolerance: 1e-11, absoluteTolerance: 1e-13)
      let integral = Observation("integral", .integral) { _, y in y[0] }
      let solution = problem.solve(.tsit5, .adaptive(control), saveAt: [0.5, 1], observations: [integral])
      return [("end", solution.final[0]), ("saved", solution.series![0][1]), ("integral", solution.observations[0])]
    }
    let rates = (0..<5).map { 0.5 + Double($0) }
    let x = [[[3.0]], rates.map { [$0] }]
    let end = try engine.run(try program.gradient(of: "end"), members: 5, x)
    let saved = try engine.run(try program.gradient(of: "saved"), members: 5, x)
    let integral = try engine.run(try program.gradient(of: "integral"), members: 5, x)
    for (member, k) in rates.enumerated() {
      #expect(isNear(end["gradient.y0"]![member][0], exponential(-2 * k), 1e-9))
      #expect(isNear(end["gradient.k"]![member][0], -6 * exponential(-2 * k), 1e-9))
      #expect(isNear(saved["gradient.k"]![member][0], -3 * exponential(-k), 1e-7))
      let slope = 3 * (2 * k * exponential(-2 * k) - (1 - exponential(-2 * k))) / (k * k)
      #expect(isNear(integral["gradient.k"]![member][0], slope, 1e-8))
    }
  }

  /// A scan over segments, each a loop: what is kept is a row a segment and one segment's tape.
  @Test func aMillionStepsDifferentiateInSegments() throws {
    let program = try Program.trace("long", inputs: [.init("y", ValueType()), .init("k", ValueType())]) { p in
      let result = scan("segments", length: 1000, [p[0]]) { carry, _ in
        let end = whileLoop("steps", [carry[0], 0]) {
          $0[1] .< 1000
        } body: {
          [$0[0] * (1 - 1e-6 * p[1]), $0[1] + 1]
        }
        return ([end[0]], [])
      }
      return [("end", result.carry[0])]
    }
    let found = try Engine.compiled.run(
      try program.gradient(of: "end", tapeCapacity: 1000), members: 3, [[[2]], [[1], [2], [3]]])
    for (member, k) in [1.0, 2, 3].enumerated() {
      #expect(isNear(found["gradient.k"]![member][0], -2 * exponential(-k), 1e-5))
      #expect(found[Program.tapeFull]![member] == [0])
    }
  }
}

private func exponential(_ x: Double) -> Double { Double.exp(x) }
