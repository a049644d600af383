import Programs

/// A number (or array) that sums up a solution, and how accurately.
public struct Observation {
  public enum Reduction: String, CaseIterable, Sendable {
    case final, initial
    /// At one time, by the solver's interpolant.
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

    /// Whether the value between steps matters.
    var needsSteps: Bool {
      switch self {
      case .final, .initial, .at: false
      case .integral, .mean, .maximum, .minimum, .timeOfMaximum, .timeOfMinimum: true
      }
    }
  }

  public var name: String
  public var reduction: Reduction
  /// The time of `at`.
  public var time: Double?
  /// What is observed, from time and state.
  public var value: (Staged, Staged) -> Staged

  public init(
    _ name: String, _ reduction: Reduction, time: Double? = nil, _ value: @escaping (Staged, Staged) -> Staged
  ) {
    self.name = name
    self.reduction = reduction
    self.time = time
    self.value = value
  }
}

/// The running total of one observation: part of the solver's carry.
struct RunningObservation {
  let observation: Observation
  let interval: Double

  /// The carry before the first step.
  func initial(_ time: Staged, _ state: Staged) -> [Staged] {
    let value = observation.value(time, state)
    switch observation.reduction {
    case .final, .initial, .at: return []
    case .integral, .mean: return [value * 0]
    case .maximum, .minimum, .timeOfMaximum, .timeOfMinimum: return [value, time]
    }
  }

  /// The carry after a step; the caller keeps the old one if the step is rejected.
  func next(_ carry: [Staged], _ step: DenseOutput) -> [Staged] {
    func value(_ theta: Staged) -> Staged { observation.value(step.time(at: theta), step.state(at: theta)) }
    switch observation.reduction {
    case .final, .initial, .at: return []
    case .integral, .mean:
      // Gauss–Legendre nodes and weights on [0, 1].
      let offset = (0.6).squareRoot() / 2
      let ends = value(Staged(0.5 - offset)) + value(Staged(0.5 + offset))
      let middle = value(0.5)
      return [carry[0] + step.length * (Staged(5.0 / 18) * ends + Staged(8.0 / 18) * middle)]
    case .maximum, .timeOfMaximum: return extreme(carry, step, 1, value)
    case .minimum, .timeOfMinimum: return extreme(carry, step, -1, value)
    }
  }

  /// The carry after an event has changed the state: extremes see the states on both sides of a jump.
  func jumped(_ carry: [Staged], _ time: Staged, _ state: Staged) -> [Staged] {
    let value = observation.value(time, state)
    let isBetter: Staged? =
      switch observation.reduction {
      case .final, .initial, .at, .integral, .mean: nil
      case .maximum, .timeOfMaximum: value .> carry[0]
      case .minimum, .timeOfMinimum: value .< carry[0]
      }
    guard let isBetter else { return carry }
    return [select(isBetter, value, carry[0]), select(isBetter, time, carry[1])]
  }

  /// The best point so far, with `sign` −1 to seek a minimum.
  private func extreme(_ carry: [Staged], _ step: DenseOutput, _ sign: Double, _ value: (Staged) -> Staged) -> [Staged]
  {
    let isGreater = { (a: Staged, b: Staged) in sign > 0 ? a .> b : a .< b }
    let nodes = [0, 0.25, 0.5, 0.75, 1.0]
    let values = nodes.map { value(Staged($0)) }
    // The best of the three inner nodes stands in the middle of the first parabola.
    var (middle, before, at, after) = (Staged(nodes[1]), values[0], values[1], values[2])
    for node in 2...3 {
      let isBetter = isGreater(values[node], at)
      middle = select(isBetter, Staged(nodes[node]), middle)
      before = select(isBetter, values[node - 1], before)
      after = select(isBetter, values[node + 1], after)
      at = select(isBetter, values[node], at)
    }
    let first = vertex(middle, before, at, after, spacing: 0.25)
    let width = 1.0 / 32
    let center = min(max(first, Staged(width)), Staged(1 - width))
    let atCenter = value(center)
    let second = vertex(center, value(center - Staged(width)), atCenter, value(center + Staged(width)), spacing: width)
    var best = (value: carry[0], time: carry[1])
    for (theta, candidate) in [(second, value(second)), (center, atCenter), (1, values[4])] {
      let isBetter = isGreater(candidate, best.value)
      best = (select(isBetter, candidate, best.value), select(isBetter, step.time(at: theta), best.time))
    }
    return [best.value, best.time]
  }

  /// Where the parabola through three points has its extreme, kept within the points and within the step.
  private func vertex(_ middle: Staged, _ before: Staged, _ at: Staged, _ after: Staged, spacing: Double) -> Staged {
    let curvature = before - 2 * at + after
    // The quotient that is not chosen must not divide by zero: its derivative would not be a number.
    let isStraight = curvature .== 0
    let shift = select(isStraight, 0, 0.5 * ((before - after) / select(isStraight, 1, curvature)))
    let bounded = min(max(shift, -1), 1)
    return min(max(middle + Staged(spacing) * bounded, 0), 1)
  }

  /// The observation once the solution has ended.
  /// - Parameter duration: how long it was, if an event may have stopped it.
  func result(_ carry: [Staged], duration: Staged?) -> Staged? {
    switch observation.reduction {
    case .final, .initial, .at: nil
    case .integral, .maximum, .minimum: carry[0]
    case .mean: duration.map { carry[0] / $0 } ?? carry[0] * Staged(1 / interval)
    case .timeOfMaximum, .timeOfMinimum: carry[1]
    }
  }
}
