import Programs

/// What names stand for, and the meaning of expressions over them as staged values.
///
/// Expressions were checked when the job was read, so every name resolves and every kind fits.
struct Environment {
  private var values: [String: Staged]

  init(_ values: [String: Staged]) {
    self.values = values.merging(Expression.constants.mapValues { Staged($0) }) { given, _ in given }
  }

  subscript(name: String) -> Staged? {
    get { values[name] }
    set { values[name] = newValue }
  }

  func value(of expression: Expression) -> Staged {
    switch expression {
    case .number(let number, _): return Staged(number)
    case .name(let name, _):
      guard let value = values[name] else { preconditionFailure("the name '\(name)' was not checked") }
      return value
    case .negate(let operand, _): return -value(of: operand)
    case .not(let operand, _): return .!value(of: operand)
    case .index(let operand, let position, _): return value(of: operand)[position]
    case .binary(let operation, let left, let right, _):
      return binary(operation, value(of: left), value(of: right))
    case .call(let name, let arguments, _):
      guard let function = KnownFunction(rawValue: name) else {
        preconditionFailure("the function '\(name)' was not checked")
      }
      return call(function, arguments.map(value))
    }
  }

  private func binary(_ operation: BinaryOperator, _ a: Staged, _ b: Staged) -> Staged {
    switch operation {
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

  /// Whole powers of moderate size are products, which is faster and at least as accurate as `pow`; so is a root.
  private func raised(_ base: Staged, _ exponent: Staged) -> Staged {
    guard let known = exponent.literal, exponent.shape.isScalar else { return pow(base, exponent) }
    if known[0] == 0.5 { return sqrt(base) }
    if known[0] == known[0].rounded(), abs(known[0]) <= 16 { return power(base, Int(known[0])) }
    return pow(base, exponent)
  }

  private func call(_ function: KnownFunction, _ x: [Staged]) -> Staged {
    switch function {
    case .exp: return exp(x[0])
    case .log: return log(x[0])
    case .log10: return log10(x[0])
    case .log2: return log2(x[0])
    case .sqrt: return sqrt(x[0])
    case .cbrt: return sign(x[0]) * pow(abs(x[0]), Staged(1.0 / 3))
    case .abs: return abs(x[0])
    case .sign: return sign(x[0])
    case .floor: return floor(x[0])
    case .ceil: return ceil(x[0])
    case .min: return x.dropFirst().reduce(x[0]) { Programs.min($0, $1) }
    case .max: return x.dropFirst().reduce(x[0]) { Programs.max($0, $1) }
    case .pow: return raised(x[0], x[1])
    case .sin: return sin(x[0])
    case .cos: return cos(x[0])
    case .tan: return tan(x[0])
    case .asin: return asin(x[0])
    case .acos: return acos(x[0])
    case .atan: return atan(x[0])
    case .atan2: return atan2(x[0], x[1])
    case .sinh: return sinh(x[0])
    case .cosh: return cosh(x[0])
    case .tanh: return tanh(x[0])
    case .asinh: return asinh(x[0])
    case .acosh: return acosh(x[0])
    case .atanh: return atanh(x[0])
    case .erf: return erf(x[0])
    case .lgamma: return lgamma(x[0])
    case .expm1: return expm1(x[0])
    case .log1p: return log1p(x[0])
    case .hypot: return sqrt(x[0] * x[0] + x[1] * x[1])
    case .step: return select(x[0] .>= 0, 1, 0)
    case .heaviside: return select(x[0] .> 0, 1, select(x[0] .< 0, 0, 0.5))
    case .mod: return x[0] - x[1] * floor(x[0] / x[1])
    case .sum: return x[0].shape.isScalar ? x[0] : x[0].sum()
    case .piecewise:
      return stride(from: x.count - 3, through: 0, by: -2).reduce(x[x.count - 1]) { otherwise, place in
        select(x[place], x[place + 1], otherwise)
      }
    }
  }
}
