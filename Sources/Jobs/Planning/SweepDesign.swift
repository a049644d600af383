import Foundation
import Sampling

/// What varies in an ensemble, and the design that says how.
struct SweepDesign {
  /// A column of the design each.
  let varied: [VariedName]
  let design: Design

  /// - Parameters:
  ///   - base: the model's own value of each name, for designs of a union that leave a name alone.
  ///   - points: the members of each table.
  /// - Throws: `DesignProblem` naming the part of the job that cannot be sampled.
  init(_ document: JobDocument, points: (TableReference) throws -> TablePoints, base: (VariedName) -> Double) throws {
    var designs: [Design] = []
    for (position, description) in document.designs.enumerated() {
      do {
        designs.append(
          try Self.design(description, document, isAlone: document.designs.count == 1, number: position, points))
      } catch let error as SamplingError {
        throw DesignProblem(path: document.path, line: description.location.line, key: "design", reason: "\(error)")
      }
    }
    let names = designs.flatMap(\.names)
    let values = Dictionary(names.map { ($0, base(VariedName($0))) }) { first, _ in first }
    do {
      design = designs.count == 1 ? designs[0] : try .union(designs, base: values)
    } catch {
      let line = document.designs.first?.location.line ?? 0
      throw DesignProblem(path: document.path, line: line, key: "design", reason: "\(error)")
    }
    varied = design.names.map { VariedName($0) }
  }

  private static func design(
    _ description: DesignDescription, _ document: JobDocument, isAlone: Bool, number: Int,
    _ points: (TableReference) throws -> TablePoints
  ) throws -> Design {
    let variations = document.vary
    // Designs of a union with the same seed would repeat each other's points.
    func seed(_ seed: UInt64) -> UInt64 { isAlone ? seed : seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15 }
    func axes() throws -> [Axis] { try variations.map { try axis($0, document.path) } }
    switch description {
    case .grid: return try .grid(axes())
    case .random(let count, let given, _): return try .random(axes(), count: count, seed: seed(given))
    case .latinHypercube(let count, let given, _):
      return try .latinHypercube(axes(), count: count, seed: seed(given))
    case .sobol(let count, let given, _): return try .sobol(axes(), count: count, seed: seed(given))
    case .table(let table, _):
      let points = try points(table)
      return try .table(names: points.names.map(\.description), columns: points.values)
    case .zip(let groups, _):
      let grouped = Set(groups.flatMap(\.members))
      var factors: [Design.Factor] = []
      var placed: Set<String> = []
      // Factors stand where their first member stands in the job.
      for variation in variations {
        guard grouped.contains(variation.name.value) else {
          factors.append(.axis(try axis(variation, document.path)))
          continue
        }
        guard let group = groups.first(where: { $0.members.contains(variation.name.value) }),
          placed.insert(group.name).inserted
        else { continue }
        let members = variations.filter { group.members.contains($0.name.value) }
        factors.append(.group(name: group.name, axes: try members.map { try axis($0, document.path) }))
      }
      return try .zip(factors)
    }
  }

  private static func axis(_ variation: Variation, _ path: String) throws -> Axis {
    do {
      return try axis(variation)
    } catch {
      throw DesignProblem(
        path: path, line: variation.name.location.line, key: "vary.\(variation.name.value)", reason: "\(error)")
    }
  }

  private static func axis(_ variation: Variation) throws(SamplingError) -> Axis {
    let name = variation.name.value.description
    switch variation.space {
    case .values(let values): return try Axis(name: name, values: values)
    case .range(let from, let to, let count, let scale):
      return try Axis(name: name, from: from, to: to, count: count, scale: scale == .log ? .logarithmic : .linear)
    case .distribution(let description, let truncation, let count):
      var distribution = try distribution(description)
      if let truncation { distribution = try distribution.truncated(to: truncation) }
      return try Axis(name: name, distribution: distribution, count: count)
    }
  }

  private static func distribution(_ description: DistributionDescription) throws(SamplingError) -> any Distribution {
    switch description {
    case .normal(let mean, let deviation): try NormalDistribution(mean: mean, standardDeviation: deviation)
    case .lognormal(let median, let sigma):
      try LogNormalDistribution(logMean: Foundation.log(median), logStandardDeviation: sigma)
    case .uniform(let low, let high): try UniformDistribution(low: low, high: high)
    case .loguniform(let low, let high): try LogUniformDistribution(low: low, high: high)
    case .triangular(let low, let mode, let high): try TriangularDistribution(low: low, mode: mode, high: high)
    case .beta(let alpha, let beta, let low, let high):
      try BetaDistribution(alpha: alpha, beta: beta, low: low, high: high)
    case .gamma(let shape, let scale): try GammaDistribution(shape: shape, scale: scale)
    case .exponential(let mean): try ExponentialDistribution(mean: mean)
    }
  }
}

/// A part of a job that was read but cannot be planned.
public struct DesignProblem: Error, Sendable, CustomStringConvertible {
  public let path: String
  public let line: Int
  public let key: String
  public let reason: String

  /// - Parameter key: the path of a key, as `vary.rho`.
  public init(path: String, line: Int, key: String, reason: String) {
    (self.path, self.line, self.key, self.reason) = (path, line, key, reason)
  }

  public var description: String { "\(path):\(line): \(key): \(reason)" }
}
