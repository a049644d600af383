/// Why a program cannot be built. Every case carries what its message needs.
public enum ProgramError: Error, Hashable, Sendable {
  /// An operation was given operands of types that it does not take.
  case wrongOperands(operation: String, expected: String, found: [ValueType], place: Place)
  /// A value belongs to another trace than the one that uses it.
  case foreignValue(operation: String, place: Place)
  /// The carry of a loop changed its kind or shape from one turn to the next.
  case carryChanged(loop: String, position: Int, before: ValueType, after: ValueType, place: Place)
  /// A program breaks a rule of its grammar: a defect of a transformation, not of the user's model.
  case malformed(program: String, instruction: Int, reason: String)
}

/// Where in the user's text an operation was written, as well as it is known.
public struct Place: Hashable, Sendable, CustomStringConvertible {
  /// A file and line of Swift, or a job file's line, or the words "rate of 'x'".
  public var description: String
  public init(_ description: String) { self.description = description }
}

extension ProgramError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongOperands(let operation, let expected, let found, let place):
      let list = found.map { "\($0.kind == .boolean ? "boolean " : "")\($0.shape)" }.joined(separator: " and ")
      return "\(operation) needs \(expected), but got \(list.isEmpty ? "nothing" : list) (\(place))"
    case .foreignValue(let operation, let place):
      return "\(operation) uses a value of another trace; pass it in as an input (\(place))"
    case .carryChanged(let loop, let position, let before, let after, let place):
      return "carry \(position) of \(loop) must keep its type \(before), but its body returns \(after) (\(place))"
    case .malformed(let program, let instruction, let reason):
      return "program '\(program)', instruction \(instruction): \(reason)"
    }
  }
}
