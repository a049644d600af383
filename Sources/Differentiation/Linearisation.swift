import Programs
import RealModule

/// How a small change of an operand changes the result, component by component: from the operand's tangent to the
/// result's, and, as it is diagonal, also from the result's cotangent to the operand's.
typealias Slope = (Staged) -> Staged

/// The slope of a function at x, where the function's value is y.
///
/// Edge cases: at a jump (sign, floor, ceiling) zero; |x| has the slope 0 at 0; sqrt, acosh, asin and their like have
/// what IEEE arithmetic gives at the ends of their domain (±infinity, or NaN against a zero tangent).
func slope(of function: UnaryFunction, _ x: Staged, _ y: Staged) -> Slope {
  switch function {
  case .negate: { -$0 }
  case .absolute: { $0 * sign(x) }
  case .sign, .floor, .ceiling: { _ in Staged.zero(x.shape) }
  case .squareRoot: { 0.5 * $0 / y }
  case .exp: { $0 * y }
  case .expm1: { $0 * (y + 1) }
  case .log: { $0 / x }
  case .log1p: { $0 / (1 + x) }
  case .log2: { $0 / (x * Staged(Double.log(2))) }
  case .log10: { $0 / (x * Staged(Double.log(10))) }
  case .sin: { $0 * cos(x) }
  case .cos: { -($0 * sin(x)) }
  case .tan: { $0 * (1 + y * y) }
  case .asin: { $0 / sqrt((1 - x) * (1 + x)) }
  case .acos: { -($0 / sqrt((1 - x) * (1 + x))) }
  case .atan: { $0 / (1 + x * x) }
  case .sinh: { $0 * cosh(x) }
  case .cosh: { $0 * sinh(x) }
  case .tanh: { $0 * ((1 - y) * (1 + y)) }
  case .asinh: { $0 / sqrt(x * x + 1) }
  case .acosh: { $0 / sqrt((x - 1) * (x + 1)) }
  case .atanh: { $0 / ((1 - x) * (1 + x)) }
  case .erf: { $0 * (Staged(2 / Double.pi.squareRoot()) * exp(-(x * x))) }
  case .logGamma: { $0 * digamma(x) }
  }
}

extension BinaryFunction {
  /// The slopes by the first and by the second operand, at (a, b), where the function's value is y.
  ///
  /// Edge cases: where `minimum` and `maximum` meet, the operand that is taken (the second) has all of the slope, and where
  /// either is NaN; a power has the slope 0 by its base where the exponent is 0, and by its exponent where the base is 0.
  func slopes(_ a: Staged, _ b: Staged, _ y: Staged) -> (Slope, Slope) {
    switch self {
    case .add: ({ $0 }, { $0 })
    case .subtract: ({ $0 }, { -$0 })
    case .multiply: ({ $0 * b }, { $0 * a })
    case .divide: ({ $0 / b }, { -(($0 / b) * y) })
    case .power:
      (
        { $0 * select(b .== 0, 0, b * pow(a, b - 1)) },
        { $0 * select(a .== 0, 0, y * log(a)) }
      )
    case .minimum: ({ select(a .< b, $0, 0) }, { select(a .< b, 0, $0) })
    case .maximum: ({ select(b .< a, $0, 0) }, { select(b .< a, 0, $0) })
    case .atan2: ({ $0 * b / (a * a + b * b) }, { -($0 * a / (a * a + b * b)) })
    }
  }
}

/// The logarithmic derivative of the gamma function, to about 1e-14 relative to max(1, |ψ(x)|).
///
/// Below 1/2 by reflection, ψ(x) = ψ(1 − x) − π / tan(πx); then eight steps of ψ(x) = ψ(x + 1) − 1/x to where seven terms of
/// the asymptotic series are exact to rounding. Infinite or NaN at 0 and at negative whole numbers.
/// - Source: M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 6.3.5, 6.3.7 and 6.3.18.
func digamma(_ x: Staged) -> Staged {
  let isLow = x .< 0.5
  let start = select(isLow, 1 - x, x)
  let shifted = start + 8
  let inverse = 1 / (shifted * shifted)
  let bernoulli: [Double] = [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12]
  let series = bernoulli.reversed().reduce(Staged(0)) { (Staged($1) + $0) * inverse }
  let steps = (0..<8).reduce(Staged(0)) { $0 + 1 / (start + Staged(Double($1))) }
  let high = log(shifted) - 0.5 / shifted - series - steps
  // The tangent has the period 1: taking whole numbers off keeps its argument small.
  let phase = Staged(Double.pi) * (x - floor(x))
  return select(isLow, high - Staged(Double.pi) / tan(phase), high)
}
