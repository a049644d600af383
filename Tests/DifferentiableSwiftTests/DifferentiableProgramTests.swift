import Batched
import Compiled
import DifferentiableSwift
import Dynamics
import Execution
import Foundation
import Programs
import Testing

/// A frictionless swing `angle'' = -k sin(angle)` for a quarter of a time unit: from (angle, speed, k) to (angle, speed).
private func swing(_ executor: any Executor, tapeCapacity: Int = 1024) throws -> DifferentiableProgram {
  let program = try Program.trace("swing", inputs: ["angle", "speed", "k"].map { .init($0, ValueType()) }) { inputs in
    let problem = InitialValueProblem(from: 0, until: 0.25, start: .stack([inputs[0], inputs[1]])) { _, u in
      .stack([u[1], -inputs[2] * sin(u[0])])
    }
    let control = StepControl(relativeTolerance: 1e-11, absoluteTolerance: 1e-11)
    let solution = problem.solve(.vern7, .adaptive(control))
    return [("angle", solution.final[0]), ("speed", solution.final[1]), ("status", solution.status)]
  }
  return try DifferentiableProgram(program, on: executor, of: ["angle", "speed"], tapeCapacity: tapeCapacity)
}

/// A kernel cache for this process only.
private enum Cache {
  static let folder = NSTemporaryDirectory() + "/flowmap-tests-\(getpid())"
  static let environment: [String: String] = {
    atexit { try? FileManager.default.removeItem(atPath: Cache.folder) }
    return ProcessInfo.processInfo.environment.merging(["FLOWMAP_CACHE": folder]) { $1 }
  }()
}

private let executors: [any Executor] = [BatchedExecutor(), try! CompiledExecutor(environment: Cache.environment)]

/// Native Swift around programs is differentiated as one.
@Suite struct DifferentiableProgramTests {
  @Test(arguments: executors.indices) func loopsAndBranchesAroundSimulationsHaveExactGradients(index: Int) throws {
    let simulate = try swing(executors[index])
    // Swings on until it has turned back; how many simulations that takes depends on the numbers.
    @differentiable(reverse)
    func energyWhenItTurns(_ speed: Double, _ k: Double) -> Double {
      var state = [0.1, speed]
      var kicks = 0
      while kicks < 12 {
        state = simulate([state[0], state[1], k])
        kicks += 1
        if state[1] < 0 { break }
        // Air resistance, a kick at a time.
        state = [state[0], 0.9 * state[1]]
      }
      return 0.5 * state[1] * state[1] + k * state[0] * state[0]
    }
    let (value, gradient) = valueWithGradient(at: 1.3, 2.0, of: energyWhenItTurns)
    #expect(value == energyWhenItTurns(1.3, 2.0))
    let h = 1e-5
    let bySpeed = (energyWhenItTurns(1.3 + h, 2) - energyWhenItTurns(1.3 - h, 2)) / (2 * h)
    let byStiffness = (energyWhenItTurns(1.3, 2 + h) - energyWhenItTurns(1.3, 2 - h)) / (2 * h)
    // Central differences: h² of truncation, and 1e-11 of the solver over h.
    #expect(abs(gradient.0 - bySpeed) < 1e-6 * abs(bySpeed), "\(gradient.0), \(bySpeed)")
    #expect(abs(gradient.1 - byStiffness) < 1e-6 * abs(byStiffness), "\(gradient.1), \(byStiffness)")
  }

  @Test func membersHaveGradientsOfTheirOwn() throws {
    let simulate = try swing(executors[1])
    let rows = (0..<21).map { [0.1 * Double($0), 0.3, 1.5] }
    let (values, pullback) = valueWithPullback(at: rows) { simulate.members($0) }
    let seeds = rows.indices.map { [1, 0.5 * Double($0)] }
    let cotangents = pullback(.init(seeds.map { .init($0) }))
    for (member, row) in rows.enumerated() {
      let (value, alone) = valueWithPullback(at: row) { simulate($0) }
      #expect(value == values[member])
      #expect(alone(.init(seeds[member])).base == cotangents.base[member].base)
    }
    #expect(pullback(.zero).base.map(\.base) == rows.map { _ in [0, 0, 0] })
  }

  @Test func aShortTapeIsReplacedByALongerOne() throws {
    let (short, long) = (try swing(executors[1], tapeCapacity: 1), try swing(executors[1]))
    let start = [1.0, 2.0, 3.0]
    func end(_ f: DifferentiableProgram) -> [Double] { gradient(at: start) { f($0)[0] * f($0)[1] }.base }
    #expect(end(short) == end(long))
    #expect(end(long).allSatisfy { $0.isFinite && $0 != 0 })
  }

  @Test func outputsWithoutADerivativeAreRefused() {
    let program = try! Program.trace("steps", inputs: [.init("x", ValueType())]) { [("whole", floor($0[0]))] }
    #expect(throws: (any Error).self) { try DifferentiableProgram(program, on: BatchedExecutor(), of: ["nothing"]) }
  }
}
