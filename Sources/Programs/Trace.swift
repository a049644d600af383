import Runtime

/// A program that is being recorded: the outermost one, or a region of a loop inside another trace.
///
/// Unchecked because a trace never leaves the thread that records it; `current` is bound only while its closure runs.
final class Trace: @unchecked Sendable {
  /// The innermost trace whose closure is running: where loops are recorded, and what has only literals to go by.
  @TaskLocal static var current: Trace?

  let name: String
  let parent: Trace?
  private let depth: Int
  /// Named in messages: "rate of 'x'", or the line where the trace was started.
  let place: Place

  private(set) var inputs: [Program.Input] = []
  private(set) var instructions: [Instruction] = []
  /// Outer values used here, in order of first use; value −1 − k stands for capture k until the trace is finished.
  private(set) var captures: [Staged] = []
  private var captureNumbers: [CaptureKey: Int] = [:]
  private var nextNumber = 0
  private var isOpen = true
  private(set) var failure: ProgramError?

  private struct CaptureKey: Hashable {
    var trace: ObjectIdentifier
    var value: Value
  }

  init(name: String, parent: Trace?, place: Place) {
    self.name = name
    self.parent = parent
    self.place = place
    depth = (parent?.depth ?? -1) + 1
  }

  /// Runs the closure that this trace records.
  func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Trace.$current.withValue(self) { try body() }
  }

  /// The deepest trace that a list of operands lives in; nil for literals only.
  static func innermost(of operands: [Staged]) -> Trace? {
    var deepest: Trace?
    for case .recorded(let trace, _) in operands.lazy.map(\.storage) where trace.depth > (deepest?.depth ?? -1) {
      deepest = trace
    }
    return deepest
  }

  /// Keeps the first mistake; the outermost trace throws it.
  func note(_ problem: ProgramError) {
    var root = self
    while let parent = root.parent { root = parent }
    if root.failure == nil { root.failure = problem }
  }

  func addInput(_ name: String, _ type: ValueType) -> Staged {
    precondition(instructions.isEmpty, "inputs come before instructions")
    inputs.append(Program.Input(name, type))
    return Staged(self, takeNumbers(1), type)
  }

  /// Appends an instruction and returns its results.
  func record(_ operation: Operation, _ operands: [Staged], _ types: [ValueType]) -> [Staged] {
    guard isOpen, let values = localValues(operands) else {
      note(.foreignValue(operation: operation.name, place: .current(self)))
      return types.map { Staged(literal: Array(repeating: .nan, count: $0.shape.count), $0) }
    }
    let first = takeNumbers(types.count)
    instructions.append(Instruction(operation, values, types))
    return types.enumerated().map { Staged(self, Value(first.number + $0.offset), $0.element) }
  }

  /// The numbers by which this trace knows the operands: its own, captures of outer ones, constants for literals.
  private func localValues(_ operands: [Staged]) -> [Value]? {
    var values: [Value] = []
    for operand in operands {
      guard let value = localValue(operand) else { return nil }
      values.append(value)
    }
    return values
  }

  func localValue(_ operand: Staged) -> Value? {
    switch operand.storage {
    case .literal(let numbers):
      instructions.append(Instruction(.constant(numbers), [], [operand.type]))
      return takeNumbers(1)
    case .recorded(let trace, let value):
      if trace === self { return value }
      guard isDescendant(of: trace) else { return nil }
      let key = CaptureKey(trace: ObjectIdentifier(trace), value: value)
      if let number = captureNumbers[key] { return Value(-1 - number) }
      captureNumbers[key] = captures.count
      captures.append(operand)
      return Value(-captures.count)
    }
  }

  private func isDescendant(of ancestor: Trace) -> Bool {
    var trace = parent
    while let candidate = trace {
      if candidate === ancestor { return candidate.isOpen }
      trace = candidate.parent
    }
    return false
  }

  private func takeNumbers(_ count: Int) -> Value {
    defer { nextNumber += count }
    return Value(nextNumber)
  }

  /// Closes the trace. Its inputs are `captures` (outer values, all of which must be known to the caller) and its own.
  /// - Parameter order: where each outer value stands among the captured inputs.
  func finish(outputs: [(name: String, value: Staged)], capturing order: CaptureList) -> Program {
    let results = outputs.map { Program.Output($0.name, localValue($0.value) ?? Value(0)) }
    isOpen = false
    func renumbered(_ value: Value) -> Value {
      value.number >= 0
        ? Value(value.number + order.values.count)
        : Value(order.position(of: captures[-1 - value.number]))
    }
    return Program(
      name: name,
      inputs: order.values.enumerated().map { Program.Input("outer\($0.offset)", $0.element.type) } + inputs,
      instructions: instructions.map { instruction in
        var copy = instruction
        copy.operands = instruction.operands.map(renumbered)
        return copy
      },
      outputs: results.map { Program.Output($0.name, renumbered($0.value)) })
  }
}

/// The outer values that the regions of one loop use, each once.
struct CaptureList {
  private(set) var values: [Staged] = []

  /// Adds what a trace captured so far; call once its outputs are known to it.
  mutating func add(_ captures: [Staged]) {
    for capture in captures where !values.contains(where: { $0.isSameValue(as: capture) }) { values.append(capture) }
  }

  func position(of value: Staged) -> Int {
    guard let position = values.firstIndex(where: { $0.isSameValue(as: value) }) else {
      preconditionFailure("a captured value is missing from its loop's list")
    }
    return position
  }
}

extension Staged {
  fileprivate func isSameValue(as other: Staged) -> Bool {
    if case .recorded(let a, let x) = storage, case .recorded(let b, let y) = other.storage { return a === b && x == y }
    return false
  }
}

extension Place {
  /// The line of the user's code that is being traced: the nearest frame outside this module where frames and debug
  /// information are there (debug builds), else where the trace was started. Used on the way to an error only.
  static func current(_ trace: Trace?) -> Place {
    if let frames = LoadedCode.alone({ (try? Backtrace.capture())?.symbolicated()?.frames }) {
      for frame in frames {
        guard let symbol = frame.symbol, let location = symbol.sourceLocation, location.line > 0 else { continue }
        // Of inlined frames, the path is not always whole.
        if symbol.rawName.hasPrefix("$s8Programs") || !location.path.contains("/") { continue }
        if location.path.contains("/Sources/Programs/") || location.path.contains("compiler-generated") { continue }
        let file = location.path.split(separator: "/").last.map(String.init) ?? location.path
        // The text of an expanded macro is nowhere to be seen.
        if file.hasSuffix(".swift") && !file.hasPrefix("@__swiftmacro") {
          return Place(
            [trace?.place.description, "\(file):\(location.line)"].compactMap { $0 }.joined(separator: ", at "))
        }
      }
    }
    return trace?.place ?? Place("an unknown place")
  }
}
