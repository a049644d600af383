import Foundation
import Sampling
import Testing

@Suite struct DistributionTests {
  /// The condition of a value that is a difference from an end: its error cannot be less than that of the end.
  private func floor(of distribution: any Distribution) -> Double {
    let ends = [distribution.support.lowerBound, distribution.support.upperBound].filter(\.isFinite)
    return (ends.map(abs).max() ?? 0) * 1e-15
  }

  @Test func quantilesAgreeWithFiftyDigits() throws {
    var rows = 0
    for row in try DistributionReference.all() where ["quantile", "upper"].contains(row.quantity) {
      rows += 1
      let found =
        row.quantity == "upper"
        ? row.distribution.quantile(upper: row.argument) : row.distribution.quantile(row.argument)
      // A location that cancels against a deviation leaves the rounding of the parts.
      let spread = row.distribution.support.lowerBound.isFinite ? 0 : abs(row.distribution.mean) * 1e-15
      let tolerance = abs(row.value) * 1e-13 + floor(of: row.distribution) + spread
      #expect(
        abs(found - row.value) <= tolerance,
        "\(row.distribution) \(row.quantity)(\(row.argument)) = \(found), expected \(row.value)")
    }
    #expect(rows > 250)
  }

  @Test func tailsAgreeWithFiftyDigits() throws {
    var rows = 0
    for row in try DistributionReference.all() where ["cumulative", "survival"].contains(row.quantity) {
      rows += 1
      let found =
        row.quantity == "survival"
        ? row.distribution.survival(row.argument) : row.distribution.cumulative(row.argument)
      // The argument's distance from an end carries its rounding, magnified by the distance of the tail's logarithm.
      let nearest = min(
        abs(row.argument - row.distribution.support.lowerBound), abs(row.argument - row.distribution.support.upperBound)
      )
      let condition = max(1, abs(log(row.value))) * (1 + (nearest.isFinite ? abs(row.argument) / nearest : 0))
      let tolerance = row.value * 2e-14 * condition
      #expect(
        abs(found - row.value) <= tolerance,
        "\(row.distribution) \(row.quantity)(\(row.argument)) = \(found), expected \(row.value)")
    }
    #expect(rows > 500)
  }

  @Test func meansAndVariancesAgreeWithReferences() throws {
    for row in try DistributionReference.all() where ["mean", "variance"].contains(row.quantity) {
      let found = row.quantity == "mean" ? row.distribution.mean : row.distribution.variance
      let tolerance = row.distribution.description.contains("truncated") ? 1e-9 : 1e-12
      #expect(
        abs(found - row.value) <= abs(row.value) * tolerance,
        "\(row.distribution) \(row.quantity) = \(found), expected \(row.value)")
    }
  }

  @Test func cumulativeUndoesQuantile() throws {
    for distribution in try manyDistributions() {
      for step in 1..<400 {
        let p = Double(step) / 400
        #expect(abs(distribution.cumulative(distribution.quantile(p)) - p) < 1e-12, "\(distribution) at \(p)")
        #expect(abs(distribution.survival(distribution.quantile(upper: p)) - p) < 1e-12, "\(distribution) at \(p)")
      }
    }
  }

  @Test func quantilesRiseAndStayInTheSupport() throws {
    for distribution in try manyDistributions() {
      var last = distribution.support.lowerBound
      var probabilities: [Double] = [0x1p-53, 1e-12, 1e-6]
      for step in 1..<2000 { probabilities.append(Double(step) / 2000) }
      probabilities += [1 - 1e-6, 1 - 1e-12, 1 - 0x1p-53]
      for p in probabilities {
        let value = distribution.quantile(p)
        #expect(distribution.support.contains(value), "\(distribution) at \(p) is \(value)")
        #expect(value >= last, "\(distribution) falls at \(p)")
        last = value
      }
    }
  }

  @Test func endsOfProbabilityAreEndsOfSupport() throws {
    for distribution in try manyDistributions() {
      #expect(distribution.quantile(0) == distribution.support.lowerBound)
      #expect(distribution.quantile(1) == distribution.support.upperBound)
      #expect(distribution.quantile(upper: 1) == distribution.support.lowerBound)
      #expect(distribution.quantile(upper: 0) == distribution.support.upperBound)
      for outside in [-0.1, 1.1, .nan] {
        #expect(distribution.quantile(outside).isNaN, "\(distribution) at \(outside)")
        #expect(distribution.quantile(upper: outside).isNaN, "\(distribution) at \(outside)")
      }
      #expect(distribution.cumulative(-.infinity) == 0 && distribution.cumulative(.infinity) == 1)
      #expect(distribution.survival(-.infinity) == 1 && distribution.survival(.infinity) == 0)
      #expect(distribution.cumulative(.nan).isNaN && distribution.survival(.nan).isNaN)
    }
  }

  @Test func extremeShapesStillInvert() throws {
    let distributions: [any Distribution] = [
      try GammaDistribution(shape: 1e-3, scale: 1), try GammaDistribution(shape: 1e6, scale: 1),
      try BetaDistribution(alpha: 1e-2, beta: 1e-2), try BetaDistribution(alpha: 1e6, beta: 1e6),
      try BetaDistribution(alpha: 1, beta: 1), try BetaDistribution(alpha: 1e5, beta: 0.3),
    ]
    for distribution in distributions {
      for p in [1e-9, 0.01, 0.3, 0.5] {
        let (low, high) = (distribution.quantile(p), distribution.quantile(upper: p))
        // A value near 1 has few digits left of its distance to it; one that underflows or meets an end has none.
        func tolerance(_ x: Double) -> Double {
          guard x > 1e-300, x != distribution.support.upperBound else { return .infinity }
          return 1e-9 + 4e-16 / abs(distribution.support.upperBound - x)
        }
        #expect(abs(distribution.cumulative(low) / p - 1) <= tolerance(low), "\(distribution) at \(p)")
        #expect(abs(distribution.survival(high) / p - 1) <= tolerance(high), "\(distribution) above at \(p)")
      }
    }
  }

  @Test func truncationKeepsTheShapeInside() throws {
    let base = try NormalDistribution(mean: 3, standardDeviation: 2)
    let cut = try base.truncated(to: 1...4)
    let mass = base.cumulative(4) - base.cumulative(1)
    for x in [1.2, 2, 3, 3.9] {
      #expect(abs(cut.cumulative(x) - (base.cumulative(x) - base.cumulative(1)) / mass) < 1e-14)
      #expect(abs(cut.cumulative(x) + cut.survival(x) - 1) < 1e-14)
    }
    let twice = try cut.truncated(to: 0...2)
    #expect(twice.support == 1...2)
    #expect(abs(twice.quantile(0.5) - (try base.truncated(to: 1...2).quantile(0.5))) < 1e-14)
  }

  @Test func truncationFarOutKeepsItsDigits() throws {
    // Given z > 30, the excess is nearly exponential with rate 30: the median is near 30 + log 2 / 30.
    let tail = try NormalDistribution(mean: 0, standardDeviation: 1).truncated(to: 30 ... .infinity)
    #expect(abs(tail.quantile(0.5) - 30.023_078) < 1e-5)
    let mirrored = try NormalDistribution(mean: 0, standardDeviation: 1).truncated(to: -.infinity ... -30)
    #expect(abs(mirrored.quantile(0.5) + tail.quantile(0.5)) < 1e-13)
  }
}

