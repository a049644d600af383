import Compiled
import Execution
import Foundation
import Programs

/// A program made ready, with buffers for one chunk: what one thread of the tool has.
final class KernelRun {
  let prepared: any PreparedProgram
  private let inputs: [Buffer]
  private let outputs: [Buffer]
  private let chunk: Int

  init(_ program: Program, _ executor: any Executor, chunk: Int = 1024) throws {
    let orders = program.outputs.map { $0.name == "series" ? Buffer.Order.memberMajor : .componentMajor }
    prepared = try executor.prepare(program, precision: .double, outputOrders: orders)
    inputs = prepared.makeInputs(members: chunk)
    outputs = prepared.makeOutputs(members: chunk)
    self.chunk = chunk
  }

  /// Microseconds a member, with the parameter spread over 0 ..< 21.
  func microseconds(members: Int) throws -> Double {
    try Measurement.seconds { try run(members: members) { _ in } } / Double(members) * 1e6
  }

  /// The mean of an output's first component.
  func mean(output: Int, members: Int) throws -> Double {
    var sum = 0.0
    try run(members: members) { count in
      for member in 0..<count { sum += self.outputs[output][0, member] }
    }
    return sum / Double(members)
  }

  private func run(members: Int, _ afterChunk: (Int) -> Void) throws {
    let parameter = inputs[0].address.assumingMemoryBound(to: Double.self)
    for start in stride(from: 0, to: members, by: chunk) {
      let count = min(chunk, members - start)
      for member in 0..<count { parameter[member] = 21 * Double(start + member) / Double(members) }
      try prepared.run(members: count, inputs: inputs, outputs: outputs)
      afterChunk(count)
    }
  }
}
