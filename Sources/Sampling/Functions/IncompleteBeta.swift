import Foundation

/// The regularised incomplete beta function I(x; a, b), its complement and the inverse of both.
///
/// - Source: the continued fraction of A. R. DiDonato, A. H. Morris, Algorithm 708, ACM TOMS 18 (1992) 360–373, by the
///   modified Lentz method, on the side of the mean where it converges fast; starts of the inverse from Abramowitz and
///   Stegun 26.5.22.
struct IncompleteBeta {
  let a: Double
  let b: Double

  /// The tails at `x`, and the density of the logarithm of the odds x / (1 − x).
  ///
  /// - Parameter complement: 1 − x, which may be known better than by subtraction.
  func tails(_ x: Double, complement: Double) -> LogTails {
    guard x > 0 else { return LogTails(logLower: -.infinity, logDensity: -.infinity) }
    guard complement > 0 else { return LogTails(logUpper: -.infinity, logDensity: -.infinity) }
    // a − (a + b) x and b − (a + b) (1 − x) are opposites; the nearer end tells them more exactly.
    let difference = x <= 0.5 ? a - (a + b) * x : (a + b) * complement - b
    let logDensity = logDensity(x, complement, difference)
    if x * (a + b + 2) < a + 1 {
      let fraction = Self.fraction(x, complement, a, b, difference)
      return LogTails(logLower: logDensity - log(fraction), logDensity: logDensity)
    }
    let fraction = Self.fraction(complement, x, b, a, -difference)
    return LogTails(logUpper: logDensity - log(fraction), logDensity: logDensity)
  }

  /// log(xᵃ (1 − x)ᵇ / B(a, b)).
  private func logDensity(_ x: Double, _ complement: Double, _ difference: Double) -> Double {
    let sum = a + b
    let errors = GammaFunctions.stirlingError(sum) - GammaFunctions.stirlingError(a) - GammaFunctions.stirlingError(b)
    let left = GammaFunctions.deviance(a, sum * x, difference: difference)
    let right = GammaFunctions.deviance(b, sum * complement, difference: -difference)
    return errors - left - right + 0.5 * log(a / sum * b) - GammaFunctions.halfLogTwoPi
  }

  /// xᵃ yᵇ / (B(a, b) I(x; a, b)), with y = 1 − x.
  ///
  /// - Parameter difference: a − (a + b) x.
  private static func fraction(_ x: Double, _ y: Double, _ a: Double, _ b: Double, _ difference: Double) -> Double {
    let tiny = 1e-300
    func nonzero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var value = nonzero(a * (difference + 1) / (a + 1))
    var c = value
    var d = 0.0
    var m = 1.0
    while true {
      let e = a + 2 * m - 1
      let numerator = (a + m - 1) / e * ((a + b + m - 1) / e) * m * (b - m) * x * x
      let denominator = m + m * (b - m) * x / e + (a + m) * (difference + 1 + m * (1 + y)) / (e + 2)
      d = 1 / nonzero(denominator + numerator * d)
      c = nonzero(denominator + numerator / c)
      let factor = c * d
      value *= factor
      if abs(factor - 1) < 2e-16 || m > 1e6 { return value }
      m += 1
    }
  }

  /// The x with I(x; a, b) = `lower` and 1 − I = `upper`, of which the smaller decides, and 1 − x. NaN outside 0...1.
  func quantile(lower: Double, upper: Double) -> (x: Double, complement: Double) {
    guard lower >= 0, upper >= 0 else { return (.nan, .nan) }
    if lower == 0 { return (0, 1) }
    if upper == 0 { return (1, 0) }
    let logOdds = startLogOdds(lower: lower, upper: upper)
    // Odds that do not fit a double belong to a value at the end of the interval.
    guard abs(logOdds) < 700 else { return logOdds < 0 ? (0, 1) : (1, 0) }
    let start = exp(logOdds)
    let y = LogTails.solve(lower: lower, upper: upper) { y in
      let part = Self.part(odds: start * exp(y))
      return tails(part.x, complement: part.complement)
    }
    return Self.part(odds: start * exp(y))
  }

  private static func part(odds: Double) -> (x: Double, complement: Double) {
    odds <= 1 ? (odds / (1 + odds), 1 / (1 + odds)) : (1 / (1 + 1 / odds), 1 / odds / (1 + 1 / odds))
  }

  private func startLogOdds(lower: Double, upper: Double) -> Double {
    if a >= 1, b >= 1 {
      let z = lower < upper ? -StandardNormal.quantile(lower) : StandardNormal.quantile(upper)
      let (alpha, beta) = (1 / (2 * a - 1), 1 / (2 * b - 1))
      let l = (z * z - 3) / 6
      let h = 2 / (alpha + beta)
      let w = z * (h + l).squareRoot() / h - (beta - alpha) * (l + 5 / 6 - 2 / (3 * h))
      if w.isFinite, abs(w) < 300 { return log(a / b) - 2 * w }
    }
    // The density is near tᵃ⁻¹ on the left of the mean and near (1 − t)ᵇ⁻¹ on its right; each is integrated alone.
    let logLeft = a * log(a / (a + b)) - log(a)
    let logRight = b * log(b / (a + b)) - log(b)
    let logSum = max(logLeft, logRight) + log1p(exp(-abs(logLeft - logRight)))
    if log(lower) < logLeft - logSum {
      let logX = (log(a * lower) + logSum) / a
      return logX - log(max(1e-3, -expm1(logX)))
    }
    let logComplement = (log(b * upper) + logSum) / b
    return log(max(1e-3, -expm1(logComplement))) - logComplement
  }
}