@Suite struct DistributionRefusalTests {
  private func message(_ body: () throws(SamplingError) -> some Any) -> String {
    do throws(SamplingError) {
      _ = try body()
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func impossibleParametersAreRefusedByName() {
    #expect(
      message { () throws(SamplingError) in try NormalDistribution(mean: 0, standardDeviation: -1) }
        == "normal: standard deviation must be positive and finite, but is -1.0")
    #expect(
      message { () throws(SamplingError) in try NormalDistribution(mean: .nan, standardDeviation: 1) }
        == "normal: mean must be finite, but is nan")
    #expect(
      message { () throws(SamplingError) in try UniformDistribution(low: 2, high: 2) }
        == "uniform: high must be greater than low (2.0), but is 2.0")
    #expect(
      message { () throws(SamplingError) in try UniformDistribution(low: -1.5e308, high: 1.5e308) }
        .hasPrefix("uniform: high must be within"))
    #expect(
      message { () throws(SamplingError) in try LogUniformDistribution(low: 0, high: 1) }
        == "loguniform: low must be positive and finite, but is 0.0")
    #expect(
      message { () throws(SamplingError) in try LogNormalDistribution(logMean: 0, logStandardDeviation: 0) }
        == "lognormal: standard deviation of the logarithm must be positive and finite, but is 0.0")
    #expect(
      message { () throws(SamplingError) in try TriangularDistribution(low: 0, mode: 3, high: 2) }
        == "triangular: mode must be within [0.0, 2.0], but is 3.0")
    #expect(
      message { () throws(SamplingError) in try BetaDistribution(alpha: 0, beta: 1) }
        == "beta: alpha must be positive and finite, but is 0.0")
    #expect(
      message { () throws(SamplingError) in try BetaDistribution(alpha: 1, beta: 1, low: 1, high: 0) }
        == "beta: high must be greater than low (1.0), but is 0.0")
    #expect(
      message { () throws(SamplingError) in try GammaDistribution(shape: 2, scale: .infinity) }
        == "gamma: scale must be positive and finite, but is inf")
    #expect(message { () throws(SamplingError) in try GammaDistribution(shape: 1e9, scale: 1) }.contains("at most"))
    #expect(
      message { () throws(SamplingError) in try ExponentialDistribution(mean: 0) }
        == "exponential: mean must be positive and finite, but is 0.0")
  }

  @Test func intervalsWithoutProbabilityAreRefused() throws {
    let normal = try NormalDistribution(mean: 0, standardDeviation: 1)
    #expect(
      message { () throws(SamplingError) in try normal.truncated(to: 40...50) }
        .hasPrefix("normal(mean: 0.0, sd: 1.0) cannot be truncated to [40.0, 50.0]: the interval holds no probability"))
    #expect(throws: SamplingError.self) { try normal.truncated(to: 1...1) }
    let uniform = try UniformDistribution(low: 0, high: 1)
    #expect(throws: SamplingError.self) { try uniform.truncated(to: 2...3) }
    #expect(throws: SamplingError.self) { try uniform.truncated(to: 1...3) }
  }
}
