/// What names stand for, and the meaning of expressions over them.
///
/// The only meaning: members, and constants as well (`Expression.evaluated`), whose staged values are numbers that are known at
/// once. Expressions were checked before, so every name resolves and every kind fits.
package struct Environment {
  private var values: [String: Staged]

  package init(_ values: [String: Staged]) {
    self.values = values.merging(Expression.constants.mapValues { Staged($0) }) { given, _ in given }
  }

  package subscript(name: String) -> Staged? {
    get { values[name] }
    set { values[name] = newValue }
  }

  package func value(of expression: Expression) -> Staged {
    switch expression {
    case .number(let number, _): return Staged(number)
    case .name(let name, _):
      guard let value = values[name] else { preconditionFailure("the name '\(name)' was not checked") }
      return value
    case .negate(let operand, _): return -value(of: operand)
    case .not(let operand, _): return .!value(of: operand)
    case .index(let operand, let position, _): return value(of: operand)[position]
    case .binary(let operation, let left, let right, _):
      return operation.value(value(of: left), value(of: right))
    case .call(let name, let arguments, _):
      guard let function = KnownFunction(rawValue: name) else {
        preconditionFailure("the function '\(name)' was not checked")
      }
      return function.value(arguments.map(value))
    }
  }
}

extension BinaryOperator {
  fileprivate func value(_ a: Staged, _ b: Staged) -> Staged {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .power: raised(a, b)
    case .less: a .< b
    case .lessOrEqual: a .<= b
    case .greater: a .> b
    case .greaterOrEqual: a .>= b
    case .equal: a .== b
    case .notEqual: a .!= b
    case .and: a .& b
    case .or: a .| b
    }
  }
}

/// Whole powers of moderate size are products, which is faster and at least as accurate as `pow`; so is a root.
private func raised(_ base: Staged, _ exponent: Staged) -> Staged {
  guard let known = exponent.literal, exponent.shape.isScalar else { return pow(base, exponent) }
  if known[0] == 0.5 { return sqrt(base) }
  if known[0] == known[0].rounded(), abs(known[0]) <= 16 { return power(base, Int(known[0])) }
  return pow(base, exponent)
}

/// What was chosen by comparing `x`; NaN if `x` is, which a choice alone would hide. The test is an equality, at which no step
/// has to end.
private func orNaN(_ chosen: Staged, of x: Staged) -> Staged { select(x .== x, chosen, Staged(Double.nan)) }

extension KnownFunction {
  /// The function's value; of as many arguments as its arity says.
  fileprivate func value(_ x: [Staged]) -> Staged {
    switch self {
    case .exp: return Programs.exp(x[0])
    case .log: return Programs.log(x[0])
    case .log10: return Programs.log10(x[0])
    case .log2: return Programs.log2(x[0])
    case .sqrt: return Programs.sqrt(x[0])
    case .cbrt: return Programs.cbrt(x[0])
    case .abs: return Programs.abs(x[0])
    case .sign: return Programs.sign(x[0])
    case .floor: return Programs.floor(x[0])
    case .ceil: return Programs.ceil(x[0])
    case .min: return x.dropFirst().reduce(x[0]) { Programs.min($0, $1) }
    case .max: return x.dropFirst().reduce(x[0]) { Programs.max($0, $1) }
    case .pow: return raised(x[0], x[1])
    case .sin: return Programs.sin(x[0])
    case .cos: return Programs.cos(x[0])
    case .tan: return Programs.tan(x[0])
    case .asin: return Programs.asin(x[0])
    case .acos: return Programs.acos(x[0])
    case .atan: return Programs.atan(x[0])
    case .atan2: return Programs.atan2(x[0], x[1])
    case .sinh: return Programs.sinh(x[0])
    case .cosh: return Programs.cosh(x[0])
    case .tanh: return Programs.tanh(x[0])
    case .asinh: return Programs.asinh(x[0])
    case .acosh: return Programs.acosh(x[0])
    case .atanh: return Programs.atanh(x[0])
    case .erf: return Programs.erf(x[0])
    case .lgamma: return Programs.lgamma(x[0])
    case .expm1: return Programs.expm1(x[0])
    case .log1p: return Programs.log1p(x[0])
    case .hypot: return Programs.hypot(x[0], x[1])
    case .step: return orNaN(select(x[0] .>= 0, 1, 0), of: x[0])
    case .heaviside: return orNaN(select(x[0] .> 0, 1, select(x[0] .< 0, 0, 0.5)), of: x[0])
    case .mod: return x[0] - x[1] * Programs.floor(x[0] / x[1])
    case .sum: return x[0].shape.isScalar ? x[0] : x[0].sum()
    case .piecewise:
      return stride(from: x.count - 3, through: 0, by: -2).reduce(x[x.count - 1]) { otherwise, place in
        select(x[place], x[place + 1], otherwise)
      }
    }
  }
}
