import Differentiation
import Execution
import Programs
import Synchronization
import _Differentiation

/// A program and its reverse, ready to run.
final class ReversibleProgram: Sendable {
  private let program: Program
  private let outputs: [String]
  private let executor: any Executor
  private let forward: any PreparedProgram
  /// The reverse with the longest tape that was needed so far.
  private let reverse: Mutex<Reverse>

  private struct Reverse {
    var prepared: any PreparedProgram
    var tapeCapacity: Int
  }

  init(_ program: Program, _ executor: any Executor, _ names: [String]?, tapeCapacity: Int) throws {
    let options = DerivativeOptions(of: names, tapeCapacity: tapeCapacity)
    let backward = try program.vectorJacobianProduct(options)
    // Reverse mode says which outputs have a derivative: a cotangent each.
    let prefix = "cotangent."
    let outputs = backward.inputs.dropFirst(program.inputs.count).map { String($0.name.dropFirst(prefix.count)) }
    var kept = program
    kept.outputs = outputs.map { name in program.outputs.first { $0.name == name }! }
    (self.program, self.outputs, self.executor) = (program, outputs, executor)
    forward = try executor.prepare(try kept.simplified())
    reverse = Mutex(Reverse(prepared: try executor.prepare(backward), tapeCapacity: tapeCapacity))
  }

  /// The outputs of each member.
  func values(_ members: [[Double]]) -> [[Double]] {
    let results = run(forward, members, [])
    return members.indices.map { member in results.flatMap { $0.values(member: member) } }
  }

  /// The cotangents of each member's inputs from those of its outputs, where none stands for zeros.
  func cotangents(_ members: [[Double]], _ seeds: [[Double]]) -> [[Double].TangentVector] {
    let width = forward.program.outputTypes.reduce(0) { $0 + $1.shape.count }
    let seeds = seeds.map { $0.isEmpty ? Array(repeating: 0, count: width) : $0 }
    while true {
      let (prepared, capacity) = reverse.withLock { ($0.prepared, $0.tapeCapacity) }
      let results = Dictionary(
        uniqueKeysWithValues: zip(prepared.program.outputs.map(\.name), run(prepared, members, seeds)))
      if let full = results[Program.tapeFull], members.indices.contains(where: { full[0, $0] != 0 }) {
        lengthenTape(beyond: capacity)
        continue
      }
      let columns = program.inputs.map { results["cotangent." + $0.name]! }
      return members.indices.map { member in .init(columns.flatMap { $0.values(member: member) }) }
    }
  }

  private func lengthenTape(beyond capacity: Int) {
    reverse.withLock { reverse in
      // Another thread may have done it.
      guard reverse.tapeCapacity <= capacity else { return }
      let options = DerivativeOptions(of: outputs, tapeCapacity: capacity * 4)
      do {
        let backward = try program.vectorJacobianProduct(options)
        reverse = Reverse(prepared: try executor.prepare(backward), tapeCapacity: capacity * 4)
      } catch {
        fatalError("\(program.name) cannot be differentiated with a longer tape: \(error)")
      }
    }
  }

  private func run(_ prepared: any PreparedProgram, _ members: [[Double]], _ seeds: [[Double]]) -> [Buffer] {
    guard !members.isEmpty else { return prepared.makeOutputs(members: 0) }
    let (inputs, outputs) = (
      prepared.makeInputs(members: members.count), prepared.makeOutputs(members: members.count)
    )
    precondition(
      members.count == 1 || inputs.allSatisfy { $0.type.extent == .member },
      "\(program.name) has inputs that all members share: call it for one member")
    for member in members.indices {
      var rest = members[member][...] + (seeds.isEmpty ? [] : seeds[member])
      let needed = inputs.reduce(0) { $0 + $1.type.shape.count }
      precondition(rest.count == needed, "\(program.name) takes \(needed) numbers, but got \(rest.count)")
      for input in inputs {
        input.set(Array(rest.prefix(input.type.shape.count)), member: member)
        rest.removeFirst(input.type.shape.count)
      }
    }
    do {
      try prepared.run(members: members.count, inputs: inputs, outputs: outputs)
    } catch {
      fatalError("\(program.name) could not be run: \(error)")
    }
    return outputs
  }
}
