import Foundation

/// The Gaussian distribution.
///
/// - Note: quantiles have a relative error (of the standardised value) near 10⁻¹⁶ down to p = 10⁻³⁰⁰. Cumulatives come
///   from `erfc` and have a relative error of about 10⁻¹⁶ · z² in the tails.
public struct NormalDistribution: Distribution, Equatable {
  public let mean: Double
  /// The standard deviation, as given.
  public let deviation: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless the mean is finite and the
  ///   standard deviation positive and finite.
  public init(mean: Double, standardDeviation: Double) throws(SamplingError) {
    let check = ParameterCheck(distribution: "normal")
    try check.finite("mean", mean)
    try check.positive("standard deviation", standardDeviation)
    self.mean = mean
    deviation = standardDeviation
  }

  public var description: String { "normal(mean: \(mean), sd: \(deviation))" }
  public var support: ClosedRange<Double> { -.infinity ... .infinity }
  public var variance: Double { deviation * deviation }
  public var standardDeviation: Double { deviation }

  public func quantile(_ p: Double) -> Double { mean + deviation * StandardNormal.quantile(p) }
  public func quantile(upper q: Double) -> Double { mean - deviation * StandardNormal.quantile(q) }
  public func cumulative(_ x: Double) -> Double { StandardNormal.cumulative((x - mean) / deviation) }
  public func survival(_ x: Double) -> Double { StandardNormal.cumulative((mean - x) / deviation) }
}
