import Batched
import Compiled
import Dynamics
import Execution
import Foundation
import Programs

/// The executors that tests run over.
enum Engine: String, CaseIterable, Sendable {
  case batched
  case compiled

  private static let folder: String = {
    let path = NSTemporaryDirectory() + "/flowmap-dynamics-\(getpid())"
    atexit { try? FileManager.default.removeItem(atPath: Engine.folder) }
    return path
  }()

  func executor(vectorsPerTile: Int? = nil, refillsLanes: Bool = true, width: VectorWidth? = nil) throws
    -> any Executor
  {
    switch self {
    case .batched: return BatchedExecutor()
    case .compiled:
      var environment = ProcessInfo.processInfo.environment
      environment["FLOWMAP_CACHE"] = Self.folder
      return try CompiledExecutor(
        vectorsPerTile: vectorsPerTile, refillsLanes: refillsLanes, width: width, environment: environment)
    }
  }

  /// Runs a program of scalar member inputs.
  /// - Returns: for each output its members' components, by name.
  func run(_ program: Program, _ inputs: [[Double]] = [], members: Int? = nil, vectorsPerTile: Int? = nil) throws
    -> [String: [[Double]]]
  {
    let prepared = try executor(vectorsPerTile: vectorsPerTile).prepare(program)
    let members = members ?? inputs.first?.count ?? 1
    let buffers = prepared.makeInputs(members: members)
    for (buffer, values) in zip(buffers, inputs) {
      for (member, value) in values.enumerated() { buffer.set([value], member: member) }
    }
    let outputs = prepared.makeOutputs(members: members)
    try prepared.run(members: members, inputs: buffers, outputs: outputs)
    return Dictionary(
      uniqueKeysWithValues: zip(program.outputs, outputs).map { output, buffer in
        (output.name, (0..<(buffer.type.extent == .shared ? 1 : members)).map { buffer.values(member: $0) })
      })
  }
}

extension Program {
  /// A program that solves problems with scalar parameters that differ by member.
  static func solving(
    _ parameters: [String] = [], _ method: ButcherTableau, _ stepping: Stepping, saveAt: [Double] = [],
    observations: [Observation] = [], _ problem: ([Staged]) -> InitialValueProblem
  ) throws -> Program {
    try .trace("problem", inputs: parameters.map { .init($0, ValueType()) }) { inputs in
      let solution = problem(inputs).solve(method, stepping, saveAt: saveAt, observations: observations)
      return [
        ("final", solution.final), ("status", solution.status), ("accepted", solution.acceptedSteps),
        ("rejected", solution.rejectedSteps),
      ] + (solution.series.map { [("series", $0)] } ?? [])
        + zip(observations, solution.observations).map { ($0.name, $1) }
    }
  }
}

/// Problems with closed forms.
enum Problem {
  /// y' = y cos t from 1: y = exp(sin t). Not autonomous, not linear in t.
  static func modulated(until: Double) -> InitialValueProblem {
    InitialValueProblem(from: 0, until: until, start: Staged([1])) { t, y in y * cos(t) }
  }

  /// x'' = −x from (1, 0): x = cos t, x' = −sin t.
  static func oscillator(from: Double = 0, until: Double) -> InitialValueProblem {
    InitialValueProblem(from: from, until: until, start: Staged([Foundation.cos(from), -Foundation.sin(from)])) {
      _, y in
      .stack([y[1], -y[0]])
    }
  }

  static func lorenz(rho: Staged, until: Double = 1) -> InitialValueProblem {
    InitialValueProblem(from: 0, until: until, start: Staged([1, 0, 0])) { _, u in
      let (x, y, z) = (u[0], u[1], u[2])
      return .stack([10 * (y - x), x * (rho - z) - y, x * y - Staged(8.0 / 3) * z])
    }
  }
}
