import Dynamics
import Execution
import Foundation
import Programs
import Synchronization

extension SweepPlan {
  /// Makes the plan's program ready to run on this rank.
  ///
  /// - Parameter memory: what the tapes of reverse mode may take.
  /// - Throws: what the executor throws.
  public func prepared(by executor: any Executor, memory: MemoryBudget) throws -> any PreparedProgram {
    guard let derivatives else {
      return try executor.prepare(program, precision: precision, outputOrders: outputOrders)
    }
    return try DerivativeRun(self, derivatives, executor, memory)
  }
}

/// A program with derivatives, and what follows from how they came out.
///
/// Members whose tape was too short are run once more in as many segments as they need, and get their derivatives from
/// there. What even then does not fit into memory, or is not finite, becomes the member's status.
public final class DerivativeRun: PreparedProgram, @unchecked Sendable {
  private var base: any PreparedProgram
  /// Turns that the first run can walk back.
  private var capacity: Int
  private let plan: SweepPlan
  private let derivatives: SweepDerivatives
  private let executor: any Executor
  private let gate: MemoryGate
  /// Programs for members that take many turns, by the turns of the largest tape that was tried; nil where none fits.
  private let longer = Mutex<[Int: (any PreparedProgram)?]>([:])
  private let repeated = Mutex(0)

  /// Members that needed more than one tape.
  public var repeatedMembers: Int { repeated.withLock { $0 } }

  public var program: Program { base.program }
  public var precision: Precision { base.precision }
  public var outputOrders: [Buffer.Order] { base.outputOrders }
  public var workspaceBytes: Int { base.workspaceBytes }
  public var summary: String { base.summary }

  fileprivate init(
    _ plan: SweepPlan, _ derivatives: SweepDerivatives, _ executor: any Executor, _ memory: MemoryBudget
  ) throws {
    (self.plan, self.derivatives, self.executor, gate) = (plan, derivatives, executor, MemoryGate(memory))
    let first = try executor.prepare(plan.program, precision: plan.precision, outputOrders: plan.outputOrders)
    base = first
    capacity = derivatives.first.turns * derivatives.first.segments
    guard first.workspaceBytes > memory.bytes, !derivatives.isForward else { return }
    // Not one tape fits: segments take its place, as short as they must be.
    var size = derivatives.tape.sizes(for: derivatives.first.turns * derivatives.first.segments).last!
    repeat {
      base = try prepared(size)
      capacity = size.turns * size.segments
      size = (size.turns / 2, size.segments / 2)
    } while base.workspaceBytes > memory.bytes && size.turns > 0
  }

  private func prepared(_ size: SweepTape.Size) throws -> any PreparedProgram {
    try executor.prepare(
      derivatives.program(size).program, precision: plan.precision, outputOrders: plan.outputOrders)
  }

  public func run(members: Int, from feed: MemberFeed?, inputs: [Buffer], outputs: [Buffer]) throws -> Int {
    let members = try gate.with(base.workspaceBytes) {
      try base.run(members: members, from: feed, inputs: inputs, outputs: outputs)
    }
    guard let status = output(.status, outputs) else { return members }
    let full = output(.tapeFull, outputs).map { flag in
      (0..<members).filter { flag[0, $0] != 0 && status[0, $0] == Double(Status.success.rawValue) }
    }
    if let full, !full.isEmpty { try runAgain(full, inputs: inputs, outputs: outputs, status) }
    var isBroken = Array(repeating: false, count: members)
    for (result, buffer) in zip(plan.results, outputs) {
      guard let values = result.differentiated.flatMap({ output($0, outputs) }) else { continue }
      buffer.markNotFinite(where: values, members: members, &isBroken)
    }
    for member in 0..<members where isBroken[member] && status[0, member] == Double(Status.success.rawValue) {
      status[0, member] = Double(Status.gradientNotFinite.rawValue)
    }
    return members
  }

  private func output(_ result: SweepProgram.Result, _ outputs: [Buffer]) -> Buffer? {
    plan.results.firstIndex(of: result).map { outputs[$0] }
  }

  /// Differentiates some members in segments, and takes their derivatives over; their values are right already.
  private func runAgain(_ members: [Int], inputs: [Buffer], outputs: [Buffer], _ status: Buffer) throws {
    guard let accepted = output(.acceptedSteps, outputs), let rejected = output(.rejectedSteps, outputs) else { return }
    var members = members
    // A turn of the loop is a step, but for those that events take.
    var turns = max(members.map { Int(accepted[0, $0] + rejected[0, $0]) }.max() ?? 0, capacity + 1)
    while !members.isEmpty {
      guard let program = try program(for: turns) else {
        for member in members { status[0, member] = Double(Status.tapeFull.rawValue) }
        return
      }
      let (sources, targets) = (
        program.makeInputs(members: members.count), program.makeOutputs(members: members.count)
      )
      for (source, target) in zip(inputs, sources) {
        for (place, member) in members.enumerated() { target.set(source.values(member: member), member: place) }
      }
      try gate.with(program.workspaceBytes) {
        try program.run(members: members.count, inputs: sources, outputs: targets)
      }
      for (result, (source, target)) in zip(plan.results, zip(targets, outputs)) where result.differentiated != nil {
        for (place, member) in members.enumerated() { target.set(source.values(member: place), member: member) }
      }
      let flag = output(.tapeFull, targets)
      let full = members.indices.filter { flag?[0, $0] == 1 }.map { members[$0] }
      repeated.withLock { $0 += members.count - full.count }
      members = full
      turns *= 2
    }
  }

  /// The program that walks so many turns back; nil if its memory is beyond the budget.
  private func program(for turns: Int) throws -> (any PreparedProgram)? {
    let sizes = derivatives.tape.sizes(for: turns)
    let key = sizes[sizes.count - 1].turns
    return try longer.withLock { known in
      if let found = known[key] { return found }
      var fitting: (any PreparedProgram)?
      for size in sizes where fitting == nil {
        let made = try prepared(size)
        if made.workspaceBytes <= gate.budget.bytes { fitting = made }
      }
      known[key] = .some(fitting)
      return fitting
    }
  }
}

extension Buffer {
  /// Marks the members of which a component is infinite or not a number where the value that it is the derivative of is
  /// fine: an entry of the same place, or a scalar.
  fileprivate func markNotFinite(where values: Buffer, members: Int, _ marks: inout [Bool]) {
    switch precision {
    case .double: mark(Double.self, values, members, &marks)
    case .single: mark(Float.self, values, members, &marks)
    }
  }

  private func mark<Number: BinaryFloatingPoint>(
    _: Number.Type, _ values: Buffer, _ members: Int, _ marks: inout [Bool]
  ) {
    let length = order == .memberMajor ? type.shape.dimensions.last ?? 1 : 1
    let start = address.assumingMemoryBound(to: Number.self)
    for row in 0..<(length == 0 ? 0 : type.shape.count / length) {
      for member in 0..<members {
        let entries = start + offset(component: row * length, member: member)
        // x·0 is 0 for finite numbers only.
        var sum: Number = 0
        for entry in 0..<length { sum += entries[entry] * 0 }
        if sum == 0 { continue }
        for entry in 0..<length where !entries[entry].isFinite {
          let value = values[values.type.shape.isScalar ? 0 : row * length + entry, member]
          if value.isFinite { marks[member] = true }
        }
      }
    }
  }
}
