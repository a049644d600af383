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
    /// A condition over everything becomes true.
    case becomesTrue(Located<Expression>)
    /// These times; those that are numbers increase.
    case at([TimeValue])
    /// Times this far apart. Bounds that are `nil` are those of the solution.
    case every(Located<TimeValue>, from: TimeValue?, until: TimeValue?)
  }

  public enum Action: Sendable {
    case stop
    /// New values and a phase, if any; else the event is only counted.
    case proceed(set: [StateExpression], next: Located<String>?)
  }

  public let name: Located<String>
  public let trigger: Trigger
  public let action: Action
  /// The phases it belongs to; `nil` for all.
  public let phases: [Located<String>]?
  /// Whether a condition that is true at the start makes it happen there.
  public var happensAtStart = false
  /// Over everything; of events of one time the one with the largest goes first.
  public var priority: Located<Expression>?
  /// Whether it happens even if its condition is no longer true when its turn comes.
  public var isPersistent = true
  /// Over everything: the time between trigger and action.
  public var delay: Located<Expression>?
  /// Whether a delayed event sets the values from the time of its trigger.
  public var takesValuesFromTrigger = true
}

extension EventDescription.Trigger {
  /// The times of an event at times that are numbers, within a solution; `nil` for others.
  func times(from start: Double, until end: Double) -> [Double]? {
    switch self {
    case .crossing, .becomesTrue: return nil
    case .at(let times):
      let numbers = times.compactMap(\.constant)
      return numbers.count == times.count ? numbers : nil
    case .every(let interval, let from, let until):
      guard let interval = interval.value.constant, from == nil || from?.constant != nil,
        until == nil || until?.constant != nil
      else { return nil }
      let (first, last) = (from?.constant ?? start, until?.constant ?? end)
      // As saved times are: each from the first, so that no rounding accumulates, and both meet at the same numbers.
      return SaveTimes.every(interval).values(from: first, until: max(min(last, end), first))
    }
  }
}
