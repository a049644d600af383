/// Statistics of a stream of values, in memory that does not grow.
///
/// Values that are not a number are counted apart and enter nothing else.
///
/// - Note: the variance adds up as deviations from block means, so it does not cancel for values far from 0.
/// - Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Amer. Statist. 37 (1983) 242–247, eq. 2.1.
public struct Summary: Equatable, Sendable {
  /// Values that are a number.
  public private(set) var count = 0
  /// Values that are not.
  public private(set) var missing = 0
  /// NaN if there is no value.
  public private(set) var minimum = Double.nan
  public private(set) var maximum = Double.nan
  /// NaN if there is no value.
  public var mean: Double { count == 0 ? .nan : average }
  /// With count − 1 in the denominator; NaN for fewer than two values.
  public var standardDeviation: Double { count < 2 ? .nan : (deviations / Double(count - 1)).squareRoot() }

  private var average = 0.0
  private var deviations = 0.0

  public init() {}

  /// Adds a block of values.
  public mutating func add<Values: Collection<Double>>(_ values: Values) {
    var (blockCount, sum, low, high) = (0, 0.0, Double.infinity, -Double.infinity)
    for value in values where !value.isNaN {
      blockCount += 1
      sum += value
      if value < low { low = value }
      if value > high { high = value }
    }
    missing += values.count - blockCount
    guard blockCount > 0 else { return }
    let blockAverage = sum / Double(blockCount)
    var blockDeviations = 0.0
    for value in values where !value.isNaN {
      blockDeviations += (value - blockAverage) * (value - blockAverage)
    }
    minimum = count == 0 ? low : min(minimum, low)
    maximum = count == 0 ? high : max(maximum, high)
    let total = Double(count + blockCount)
    let shift = blockAverage - average
    deviations += blockDeviations + shift * shift * Double(count) * Double(blockCount) / total
    average += shift * Double(blockCount) / total
    count += blockCount
  }
}
