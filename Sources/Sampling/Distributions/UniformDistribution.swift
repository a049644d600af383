/// Equal density on [low, high].
public struct UniformDistribution: Distribution, Equatable {
  public let low: Double
  public let high: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless low < high, both finite.
  public init(low: Double, high: Double) throws(SamplingError) {
    try ParameterCheck(distribution: "uniform").ordered(low: low, high: high)
    self.low = low
    self.high = high
  }

  public var description: String { "uniform(low: \(low), high: \(high))" }
  public var support: ClosedRange<Double> { low...high }
  public var mean: Double { low + (high - low) / 2 }
  public var variance: Double { (high - low) * (high - low) / 12 }

  @inline(__always)
  public func quantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    // From the nearer end, so that both ends are exact; never past either, as the addition is monotone.
    return p <= 0.5 ? low + (high - low) * p : high - (high - low) * (1 - p)
  }

  public func quantile(upper q: Double) -> Double {
    guard q >= 0, q <= 1 else { return .nan }
    return q <= 0.5 ? high - (high - low) * q : low + (high - low) * (1 - q)
  }

  public func cumulative(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    return x <= low ? 0 : x >= high ? 1 : (x - low) / (high - low)
  }

  public func survival(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    return x <= low ? 1 : x >= high ? 0 : (high - x) / (high - low)
  }
}
