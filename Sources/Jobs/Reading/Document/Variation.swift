/// One thing that varies between the members of an ensemble.
public struct Variation: Sendable {
  public let name: Located<VariedName>
  public let space: VariationSpace
}

/// What can vary: a parameter, or the start of a state (`x.start`).
public enum VariedName: Sendable, Hashable, CustomStringConvertible {
  case parameter(String)
  case start(ofState: String)

  /// The name as job files write it.
  public var description: String {
    switch self {
    case .parameter(let name): name
    case .start(let state): state + ".start"
    }
  }

  /// Reads `rho` or `x.start`.
  init(_ text: String) {
    self = text.hasSuffix(".start") ? .start(ofState: String(text.dropLast(6))) : .parameter(text)
  }
}

/// The values that something takes in an ensemble.
///
/// Grids and zips use `count` values: those listed, the points of a range (both ends among them), or the quantiles
/// (k + ½)/count of a distribution. Random, Latin-hypercube and Sobol designs draw: from the distribution, uniformly in
/// a range (in its logarithm if the scale is logarithmic), or any listed value with equal chance.
public enum VariationSpace: Sendable, Equatable {
  case range(from: Double, to: Double, count: Int?, scale: RangeScale)
  /// At least one value.
  case values([Double])
  case distribution(DistributionDescription, truncation: ClosedRange<Double>?, count: Int?)

  /// How many points the space has in a grid; `nil` if the file does not say.
  public var count: Int? {
    switch self {
    case .range(_, _, let count, _), .distribution(_, _, let count): count
    case .values(let values): values.count
    }
  }
}

/// How the points of a range are spaced.
public enum RangeScale: String, Sendable, CaseIterable {
  case linear
  /// Equal ratios between neighbours. Bounds are values, never exponents.
  case log
}

/// A probability distribution with parameters that are possible.
public enum DistributionDescription: Sendable, Equatable {
  case normal(mean: Double, standardDeviation: Double)
  /// `exp` of a normal variable with mean `log(median)` and standard deviation `sigma`.
  case lognormal(median: Double, sigma: Double)
  case uniform(low: Double, high: Double)
  /// Uniform in the logarithm, between the values `low` and `high`.
  case loguniform(low: Double, high: Double)
  case triangular(low: Double, mode: Double, high: Double)
  /// Beta on [0, 1], stretched to [`low`, `high`].
  case beta(alpha: Double, beta: Double, low: Double, high: Double)
  case gamma(shape: Double, scale: Double)
  case exponential(mean: Double)

  /// The values that can be drawn.
  public var support: ClosedRange<Double> {
    switch self {
    case .normal: -Double.infinity...Double.infinity
    case .lognormal, .gamma, .exponential: 0...Double.infinity
    case .uniform(let low, let high), .loguniform(let low, let high), .triangular(let low, _, let high),
      .beta(_, _, let low, let high):
      low...high
    }
  }
}
