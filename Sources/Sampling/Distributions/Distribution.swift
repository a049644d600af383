/// A continuous probability distribution over the real line, known through its quantiles and cumulatives.
///
/// Lower and upper tails are asked for separately because 1 − p cannot hold the small probabilities of an upper tail;
/// an implementation keeps each accurate in its own tail.
public protocol Distribution: Sendable, CustomStringConvertible {
  /// The closed interval outside which the density is zero; its ends may be infinite.
  var support: ClosedRange<Double> { get }
  /// Points inside the support where the density is not smooth; quadratures stop there and go on behind.
  var breakpoints: [Double] { get }
  var mean: Double { get }
  var variance: Double { get }

  /// The x below which lies the probability `p`.
  ///
  /// Edge cases: 0 and 1 give the ends of the support; NaN for `p` outside 0...1 and for NaN.
  func quantile(_ p: Double) -> Double
  /// The x above which lies the probability `q`: `quantile(1 - q)` with no digits lost where `q` is small.
  func quantile(upper q: Double) -> Double
  /// The probability of a value at or below `x`: 0 below the support, 1 above, NaN for NaN.
  func cumulative(_ x: Double) -> Double
  /// The probability of a value above `x`: `1 - cumulative(x)` with no digits lost where that is small.
  func survival(_ x: Double) -> Double
}

extension Distribution {
  public var breakpoints: [Double] { [] }

  /// The square root of the variance.
  public var standardDeviation: Double { variance.squareRoot() }

  /// This distribution given that its value lies in `interval`.
  ///
  /// The part of the interval outside the support does not count; bounds may be infinite.
  /// - Throws: ``SamplingError/noProbability(of:low:high:)`` if less than the least normal number would remain.
  public func truncated(to interval: ClosedRange<Double>) throws(SamplingError) -> any Distribution {
    try TruncatedDistribution(of: self, to: interval)
  }
}

/// Checks on parameters, in the words of the distribution that has them.
struct ParameterCheck {
  let distribution: String

  func finite(_ name: String, _ value: Double) throws(SamplingError) {
    guard value.isFinite else { throw failure(name, value, "finite") }
  }

  func positive(_ name: String, _ value: Double) throws(SamplingError) {
    guard value.isFinite, value > 0 else { throw failure(name, value, "positive and finite") }
  }

  /// Checks `low < high`, both finite, and no farther apart than a double can say.
  func ordered(low: Double, high: Double) throws(SamplingError) {
    try finite("low", low)
    try finite("high", high)
    guard low < high else { throw failure("high", high, "greater than low (\(low))") }
    guard (high - low).isFinite else {
      throw failure("high", high, "within \(Double.greatestFiniteMagnitude) of low (\(low))")
    }
  }

  func failure(_ name: String, _ value: Double, _ expected: String) -> SamplingError {
    .impossibleParameter(of: distribution, parameter: name, found: value, expected: expected)
  }
}
