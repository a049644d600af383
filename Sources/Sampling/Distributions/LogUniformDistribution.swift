import Foundation

/// A value whose logarithm is uniform: equal probability for every factor, on [low, high] with 0 < low.
///
/// Bounds are values, never exponents.
/// - Note: quantiles have a relative error of a few units of 10⁻¹⁶ times the logarithm of high / low.
public struct LogUniformDistribution: Distribution, Equatable {
  public let low: Double
  public let high: Double
  /// log(high / low).
  let logWidth: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless 0 < low < high, both finite.
  public init(low: Double, high: Double) throws(SamplingError) {
    let check = ParameterCheck(distribution: "loguniform")
    try check.positive("low", low)
    try check.ordered(low: low, high: high)
    self.low = low
    self.high = high
    logWidth = (high / low).isFinite ? log(high / low) : log(high) - log(low)
  }

  public var description: String { "loguniform(low: \(low), high: \(high))" }
  public var support: ClosedRange<Double> { low...high }
  public var mean: Double { (high - low) / logWidth }

  public var variance: Double {
    // E[x²] − E[x]² in terms of the half width h of the logarithm: mid² · (sinh 2h / 2h − (sinh h / h)²).
    let h = logWidth / 2
    let mid = low.squareRoot() * high.squareRoot()
    if h < 0.1 {
      // The difference cancels to h²/3 for narrow ranges: its Taylor series from the two quotients'.
      let s = h * h
      return mid * mid * s * (1 / 3 + s * (4 / 45 + s * (1 / 105 + s * (8 / 14_175 + s * (2 / 93_555)))))
    }
    return mid * mid * (sinh(2 * h) / (2 * h) - (sinh(h) / h) * (sinh(h) / h))
  }

  @inline(__always)
  public func quantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    return p <= 0.5 ? min(high, low * exp(logWidth * p)) : max(low, high * exp(-logWidth * (1 - p)))
  }

  public func quantile(upper q: Double) -> Double {
    guard q >= 0, q <= 1 else { return .nan }
    return q <= 0.5 ? max(low, high * exp(-logWidth * q)) : min(high, low * exp(logWidth * (1 - q)))
  }

  public func cumulative(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    return x <= low ? 0 : x >= high ? 1 : min(1, logQuotient(x, low) / logWidth)
  }

  public func survival(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    return x <= low ? 1 : x >= high ? 0 : min(1, logQuotient(high, x) / logWidth)
  }

  /// log(a / b) for a ≥ b > 0, also where they are so near that the quotient rounds, or so far that it overflows.
  private func logQuotient(_ a: Double, _ b: Double) -> Double {
    let excess = (a - b) / b
    return excess.isFinite ? log1p(excess) : log(a) - log(b)
  }
}
