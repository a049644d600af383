import Compiled
import Differentiation
import Dynamics
import Execution
import Programs

/// What exact gradients of whole solutions cost, on one thread.
enum GradientBenchmarks {
  static func run() throws -> [Finding] { try lorenz() + crossover() + parameters() + ring() }

  /// By the start and all parameters: six inputs a member.
  private static func lorenz(isDifferentiated: Bool = false) throws -> [Finding] {
    let (scratch, lanes) = (try Scratch(), Yardstick.lanes)
    let yardstick = try Yardstick("grad.c", ["W=\(lanes)"], in: scratch)
    let gradient = try GradientModel.lorenz(isDifferentiated: true).valueWithGradient(of: "value", tapeCapacity: 256)
    let kernels = try [GradientModel.lorenz(), gradient].map { try GradientRun($0) }
    let members = 40_000
    var medians = try Measurement.interleaved(
      9,
      kernels.map { kernel in { try kernel.microseconds(members: members) } } + [
        { try yardstick.run(["\(members)", "1", "1e-8"])[1] }
      ])
    let hand = medians.removeLast()
    return [
      Finding("Lorenz, value and gradient by 6 inputs: compiled executor, one thread", medians[1], "µs a member"),
      Finding("Lorenz, value and gradient: hand-written, \(lanes) lanes", hand, "µs a member"),
      Finding("Lorenz, value and gradient: time over \(lanes)-lane yardstick", medians[1] / hand, "×", .atMost, 1.25),
      Finding("Lorenz: value and gradient over the forward run", medians[1] / medians[0], "×", .atMost, 2.5),
    ]
  }

  /// From how many inputs on walking back is cheaper than a tangent for each.
  private static func crossover() throws -> [Finding] {
    let program = try GradientModel.lorenz(isDifferentiated: true)
    let names = program.inputs.map(\.name)
    let reverse = try GradientRun(program.valueWithGradient(of: "value", tapeCapacity: 256))
    let forward = try (1...names.count).map { count in
      let options = DerivativeOptions(of: ["value"], withRespectTo: Array(names.prefix(count)))
      return try GradientRun(program.jacobian(options, mode: .forward))
    }
    let medians = try Measurement.interleaved(
      5, ([reverse] + forward).map { kernel in { try kernel.microseconds(members: 20_000) } })
    let (walk, pushes) = (medians[0], Array(medians.dropFirst()))
    // Between whole numbers of inputs as if the cost grew evenly.
    let count = pushes.firstIndex { $0 > walk } ?? pushes.count
    let before = count == 0 ? 0 : pushes[count - 1]
    let meeting = count == pushes.count ? Double(count) : Double(count) + (walk - before) / (pushes[count] - before)
    return [
      Finding("Lorenz: forward mode by 1 input over reverse mode", pushes[0] / walk, "×"),
      Finding("Lorenz: forward mode by 6 inputs over reverse mode", pushes[names.count - 1] / walk, "×"),
      Finding("Lorenz: inputs at which both modes take as long", meeting, "inputs"),
    ]
  }

  /// One ring of 4,000 oscillators whose stiffnesses come from more and more parameters: the model stays the same, so what
  /// changes is what parameters cost.
  private static func parameters() throws -> [Finding] {
    let counts = [4, 40, 400, 4000]
    let ratios = try ratios(counts.map { (size: 4000, parameters: $0) })
    return zip(counts, ratios).map { count, ratio in
      Finding(
        "ring of 4000 oscillators: value and gradient by \(count) parameters over the forward run (\(Report.number(ratio.forward)) µs)",
        ratio.ratio, "×")
    } + [largestOverSmallest("ring of 4000 oscillators, 4 to 4000 parameters", ratios)]
  }

  /// Rings that grow with their parameters, a stiffness each.
  private static func ring() throws -> [Finding] {
    let counts = [4, 40, 400, 4000]
    let ratios = try ratios(counts.map { (size: $0, parameters: $0) })
    return zip(counts, ratios).map { count, ratio in
      Finding(
        "ring of \(count) oscillators: value and gradient by \(count) stiffnesses over the forward run (\(Report.number(ratio.forward)) µs)",
        ratio.ratio, "×")
    } + [largestOverSmallest("rings of 4 to 4000 oscillators, a stiffness each", ratios)]
  }

  private typealias Ratio = (forward: Double, ratio: Double)

