import Foundation

extension Expression {
  /// The value of an expression over constants: numbers, ``constants`` and those given.
  ///
  /// - Parameter constants: further names with their values.
  /// - Returns: the number as IEEE 754 has it, so `1/0` is infinite and `0/0` is NaN: the caller decides about these.
  /// - Note: each function within the accuracy of the C library, a few units in the last place.
  public func evaluated(constants: [String: Double] = [:]) throws(ExpressionError) -> Double {
    let known = Self.constants.merging(constants) { _, given in given }
    let kind = try kind(where: { known[$0] == nil ? nil : .number })
    guard kind == .number else {
      throw ExpressionError(.notANumber(found: kind, text: description), at: range)
    }
    return try number(known)
  }

  private func number(_ known: [String: Double]) throws(ExpressionError) -> Double {
    switch self {
    case .number(let value, _): return value
    case .name(let name, let range):
      guard let value = known[name] else { throw ExpressionError(.unknownName(name, nearest: nil), at: range) }
      return value
    case .negate(let operand, _): return -(try operand.number(known))
    case .binary(let operation, let left, let right, _):
      let (a, b) = (try left.number(known), try right.number(known))
      switch operation {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      case .power: return Foundation.pow(a, b)
      case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .and, .or:
        throw ExpressionError(.notANumber(found: .condition, text: description), at: range)
      }
    case .call(KnownFunction.piecewise.rawValue, let arguments, _):
      for place in stride(from: 0, to: arguments.count - 1, by: 2) where try arguments[place].truth(known) {
        return try arguments[place + 1].number(known)
      }
      return try arguments[arguments.count - 1].number(known)
    case .call(let name, let arguments, let range):
      guard let function = KnownFunction(rawValue: name) else {
        throw ExpressionError(.unknownFunction(name, nearest: nil), at: range)
      }
      var values: [Double] = []
      for argument in arguments { values.append(try argument.number(known)) }
      return function.value(values)
    case .index(_, _, let range):
      throw ExpressionError(.arrayIsNotConstant, at: range)
    case .not(_, let range):
      throw ExpressionError(.notANumber(found: .condition, text: description), at: range)
    }
  }

  private func truth(_ known: [String: Double]) throws(ExpressionError) -> Bool {
    switch self {
    case .not(let operand, _): return !(try operand.truth(known))
    case .binary(let operation, let left, let right, _) where operation.isLogical:
      let (a, b) = (try left.truth(known), try right.truth(known))
      return operation == .and ? a && b : a || b
    case .binary(let operation, let left, let right, let range):
      let (a, b) = (try left.number(known), try right.number(known))
      switch operation {
      case .less: return a < b
      case .lessOrEqual: return a <= b
      case .greater: return a > b
      case .greaterOrEqual: return a >= b
      case .equal: return a == b
      case .notEqual: return a != b
      case .add, .subtract, .multiply, .divide, .power, .and, .or:
        throw ExpressionError(.notACondition(found: .number, text: description), at: range)
      }
    case .number, .name, .negate, .call, .index:
      throw ExpressionError(.notACondition(found: .number, text: description), at: range)
    }
  }
}

extension KnownFunction {
  /// The function's value at numbers; as many of them as its arity says.
  func value(_ x: [Double]) -> Double {
    switch self {
    case .exp: Foundation.exp(x[0])
    case .log: Foundation.log(x[0])
    case .log10: Foundation.log10(x[0])
    case .log2: Foundation.log2(x[0])
    case .sqrt: x[0].squareRoot()
    case .cbrt: Foundation.cbrt(x[0])
    case .abs: Swift.abs(x[0])
    case .sign: x[0] > 0 ? 1 : x[0] < 0 ? -1 : x[0]
    case .floor: x[0].rounded(.down)
    case .ceil: x[0].rounded(.up)
    // Like IEEE 754's minimum and maximum: NaN if any is NaN.
    case .min: x.dropFirst().reduce(x[0]) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
    case .max: x.dropFirst().reduce(x[0]) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
    case .pow: Foundation.pow(x[0], x[1])
    case .sin: Foundation.sin(x[0])
    case .cos: Foundation.cos(x[0])
    case .tan: Foundation.tan(x[0])
    case .asin: Foundation.asin(x[0])
    case .acos: Foundation.acos(x[0])
    case .atan: Foundation.atan(x[0])
    case .atan2: Foundation.atan2(x[0], x[1])
    case .sinh: Foundation.sinh(x[0])
    case .cosh: Foundation.cosh(x[0])
    case .tanh: Foundation.tanh(x[0])
    case .asinh: Foundation.asinh(x[0])
    case .acosh: Foundation.acosh(x[0])
    case .atanh: Foundation.atanh(x[0])
    case .erf: Foundation.erf(x[0])
    case .lgamma: Foundation.lgamma(x[0])
    case .expm1: Foundation.expm1(x[0])
    case .log1p: Foundation.log1p(x[0])
    case .hypot: Foundation.hypot(x[0], x[1])
    case .step: x[0].isNaN ? .nan : x[0] < 0 ? 0 : 1
    case .heaviside: x[0].isNaN ? .nan : x[0] < 0 ? 0 : x[0] > 0 ? 1 : 0.5
    case .sum: x[0]
    case .mod: x[0] - x[1] * (x[0] / x[1]).rounded(.down)
    // The branches are the expression's to choose; here, with plain numbers, the last value is the value.
    case .piecewise: x[x.count - 1]
    }
  }
}
