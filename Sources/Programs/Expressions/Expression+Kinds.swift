/// What an expression gives: a number, a truth value, or an array of numbers.
public enum ExpressionKind: Sendable, Equatable {
  case number
  case condition
  case array
}

extension Expression {
  /// What the expression gives, after checking that every part gets what it needs.
  ///
  /// Conditions come from comparisons and go into `and`, `or`, `not` and the conditions of `piecewise`; everything else
  /// takes numbers, or arrays element by element. Only `sum` and indexing turn an array into a number.
  ///
  /// - Parameter kinds: the kind of each name; `nil` is an unknown name. Constants need not be known here.
  public func kind(where kinds: (String) -> ExpressionKind?) throws(ExpressionError) -> ExpressionKind {
    switch self {
    case .number: return .number
    case .name(let name, let range):
      if let kind = kinds(name) { return kind }
      if Self.constants[name] != nil { return .number }
      throw ExpressionError(.unknownName(name, nearest: nil), at: range)
    case .negate(let operand, _):
      return try operand.numericKind(kinds)
    case .not(let operand, _):
      try operand.needCondition(kinds)
      return .condition
    case .binary(let operation, let left, let right, _):
      if operation.isLogical {
        try left.needCondition(kinds)
        try right.needCondition(kinds)
        return .condition
      }
      if operation.isComparison {
        try left.needNumber(kinds)
        try right.needNumber(kinds)
        return .condition
      }
      let leftKind = try left.numericKind(kinds)
      let rightKind = try right.numericKind(kinds)
      return leftKind == .array || rightKind == .array ? .array : .number
    case .index(let operand, _, let range):
      guard try operand.numericKind(kinds) == .array else { throw ExpressionError(.notAnArray, at: range) }
      return .number
    case .call(KnownFunction.sum.rawValue, let arguments, _):
      for argument in arguments { _ = try argument.numericKind(kinds) }
      return .number
    case .call(KnownFunction.piecewise.rawValue, let arguments, _):
      var result = ExpressionKind.number
      for (place, argument) in arguments.enumerated() {
        if place % 2 == 0, place < arguments.count - 1 {
          try argument.needCondition(kinds)
        } else if try argument.numericKind(kinds) == .array {
          result = .array
        }
      }
      return result
    case .call(_, let arguments, _):
      var result = ExpressionKind.number
      for argument in arguments where try argument.numericKind(kinds) == .array { result = .array }
      return result
    }
  }

  private func needCondition(_ kinds: (String) -> ExpressionKind?) throws(ExpressionError) {
    let found = try kind(where: kinds)
    guard found == .condition else {
      throw ExpressionError(.notACondition(found: found, text: description), at: range)
    }
  }

  private func needNumber(_ kinds: (String) -> ExpressionKind?) throws(ExpressionError) {
    let found = try kind(where: kinds)
    guard found == .number else { throw ExpressionError(.notANumber(found: found, text: description), at: range) }
  }

  /// The kind, which must not be a condition.
  private func numericKind(_ kinds: (String) -> ExpressionKind?) throws(ExpressionError) -> ExpressionKind {
    let found = try kind(where: kinds)
    guard found != .condition else {
      throw ExpressionError(.notANumber(found: .condition, text: description), at: range)
    }
    return found
  }
}
