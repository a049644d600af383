extension Expression: CustomStringConvertible {
  /// The expression as text, with as few parentheses as keep its meaning; it reads back to an equal expression.
  public var description: String { text.written }

  /// How tightly the outermost operator binds; the higher, the tighter.
  private enum Binding: Int {
    case or, and, not, comparison, sum, product, minus, power, atom
  }

  private var text: (written: String, binding: Binding) {
    switch self {
    case .number(let value, _):
      return value.sign == .minus ? ("(\(Self.shortest(value)))", .atom) : (Self.shortest(value), .atom)
    case .name(let name, _): return (name, .atom)
    case .negate(let operand, _): return ("-" + operand.written(.minus), .minus)
    case .not(let operand, _): return ("not " + operand.written(.not), .not)
    case .call(let function, let arguments, _):
      return ("\(function)(\(arguments.map(\.description).joined(separator: ", ")))", .atom)
    case .index(let array, let index, _): return ("\(array.written(.atom))[\(index)]", .atom)
    case .binary(let operation, let left, let right, _):
      let sign = operation.rawValue
      switch operation {
      case .or: return ("\(left.written(.or)) or \(right.written(.and))", .or)
      case .and: return ("\(left.written(.and)) and \(right.written(.not))", .and)
      case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
        return ("\(left.written(.sum)) \(sign) \(right.written(.sum))", .comparison)
      case .add, .subtract: return ("\(left.written(.sum)) \(sign) \(right.written(.product))", .sum)
      case .multiply, .divide: return ("\(left.written(.product))\(sign)\(right.written(.minus))", .product)
      // The exponent may be a bare sign or another power; the base may not.
      case .power: return ("\(left.written(.atom))^\(right.written(.minus))", .power)
      }
    }
  }

  /// The text, in parentheses where its own operator binds looser than the place needs.
  private func written(_ needed: Binding) -> String {
    let (written, binding) = text
    return binding.rawValue < needed.rawValue ? "(\(written))" : written
  }

  /// The shortest decimal text that reads back to the same value: 8, 0.1, 1e-08.
  public static func shortest(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
