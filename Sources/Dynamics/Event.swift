import Programs

/// Something that happens at an instant of a solution: it ends the solution, changes the state, or begins another phase.
///
/// Events happen from the start of a solution on and before its end, each at most once at an instant. The condition is
/// looked at on the solution between events: a jump that an action makes over a condition's zero does not count, nor does
/// a condition that is zero at the start, or after an action, and moves away from there. Events at one time follow each
/// other in the order in which they are listed, each acting on the state that the one before has left, as long as they
/// belong to the phase reached by then.
public struct Event {
  /// Which passage through zero counts, in the direction of the solution.
  public enum Direction: String, CaseIterable, Sendable {
    case rising, falling, both
  }

  public enum Trigger {
    /// A scalar condition, from time and state, passes through zero.
    ///
    /// The time is found on the step's interpolant to the last digits, and its derivative follows the implicit-function
    /// theorem. Four points a step are looked at: two passages between neighbouring ones are missed; so is a touch. Where a
    /// condition passes through zero with a slope of zero the time has no derivative, and derivatives that
    /// depend on it are not finite.
    case crossing(Direction, (_ time: Staged, _ state: Staged) -> Staged)
    /// These times, in the order of the solution: steps end there, so none is missed. Those before the start or not before
    /// the end are left out.
    case times([Double])
  }

  public enum Action {
    /// Ends the solution; events of the same time that are listed later do not happen.
    case stop
    /// Goes on from another state `[n]`, if there is a change, in another phase, if one is named.
    case proceed(change: ((_ time: Staged, _ state: Staged) -> Staged)?, next: String?)
  }

  public var name: String
  public var trigger: Trigger
  public var action: Action
  /// The names of the phases that the event belongs to; nil for all.
  public var phases: [String]?

  public init(_ name: String, _ trigger: Trigger, _ action: Action, during phases: [String]? = nil) {
    (self.name, self.trigger, self.action, self.phases) = (name, trigger, action, phases)
  }
}

extension Event.Action {
  /// Goes on from another state `[n]`, in the same phase.
  public static func set(_ change: @escaping (_ time: Staged, _ state: Staged) -> Staged) -> Self {
    .proceed(change: change, next: nil)
  }

  /// Goes on from the same state in another phase.
  public static func next(_ phase: String) -> Self { .proceed(change: nil, next: phase) }
}

/// A part of a solution with rates of its own.
public struct Phase {
  public var name: String
  /// From time (a scalar) and state `[n]` to rates `[n]`. Rates of all phases are evaluated for all states, and those of
  /// the present phase are chosen; so each must be finite, with its derivatives, wherever a solution goes.
  public var rates: (_ time: Staged, _ state: Staged) -> Staged

  public init(_ name: String, rates: @escaping (Staged, Staged) -> Staged) {
    (self.name, self.rates) = (name, rates)
  }
}
