import Dynamics
import Programs

/// A part of a solution in which some states have other rates.
public struct PhaseDescription: Sendable {
  public let name: Located<String>
  /// By state; the others keep the model's rate.
  public let rates: [StateExpression]
}

/// What a state has in a phase, or gets in an event.
public struct StateExpression: Sendable {
  public let state: Located<String>
  /// Over everything.
  public let expression: Located<Expression>
}

/// Something that happens at an instant of a solution.
public struct EventDescription: Sendable {
  public enum Trigger: Sendable {
    /// An expression over everything passes through zero.
    case crossing(Located<Expression>, Event.Direction)
    /// Increasing times.
    case at([Double])
    /// Times this far apart. Bounds that are `nil` are those of the solution.
    case every(Located<Double>, from: Double?, until: Double?)
  }

  public enum Action: Sendable {
    case stop
    /// At least one new value, or a phase.
    case proceed(set: [StateExpression], next: Located<String>?)
  }

  public let name: Located<String>
  public let trigger: Trigger
  public let action: Action
  /// The phases it belongs to; `nil` for all.
  public let phases: [Located<String>]?
}

extension EventDescription.Trigger {
  /// The times of an event at known times, within a solution; `nil` for one with a condition.
  func times(from start: Double, until end: Double) -> [Double]? {
    switch self {
    case .crossing: nil
    case .at(let times): times
    case .every(let interval, let from, let until):
      // As saved times are: each from the first, so that no rounding accumulates, and both meet at the same numbers.
      SaveTimes.every(interval.value).values(from: from ?? start, until: max(min(until ?? end, end), from ?? start))
    }
  }
}
