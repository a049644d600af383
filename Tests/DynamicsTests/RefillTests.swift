import Compiled
import Dynamics
import Execution
import Foundation
import Programs
import Testing

/// Lanes that take another member when theirs has ended.
@Suite struct RefillTests {
  /// Oscillators whose numbers of steps differ tenfold, in no order; some fail at the start, some on the way.
  private static func frequencies(_ members: Int) -> [Double] {
    (0..<members).map { member in
      switch member % 29 {
      case 13: .nan
      case 17: 1e200
      default: 1 + 10 * Double(member * 37 % 101) / 101
      }
    }
  }

  private func program(saves: Int) throws -> Program {
    let control = StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-6, maximumSteps: 400)
    let highest = Observation("highest", .maximum, time: nil) { _, state in state[1] }
    let times = (0..<saves).map { 10 * Double($0) / Double(max(1, saves - 1)) }
    return try .solving(["frequency"], .tsit5, .adaptive(control), saveAt: times, observations: [highest]) { inputs in
      InitialValueProblem(from: 0, until: 10, start: .stack([1, 0])) { _, state in
        .stack([state[1], -inputs[0] * inputs[0] * state[0] * (1 + 0.1 * state[0] * state[0])])
      }
    }
  }

  /// - Returns: the bits of all outputs of every member, all NaN taken for one, and the turns of all lanes.
  private func run(
    _ program: Program, _ executor: any Executor, _ frequencies: [Double], _ precision: Precision, _ order: Buffer.Order
  ) throws -> (bits: [[UInt64]], steps: Double, turns: Int?) {
    let orders = program.outputs.map { $0.name == "series" ? order : .componentMajor }
    let prepared = try executor.prepare(program, precision: precision, outputOrders: orders)
    let (inputs, outputs) = (
      prepared.makeInputs(members: frequencies.count), prepared.makeOutputs(members: frequencies.count)
    )
    for (member, frequency) in frequencies.enumerated() { inputs[0].set([frequency], member: member) }
    try prepared.run(members: frequencies.count, inputs: inputs, outputs: outputs)
    let bits = frequencies.indices.map { member in
      outputs.flatMap { $0.values(member: member).map { $0.isNaN ? UInt64.max : $0.bitPattern } }
    }
    let steps = frequencies.indices.reduce(0.0) { sum, member in
      sum + outputs[2][0, member] + outputs[3][0, member]
    }
    return (bits, steps, prepared.laneSteps)
  }

  /// The processor's own vectors, and narrower ones.
  static let kernels: [(VectorWidth?, Precision, vectorsPerTile: Int)] =
    [(nil, .double, 1), (nil, .double, 2), (nil, .single, 2)]
    + zip(VectorWidth.available.dropLast(), [2, 1]).map { ($0, .double, $1) }

  @Test(arguments: kernels)
  func refillingChangesNoMembersBits(width: VectorWidth?, precision: Precision, vectorsPerTile: Int) throws {
    for (saves, order) in [(0, Buffer.Order.componentMajor), (37, .memberMajor)] {
      let program = try program(saves: saves)
      for members in [1, 5, 300] {
        let frequencies = Self.frequencies(members)
        let found = try [true, false].map {
          try run(
            program, Engine.compiled.executor(vectorsPerTile: vectorsPerTile, refillsLanes: $0, width: width),
            frequencies, precision, order)
        }
        #expect(found[0].bits == found[1].bits, "\(members) members, \(saves) saves, \(order)")
        // The order of members is that of the inputs, wherever they were computed.
        let single = try run(
          program, Engine.compiled.executor(vectorsPerTile: vectorsPerTile, width: width), [frequencies[members / 2]],
          precision, order)
        #expect(found[0].bits[members / 2] == single.bits[0])
      }
    }
  }

  @Test func lanesOfUnevenMembersAreAtWork() throws {
    let frequencies = Self.frequencies(1024).map { $0.isNaN || $0 > 100 ? 1 : $0 }
    let program = try program(saves: 20)
    let (refilled, waiting) = try (
      run(program, Engine.compiled.executor(), frequencies, .double, .memberMajor),
      run(program, Engine.compiled.executor(refillsLanes: false), frequencies, .double, .memberMajor)
    )
    let efficiencies = try [refilled, waiting].map { $0.steps / Double(try #require($0.turns)) }
    #expect(efficiencies[0] > 0.9 && efficiencies[0] <= 1)
    // Without refilling the slowest of a tile sets the time: this is what refilling is for.
    #expect(efficiencies[1] < 0.75)
  }
}
