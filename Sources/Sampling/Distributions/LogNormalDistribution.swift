import Foundation

/// A positive value whose natural logarithm is normal.
///
/// The parameters are those of the logarithm: the median is exp(logMean).
/// - Note: a quantile's relative error is about 10⁻¹⁶ times the magnitude of its logarithm.
public struct LogNormalDistribution: Distribution, Equatable {
  /// The mean of the logarithm.
  public let logMean: Double
  /// The standard deviation of the logarithm.
  public let logDeviation: Double

  /// - Throws: ``SamplingError/impossibleParameter(of:parameter:found:expected:)`` unless the logarithm's mean is finite
  ///   and its standard deviation positive and finite.
  public init(logMean: Double, logStandardDeviation: Double) throws(SamplingError) {
    let check = ParameterCheck(distribution: "lognormal")
    try check.finite("mean of the logarithm", logMean)
    try check.positive("standard deviation of the logarithm", logStandardDeviation)
    self.logMean = logMean
    logDeviation = logStandardDeviation
  }

  public var description: String { "lognormal(log mean: \(logMean), log sd: \(logDeviation))" }
  public var support: ClosedRange<Double> { 0 ... .infinity }
  public var mean: Double { exp(logMean + logDeviation * logDeviation / 2) }
  public var variance: Double {
    let square = logDeviation * logDeviation
    return expm1(square) * exp(2 * logMean + square)
  }

  public func quantile(_ p: Double) -> Double { exp(logMean + logDeviation * StandardNormal.quantile(p)) }
  public func quantile(upper q: Double) -> Double { exp(logMean - logDeviation * StandardNormal.quantile(q)) }

  public func cumulative(_ x: Double) -> Double {
    x <= 0 ? 0 : StandardNormal.cumulative((log(x) - logMean) / logDeviation)
  }

  public func survival(_ x: Double) -> Double {
    x <= 0 ? 1 : StandardNormal.cumulative((logMean - log(x)) / logDeviation)
  }
}
