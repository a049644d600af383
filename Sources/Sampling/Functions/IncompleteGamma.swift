import Foundation

/// The regularised incomplete gamma functions P(a, x), Q(a, x) and the inverse of both.
///
/// - Source: series and continued fraction of Abramowitz and Stegun 6.5.29 and 6.5.31, the fraction by the modified
///   Lentz method; Q for a < 1 from the series of A. R. DiDonato, A. H. Morris, ACM TOMS 12 (1986) 377–393.
struct IncompleteGamma {
  let shape: Double

  /// The tails at `x` > 0, and the density of log x.
  func tails(_ x: Double) -> LogTails {
    guard x > 0 else { return LogTails(logLower: -.infinity, logDensity: -.infinity) }
    let a = shape
    let logPower = logPower(x)
    let logDensity = logPower + log(a)
    if x >= a + 1 { return LogTails(logUpper: logDensity + log(fraction(x)), logDensity: logDensity) }
    var result = LogTails(logLower: logPower + log(series(x)), logDensity: logDensity)
    if a < 1, result.logLower > -0.7 {
      // 1 − P would cancel: Q = 1 − xᵃ/Γ(1 + a) · (1 + a Σ (−x)ⁿ / ((a + n) n!)).
      let leading = a * log(x) - GammaFunctions.logGamma(onePlus: a)
      result.logUpper = log(-expm1(leading) - a * exp(leading) * alternatingSeries(x))
    }
    return result
  }

  /// log(xᵃ e⁻ˣ / Γ(a + 1)).
  private func logPower(_ x: Double) -> Double {
    if shape < 1 { return shape * log(x) - x - GammaFunctions.logGamma(onePlus: shape) }
    let deviance = GammaFunctions.deviance(shape, x, difference: shape - x)
    return -GammaFunctions.stirlingError(shape) - deviance - 0.5 * log(shape) - GammaFunctions.halfLogTwoPi
  }

  /// Σ xⁿ / ((a + 1) … (a + n)) from n = 0: P is that times xᵃ e⁻ˣ / Γ(a + 1).
  private func series(_ x: Double) -> Double {
    var sum = 1.0
    var term = 1.0
    var denominator = shape
    while term > sum * 1e-17 {
      denominator += 1
      term *= x / denominator
      sum += term
    }
    return sum
  }

  /// Σ (−x)ⁿ / ((a + n) n!) from n = 1.
  private func alternatingSeries(_ x: Double) -> Double {
    var sum = 0.0
    var power = 1.0
    var n = 1.0
    while true {
      power *= -x / n
      let next = sum + power / (shape + n)
      if next == sum { return sum }
      sum = next
      n += 1
    }
  }

  /// Q divided by xᵃ e⁻ˣ / Γ(a).
  private func fraction(_ x: Double) -> Double {
    let tiny = 1e-300
    var b = x + 1 - shape
    var c = 1 / tiny
    var d = 1 / b
    var value = d
    var n = 1.0
    while true {
      let numerator = -n * (n - shape)
      b += 2
      d = 1 / nonzero(numerator * d + b, tiny)
      c = nonzero(b + numerator / c, tiny)
      let factor = c * d
      value *= factor
      if abs(factor - 1) < 2e-16 || n > 1e6 { return value }
      n += 1
    }
  }

  private func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }

  /// The x with P(a, x) = `lower` and Q(a, x) = `upper`, of which the smaller decides. NaN outside 0...1.
  func quantile(lower: Double, upper: Double) -> Double {
    guard lower >= 0, upper >= 0 else { return .nan }
    if lower == 0 { return 0 }
    if upper == 0 { return .infinity }
    let start = start(lower: lower, upper: upper)
    // P(a, x) ≤ xᵃ / Γ(a + 1), and for so small an x both are equal: the quantile underflows.
    guard start >= .leastNormalMagnitude else { return start }
    let y = LogTails.solve(lower: lower, upper: upper) { y in tails(start * exp(y)) }
    return start * exp(y)
  }

  private func start(lower: Double, upper: Double) -> Double {
    if shape >= 1 {
      // E. B. Wilson, M. M. Hilferty, PNAS 17 (1931) 684–688.
      let z = lower < upper ? StandardNormal.quantile(lower) : -StandardNormal.quantile(upper)
      let root = 1 - 1 / (9 * shape) + z / (3 * shape.squareRoot())
      if root > 0.2 { return shape * root * root * root }
    }
    let small = exp((log(lower) + GammaFunctions.logGamma(onePlus: shape)) / shape)
    if lower <= upper { return small }
    // Q(a, x) ≤ e⁻ˣ / Γ(a) for a ≤ 1 ≤ x.
    return max(small, -log(upper) - GammaFunctions.logGamma(shape))
  }
}
