import Foundation
import Sampling
import Testing

/// The rows of a table in Resources, whose script tells how they were made.
func referenceRows(_ name: String) throws -> [[String]] {
  let url = try #require(Bundle.module.url(forResource: name, withExtension: "csv", subdirectory: "Resources"))
  return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst().map {
    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A row of distributions.csv.
struct DistributionReference {
  var distribution: any Distribution
  var quantity: String
  var argument: Double
  var value: Double

  static func all() throws -> [DistributionReference] {
    try referenceRows("distributions").map { row in
      DistributionReference(
        distribution: try distribution(named: row[0], row[1].split(separator: " ").map { Double($0)! }),
        quantity: row[2], argument: Double(row[3]) ?? .nan, value: Double(row[4])!)
    }
  }

  private static func distribution(named name: String, _ p: [Double]) throws -> any Distribution {
    let parts = name.split(separator: "|")
    let base: any Distribution =
      switch parts[0] {
      case "uniform": try UniformDistribution(low: p[0], high: p[1])
      case "loguniform": try LogUniformDistribution(low: p[0], high: p[1])
      case "normal": try NormalDistribution(mean: p[0], standardDeviation: p[1])
      case "lognormal": try LogNormalDistribution(logMean: p[0], logStandardDeviation: p[1])
      case "triangular": try TriangularDistribution(low: p[0], mode: p[1], high: p[2])
      case "exponential": try ExponentialDistribution(mean: p[0])
      case "gamma": try GammaDistribution(shape: p[0], scale: p[1])
      case "beta": try BetaDistribution(alpha: p[0], beta: p[1], low: p[2], high: p[3])
      default: fatalError("no distribution is called \(name)")
      }
    return parts.count == 1 ? base : try base.truncated(to: Double(parts[1])!...Double(parts[2])!)
  }
}

/// All distributions with ordinary parameters, and some truncated ones.
func manyDistributions() throws -> [any Distribution] {
  [
    try UniformDistribution(low: -3, high: 5),
    try LogUniformDistribution(low: 1e-3, high: 50),
    try NormalDistribution(mean: 1, standardDeviation: 2),
    try LogNormalDistribution(logMean: 0.3, logStandardDeviation: 0.6),
    try TriangularDistribution(low: -1, mode: 0.5, high: 4),
    try TriangularDistribution(low: 0, mode: 0, high: 1),
    try TriangularDistribution(low: 0, mode: 1, high: 1),
    try ExponentialDistribution(mean: 2.5),
    try GammaDistribution(shape: 0.4, scale: 2),
    try GammaDistribution(shape: 7, scale: 0.5),
    try BetaDistribution(alpha: 2, beta: 5, low: -2, high: 3),
    try BetaDistribution(alpha: 0.5, beta: 0.7),
    try NormalDistribution(mean: 0, standardDeviation: 1).truncated(to: -1...2),
    try NormalDistribution(mean: 0, standardDeviation: 1).truncated(to: 6...9),
    try GammaDistribution(shape: 7, scale: 0.5).truncated(to: 0...2),
    try TriangularDistribution(low: -1, mode: 0.5, high: 4).truncated(to: 0...3),
  ]
}
