/// A density that rises linearly from `low` to `mode` and falls linearly to `high`.
public struct TriangularDistribution: Distribution, Equatable {
  public let low: Double
  public let mode: Double
  public let high: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless low ≤ mode ≤ high and
  ///   low < high, all finite. The mode may be at either end.
  public init(low: Double, mode: Double, high: Double) throws(SamplingError) {
    let check = ParameterCheck(distribution: "triangular")
    try check.ordered(low: low, high: high)
    guard mode >= low, mode <= high else { throw check.failure("mode", mode, "within [\(low), \(high)]") }
    self.low = low
    self.mode = mode
    self.high = high
  }

  public var description: String { "triangular(low: \(low), mode: \(mode), high: \(high))" }
  public var support: ClosedRange<Double> { low...high }
  public var breakpoints: [Double] { mode > low && mode < high ? [mode] : [] }
  public var mean: Double { low + ((mode - low) + (high - low)) / 3 }
  public var variance: Double {
    // The usual formula, with distances from low, which do not cancel.
    let m = mode - low
    let h = high - low
    return (m * m + h * h - m * h) / 18
  }

  public func quantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    return value(lower: p, upper: 1 - p)
  }

  public func quantile(upper q: Double) -> Double {
    guard q >= 0, q <= 1 else { return .nan }
    return value(lower: 1 - q, upper: q)
  }

  public func cumulative(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    if x <= low { return 0 }
    if x >= high { return 1 }
    return x <= mode ? rise(x) : 1 - fall(x)
  }

  public func survival(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    if x <= low { return 1 }
    if x >= high { return 0 }
    return x <= mode ? 1 - rise(x) : fall(x)
  }

  private func value(lower p: Double, upper q: Double) -> Double {
    let width = high - low
    // p below the mode's cumulative, (mode − low) / width.
    if p * width <= mode - low { return min(mode, low + (p * width).squareRoot() * (mode - low).squareRoot()) }
    return max(mode, high - (q * width).squareRoot() * (high - mode).squareRoot())
  }

  private func rise(_ x: Double) -> Double { (x - low) / (high - low) * ((x - low) / (mode - low)) }
  private func fall(_ x: Double) -> Double { (high - x) / (high - low) * ((high - x) / (high - mode)) }
}
