import Programs

/// A time, or an interval of time: a number, or an expression over parameters, and then it may differ by member.
public enum TimeValue: Sendable, Hashable {
  case constant(Double)
  case expression(Expression)

  /// The number, where it is one.
  public var constant: Double? {
    if case .constant(let value) = self { value } else { nil }
  }

  /// The time as an expression.
  public var expression: Expression {
    switch self {
    case .constant(let value): .number(value, at: 0..<0)
    case .expression(let expression): expression
    }
  }
}
