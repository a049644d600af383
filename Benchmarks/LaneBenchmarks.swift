import Compiled
import Dynamics
import Execution
import Programs

/// Members whose numbers of steps differ tenfold, in no order: lanes that take another member when theirs has ended,
/// against tiles that wait for their slowest.
enum LaneBenchmarks {
  private static let members = 16_384

  static func run() throws -> [Finding] {
    let program = try oscillator()
    let (refilled, waiting) = (
      try LaneRun(program, CompiledExecutor(), members: members),
      try LaneRun(program, CompiledExecutor(refillsLanes: false), members: members)
    )
    let medians = try Measurement.interleaved(7, [refilled.microseconds, waiting.microseconds])
    let steps = refilled.steps
    return [
      Finding("uneven members: most steps over fewest", steps.max()! / steps.min()!, "×"),
      Finding("uneven members: lanes at work, refilled", 100 * refilled.efficiency, "%", .atLeast, 80),
      Finding("uneven members: lanes at work, waiting for the slowest", 100 * waiting.efficiency, "%"),
      Finding("uneven members: refilled", medians[0], "µs a member"),
      Finding("uneven members: faster by refilling", medians[1] / medians[0], "×"),
    ]
  }

  /// A nonlinear oscillator whose frequency is the parameter.
  private static func oscillator() throws -> Program {
    try Program.trace("oscillator", inputs: [.init("frequency", ValueType())]) { inputs in
      let square = inputs[0] * inputs[0]
      let problem = InitialValueProblem(from: 0, until: 10, start: Staged([1, 0])) { _, u in
        .stack([u[1], -square * u[0] * (1 + 0.1 * u[0] * u[0])])
      }
      let control = StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-6)
      let solution = problem.solve(.tsit5, .adaptive(control))
      return [
        ("final", solution.final), ("accepted", solution.acceptedSteps), ("rejected", solution.rejectedSteps),
      ]
    }
  }
}

/// A prepared program with all members of a run in one chunk.
private final class LaneRun {
  private let prepared: any PreparedProgram
  private let (inputs, outputs): ([Buffer], [Buffer])
  private let members: Int

  init(_ program: Program, _ executor: any Executor, members: Int) throws {
    prepared = try executor.prepare(program)
    (inputs, outputs) = (prepared.makeInputs(members: members), prepared.makeOutputs(members: members))
    self.members = members
    // Frequencies from 1 to 11, scattered by a multiplier that shares no factor with the number of members.
    for member in 0..<members { inputs[0][0, member] = 1 + 10 * Double(member * 7919 % members) / Double(members) }
  }

  func microseconds() throws -> Double {
    try Measurement.seconds { try prepared.run(members: members, inputs: inputs, outputs: outputs) } / Double(members)
      * 1e6
  }

  var steps: [Double] { (0..<members).map { outputs[1][0, $0] + outputs[2][0, $0] } }

  /// The steps of one more run over the turns of all lanes in it.
  var efficiency: Double {
    let before = prepared.laneSteps ?? 0
    guard (try? prepared.run(members: members, inputs: inputs, outputs: outputs)) != nil else { return .nan }
    return steps.reduce(0, +) / Double((prepared.laneSteps ?? 0) - before)
  }
}
