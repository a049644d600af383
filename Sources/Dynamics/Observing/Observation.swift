import Programs

/// A number (or array) that sums up a solution, and how accurately.
public struct Observation {
  public enum Reduction: String, CaseIterable, Sendable {
    case final, initial
    /// At one time, by the solver's interpolant; at the time of an event before its action.
    case at
    /// From the start of the solution to its end, so negative for a positive value backwards in time. By three-point
    /// Gauss–Legendre quadrature of the interpolant on each step: of order 6, so as accurate as the interpolant.
    case integral
    /// The average over the interval.
    case mean
    /// By values at five points of each step's interpolant and two parabolas through the best of them: the place is found
    /// to about 1/1000 of a step, the value to the square of that.
    case maximum, minimum
    case timeOfMaximum, timeOfMinimum
  }

  public var name: String
  public var reduction: Reduction
  /// The time of `at`, a scalar.
  public var time: Staged?
  /// The part of the solution that counts, for reductions over time: scalars; the whole of it if nil. Steps end at its edges.
  public var from, until: Staged?
  /// What is observed, from time and state.
  public var value: (Staged, Staged) -> Staged

  public init(
    _ name: String, _ reduction: Reduction, time: Double? = nil, _ value: @escaping (Staged, Staged) -> Staged
  ) {
    (self.name, self.reduction, self.time, self.value) = (name, reduction, time.map { Staged($0) }, value)
  }

  /// At a time of the member.
  public init(_ name: String, at time: Staged, _ value: @escaping (Staged, Staged) -> Staged) {
    (self.name, reduction, self.time, self.value) = (name, .at, time, value)
  }

  /// Over a part of the solution.
  public init(
    _ name: String, _ reduction: Reduction, from: Staged?, until: Staged?,
    _ value: @escaping (Staged, Staged) -> Staged
  ) {
    (self.name, self.reduction, self.from, self.until, self.value) = (name, reduction, from, until, value)
  }
}

extension Observation.Reduction {
  /// Whether values are added up by a quadrature.
  var isSum: Bool {
    switch self {
    case .integral, .mean: true
    case .final, .initial, .at, .maximum, .minimum, .timeOfMaximum, .timeOfMinimum: false
    }
  }

  /// Whether the value between steps matters.
  var isOverTime: Bool {
    switch self {
    case .final, .initial, .at: false
    case .integral, .mean, .maximum, .minimum, .timeOfMaximum, .timeOfMinimum: true
    }
  }
}
