/// A formula as the user wrote it: the syntax tree of a rate, a start, a `let` or an output.
///
/// Every node carries the range of Unicode scalars in the text that it was read from, so that later stages can
/// point at the part that is wrong. Positions take no part in `==`: two expressions are equal when they say the same.
///
/// - Note: a tree from ``parse(_:alsoCalling:)`` is at most ``maximumDepth`` nodes deep, so recursive walks are safe.
public indirect enum Expression: Sendable {
  case number(Double, at: Range<Int>)
  case name(String, at: Range<Int>)
  case negate(Expression, at: Range<Int>)
  case not(Expression, at: Range<Int>)
  case binary(BinaryOperator, Expression, Expression, at: Range<Int>)
  case call(String, [Expression], at: Range<Int>)
  case index(Expression, Int, at: Range<Int>)

  /// The deepest tree that is read. A sum of a thousand terms is a thousand nodes deep, as `+` leans left.
  public static let maximumDepth = 1000

  /// Names with a value of their own: the circle's number, and infinity.
  public static let constants: [String: Double] = ["pi": Double.pi, "inf": Double.infinity]

  /// Where in the text, in Unicode scalars from its start, this part was read.
  public var range: Range<Int> {
    switch self {
    case .number(_, let range), .name(_, let range), .negate(_, let range), .not(_, let range),
      .binary(_, _, _, let range), .call(_, _, let range), .index(_, _, let range):
      range
    }
  }

  /// The parts that this node combines, from left to right.
  public var operands: [Expression] {
    switch self {
    case .number, .name: []
    case .negate(let operand, _), .not(let operand, _), .index(let operand, _, _): [operand]
    case .binary(_, let left, let right, _): [left, right]
    case .call(_, let arguments, _): arguments
    }
  }

  /// Every use of a name that is not a function, in the order of the text, with its place.
  public var names: [(name: String, at: Range<Int>)] {
    var found: [(name: String, at: Range<Int>)] = []
    collectNames(into: &found)
    return found
  }

  private func collectNames(into found: inout [(name: String, at: Range<Int>)]) {
    if case .name(let name, let range) = self { found.append((name, range)) }
    for operand in operands { operand.collectNames(into: &found) }
  }
}

/// An operator between two operands.
public enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case power = "^"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "=="
  case notEqual = "!="
  case and
  case or

  /// Whether the operator compares two numbers and gives a truth value.
  public var isComparison: Bool {
    switch self {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: true
    case .add, .subtract, .multiply, .divide, .power, .and, .or: false
    }
  }

  /// Whether the operator joins two truth values.
  public var isLogical: Bool { self == .and || self == .or }
}

extension Expression: Hashable {
  public static func == (one: Expression, other: Expression) -> Bool {
    switch (one, other) {
    case (.number(let a, _), .number(let b, _)): a == b
    case (.name(let a, _), .name(let b, _)): a == b
    case (.negate(let a, _), .negate(let b, _)): a == b
    case (.not(let a, _), .not(let b, _)): a == b
    case (.binary(let f, let a, let b, _), .binary(let g, let c, let d, _)): f == g && a == c && b == d
    case (.call(let f, let a, _), .call(let g, let b, _)): f == g && a == b
    case (.index(let a, let i, _), .index(let b, let j, _)): i == j && a == b
    case (.number, _), (.name, _), (.negate, _), (.not, _), (.binary, _), (.call, _), (.index, _): false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .number(let value, _): hasher.combine(value)
    case .name(let name, _): hasher.combine(name)
    case .negate: hasher.combine(1)
    case .not: hasher.combine(2)
    case .binary(let operation, _, _, _): hasher.combine(operation)
    case .call(let function, _, _): hasher.combine(function)
    case .index(_, let index, _): hasher.combine(index)
    }
    for operand in operands { hasher.combine(operand) }
  }
}

extension Expression {
  /// The same expression with parts exchanged: where `replacement` gives an expression, it stands in for that part and
  /// all below it; elsewhere the part stays and its operands are looked at.
  public func replacing<Failure: Error>(_ replacement: (Expression) throws(Failure) -> Expression?) throws(Failure)
    -> Expression
  {
    if let replaced = try replacement(self) { return replaced }
    switch self {
    case .number, .name: return self
    case .negate(let operand, let range): return .negate(try operand.replacing(replacement), at: range)
    case .not(let operand, let range): return .not(try operand.replacing(replacement), at: range)
    case .index(let operand, let index, let range):
      return .index(try operand.replacing(replacement), index, at: range)
    case .binary(let operation, let left, let right, let range):
      return .binary(operation, try left.replacing(replacement), try right.replacing(replacement), at: range)
    case .call(let function, let arguments, let range):
      var replaced: [Expression] = []
      for argument in arguments { replaced.append(try argument.replacing(replacement)) }
      return .call(function, replaced, at: range)
    }
  }
}
