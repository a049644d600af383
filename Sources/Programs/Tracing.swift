extension Program {
  /// Records what a Swift function does to staged inputs.
  ///
  /// - Parameters:
  ///   - name: names the program in messages, in printed programs and in generated code.
  ///   - inputs: names and types of the inputs, in the order in which the function takes them.
  ///   - place: what errors name besides the line; the caller's line if nil.
  ///   - body: the function; its results become the outputs, in order.
  /// - Returns: the program as written; see `simplified()`.
  /// - Throws: `ProgramError` for the first operation with operands that it does not take.
  public static func trace(
    _ name: String, inputs: [Input], place: Place? = nil, fileID: StaticString = #fileID, line: UInt = #line,
    _ body: ([Staged]) throws -> [(name: String, value: Staged)]
  ) throws -> Program {
    let trace = Trace(name: name, parent: nil, place: place ?? Place("\(fileID):\(line)"))
    let staged = inputs.map { trace.addInput($0.name, $0.type) }
    let outputs = try trace.recording { try body(staged) }
    // An output that stands for a mistake is a literal or foreign value, so the mistake is thrown first.
    if let failure = trace.failure { throw failure }
    let program = trace.finish(outputs: outputs, capturing: CaptureList())
    if let failure = trace.failure { throw failure }
    try program.check()
    return program
  }
}

/// Repeats `body` while `condition` holds, for each member until its own condition is false.
///
/// - Parameters:
///   - initial: the carry before the first turn.
///   - condition: one boolean scalar from the carry.
///   - body: the next carry, of the same kinds and shapes.
/// - Returns: the carry for which the condition is false.
public func whileLoop(
  _ name: String = "while", _ initial: [Staged], condition: ([Staged]) -> Staged, body: ([Staged]) -> [Staged]
) -> [Staged] {
  // A carry that starts shared may become different for each member: trace again with what was learned, until it holds.
  var types = initial.map(\.type)
  while true {
    let home = Trace.enclosing(name)
    let conditionTrace = Trace(name: name + ".condition", parent: home, place: home.place)
    let bodyTrace = Trace(name: name + ".body", parent: home, place: home.place)
    let conditionCarry = types.enumerated().map { conditionTrace.addInput("carry\($0.offset)", $0.element) }
    let bodyCarry = types.enumerated().map { bodyTrace.addInput("carry\($0.offset)", $0.element) }
    let condition = conditionTrace.recording { condition(conditionCarry) }
    let next = bodyTrace.recording { body(bodyCarry) }
    guard let settled = settle(name, types, next.map(\.type), conditionExtent: condition.type.extent, home) else {
      return initial
    }
    if settled != types {
      types = settled
      continue
    }
    _ = conditionTrace.localValue(condition)
    for value in next { _ = bodyTrace.localValue(value) }
    var captures = CaptureList()
    captures.add(conditionTrace.captures)
    captures.add(bodyTrace.captures)
    let loop = WhileLoop(
      condition: conditionTrace.finish(outputs: [("condition", condition)], capturing: captures),
      body: bodyTrace.finish(outputs: next.enumerated().map { ("carry\($0.offset)", $0.element) }, capturing: captures),
      captureCount: captures.values.count)
    return home.recordLoop(.whileLoop(loop), captures.values + initial)
  }
}

/// Runs `body` once for each entry of the scanned arrays and stacks its rows.
///
/// - Parameters:
///   - initial: the carry before the first turn.
///   - scanned: arrays `[length] + s`; the body is given one entry `s` of each.
///   - body: from carry and entries to the next carry and the rows.
/// - Returns: the last carry, and the rows stacked to `[length] + row`.
public func scan(
  _ name: String = "scan", length: Int, _ initial: [Staged], over scanned: [Staged] = [],
  body: (_ carry: [Staged], _ entries: [Staged]) -> (carry: [Staged], rows: [Staged])
) -> (carry: [Staged], rows: [Staged]) {
  var types = initial.map(\.type)
  while true {
    let home = Trace.enclosing(name)
    let trace = Trace(name: name + ".body", parent: home, place: home.place)
    let carry = types.enumerated().map { trace.addInput("carry\($0.offset)", $0.element) }
    let entries = scanned.enumerated().map { position, array in
      trace.addInput("entry\(position)", ValueType(array.type.kind, array.shape.element, array.type.extent))
    }
    let next = trace.recording { body(carry, entries) }
    guard let settled = settle(name, types, next.carry.map(\.type), conditionExtent: .shared, home) else {
      return (initial, [])
    }
    if settled != types {
      types = settled
      continue
    }
    let results = next.carry + next.rows
    for value in results { _ = trace.localValue(value) }
    var captures = CaptureList()
    captures.add(trace.captures)
    let loop = Scan(
      body: trace.finish(outputs: results.enumerated().map { ("result\($0.offset)", $0.element) }, capturing: captures),
      length: length, captureCount: captures.values.count, carryCount: initial.count)
    let all = home.recordLoop(.scan(loop), captures.values + initial + scanned)
    return (Array(all.prefix(initial.count)), Array(all.dropFirst(initial.count)))
  }
}

/// Applies a program to staged values.
/// - Returns: its outputs, in order.
public func call(_ program: Program, _ arguments: [Staged]) -> [Staged] {
  Staged.applyAll(.call(program), arguments)
}

/// Carry types that hold before and after a turn: extents joined, or nil (and a note) if kind or shape changed.
private func settle(
  _ name: String, _ before: [ValueType], _ after: [ValueType], conditionExtent: Extent, _ home: Trace
) -> [ValueType]? {
  precondition(before.count == after.count, "\(name) returned \(after.count) values for a carry of \(before.count)")
  for (position, (old, new)) in zip(before, after).enumerated() where old.perMember != new.perMember {
    home.note(.carryChanged(loop: name, position: position, before: old, after: new, place: .current(home)))
    return nil
  }
  return zip(before, after).map { old, new in
    ValueType(old.kind, old.shape, old.extent.joined(new.extent).joined(conditionExtent))
  }
}

extension Trace {
  /// Records a loop here, even if its operands all live further out.
  fileprivate func recordLoop(_ operation: Operation, _ operands: [Staged]) -> [Staged] {
    do {
      return record(operation, operands, try TypeRules.results(of: operation, operands.map(\.type)))
    } catch {
      preconditionFailure("a loop was traced against the grammar: it needs \(error.expected)")
    }
  }

  /// The trace that a loop is recorded in.
  static func enclosing(_ loop: String) -> Trace {
    guard let current else { preconditionFailure("\(loop) is outside of a trace") }
    return current
  }
}
