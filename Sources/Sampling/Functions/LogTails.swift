import Foundation

/// The two tail probabilities of a distribution at a point, and the density of the coordinate in which quantiles are
/// sought, all as natural logarithms, which neither underflow nor lose a small tail.
struct LogTails {
  var logLower: Double
  var logUpper: Double
  var logDensity: Double

  init(logLower: Double, logDensity: Double) {
    self.logLower = min(0, logLower)
    logUpper = Self.logComplement(self.logLower)
    self.logDensity = logDensity
  }

  init(logUpper: Double, logDensity: Double) {
    self.logUpper = min(0, logUpper)
    logLower = Self.logComplement(self.logUpper)
    self.logDensity = logDensity
  }

  /// log(1 − exp(x)) for x ≤ 0.
  private static func logComplement(_ x: Double) -> Double {
    x > -0.693 ? log(-expm1(x)) : log1p(-exp(x))
  }

  /// The offset y at which the smaller of the two tail probabilities, `lower` and `upper`, is met, by Newton's method on
  /// its logarithm.
  ///
  /// The density of y must be log-concave. Then both tails are log-concave too, so that the tangent of a tail's
  /// logarithm lies above it, every step lands on the side from which the following ones walk monotonically to the
  /// root, and no start can fail. A bracket guards against rounding, and long leaps from flat places are cut.
  static func solve(lower: Double, upper: Double, tails: (_ y: Double) -> LogTails) -> Double {
    let useLower = lower <= upper
    let target = useLower ? log(lower) : log(upper)
    var y = 0.0
    var bracket = -Double.infinity...Double.infinity
    var previous = Double.infinity
    for _ in 0..<200 {
      let here = tails(y)
      let value = useLower ? here.logLower : here.logUpper
      let slope = exp(here.logDensity - value)
      let excess = useLower ? value - target : target - value
      if excess == 0 { return y }
      bracket = excess < 0 ? y...bracket.upperBound : bracket.lowerBound...y
      var step = -excess / slope
      if !step.isFinite || abs(step) > 4 + abs(y) { step = excess < 0 ? 4 + abs(y) : -4 - abs(y) }
      if !bracket.contains(y + step) { step = (bracket.lowerBound + bracket.upperBound) / 2 - y }
      // Within the reach of quadratic convergence a step that does not shrink is rounding.
      if abs(step) < 1e-7, abs(step) >= previous { return y }
      y += step
      if abs(step) <= 1e-16 { return y }
      previous = abs(step)
    }
    return y
  }
}