  private static func ratios(_ rings: [(size: Int, parameters: Int)]) throws -> [Ratio] {
    try rings.map { size, parameters in
      func ring(isDifferentiated: Bool) throws -> Program {
        try GradientModel.ring(size, parameters: parameters, isDifferentiated: isDifferentiated)
      }
      let program = try ring(isDifferentiated: false)
      let gradient = try ring(isDifferentiated: true)
        .valueWithGradient(of: "value", withRespectTo: ["stiffness"], tapeCapacity: 64)
      // The members of the smallest chunk that jobs choose: each run of a chunk gets its tape as fresh memory.
      let kernels = try [program, gradient].map { try GradientRun($0, chunk: 64) }
      let members = max(64, 200_000 / size)
      let medians = try Measurement.interleaved(
        5, kernels.map { kernel in { try kernel.microseconds(members: members) } })
      return (forward: medians[0], ratio: medians[1] / medians[0])
    }
  }

  private static func largestOverSmallest(_ what: String, _ ratios: [Ratio]) -> Finding {
    Finding(
      "\(what): largest over smallest of these ratios", ratios.map(\.ratio).max()! / ratios.map(\.ratio).min()!, "×",
      .atMost, 1.2)
  }
}

/// Programs with the scalar output `value`; those that are differentiated with steps as jobs take them for gradients.
enum GradientModel {
  static func lorenz(isDifferentiated: Bool = false) throws -> Program {
    let names = ["x", "y", "z", "sigma", "rho", "beta"]
    return try Program.trace("lorenz", inputs: names.map { .init($0, ValueType()) }) { p in
      let problem = InitialValueProblem(from: 0, until: 1, start: .stack(Array(p[0..<3]))) { _, u in
        .stack([p[3] * (u[1] - u[0]), u[0] * (p[4] - u[2]) - u[1], u[0] * u[1] - p[5] * u[2]])
      }
      var control = StepControl(relativeTolerance: 1e-8, absoluteTolerance: 1e-8)
      control.limitsGrowth = isDifferentiated
      return [("value", problem.solve(.tsit5, .adaptive(control)).final[0])]
    }
  }

  /// A ring of oscillators, each with the stiffness of its parameter.
  static func ring(_ count: Int, parameters: Int, isDifferentiated: Bool) throws -> Program {
    let start = (0..<2 * count).map { $0 < count ? 1 + 0.1 * Double($0 % 7) : 0 }
    return try Program.trace("ring", inputs: [.init("stiffness", ValueType(.real, [parameters]))]) { p in
      let share = count / parameters
      let ones = Staged(Array(repeating: 1, count: share), shape: [1, share])
      let stiffness =
        share == 1 ? p[0] : matrixProduct(p[0].reshaped([parameters, 1]), ones).reshaped([share * parameters])
      let problem = InitialValueProblem(from: 0, until: 1, start: Staged(start)) { _, u in
        let (place, speed) = (u[0..<count], u[count..<2 * count])
        let before = Staged.concatenate([place[count - 1..<count], place[0..<count - 1]])
        let after = Staged.concatenate([place[1..<count], place[0..<1]])
        return .concatenate([speed, 0.5 * (before - 2 * place + after) - stiffness * place])
      }
      var control = StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-6)
      control.limitsGrowth = isDifferentiated
      let end = problem.solve(.tsit5, .adaptive(control)).final
      return [("value", (end * end).sum())]
    }
  }
}

/// A program made ready, with inputs that differ a little from member to member.
final class GradientRun {
  private let prepared: any PreparedProgram
  private let inputs: [Buffer]
  private let outputs: [Buffer]
  private let chunk: Int

  init(_ program: Program, chunk: Int = 1024) throws {
    prepared = try CompiledExecutor().prepare(program, precision: .double)
    inputs = prepared.makeInputs(members: chunk)
    outputs = prepared.makeOutputs(members: chunk)
    self.chunk = chunk
    let centers = ["y": 0, "z": 0, "sigma": 10, "rho": 10, "beta": 8.0 / 3]
    for (input, buffer) in zip(program.inputs, inputs) {
      let center = centers[input.name] ?? 1
      for member in 0..<chunk {
        for component in 0..<input.type.shape.count {
          buffer[component, member] = center + 0.001 * Double((member * 7 + component) % 101)
        }
      }
    }
  }

  func microseconds(members: Int) throws -> Double {
    let rounds = (members + chunk - 1) / chunk
    let seconds = try Measurement.seconds {
      for _ in 0..<rounds { try prepared.run(members: chunk, inputs: inputs, outputs: outputs) }
    }
    return seconds / Double(rounds * chunk) * 1e6
  }
}
