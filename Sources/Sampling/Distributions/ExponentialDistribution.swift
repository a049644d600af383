import Foundation

/// The waiting time of a constant rate 1 / mean.
public struct ExponentialDistribution: Distribution, Equatable {
  public let mean: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless the mean is positive and
  ///   finite.
  public init(mean: Double) throws(SamplingError) {
    try ParameterCheck(distribution: "exponential").positive("mean", mean)
    self.mean = mean
  }

  public var description: String { "exponential(mean: \(mean))" }
  public var support: ClosedRange<Double> { 0 ... .infinity }
  public var variance: Double { mean * mean }

  public func quantile(_ p: Double) -> Double {
    // `0 - …` because a plain minus would give −0 for p = 0.
    p >= 0 && p <= 1 ? (0 - log1p(-p)) * mean : .nan
  }
  public func quantile(upper q: Double) -> Double { q >= 0 && q <= 1 ? (0 - log(q)) * mean : .nan }
  public func cumulative(_ x: Double) -> Double { x <= 0 ? 0 : -expm1(-x / mean) }
  public func survival(_ x: Double) -> Double { x <= 0 ? 1 : exp(-x / mean) }
}
