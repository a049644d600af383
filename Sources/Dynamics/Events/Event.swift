import Programs

/// Something that happens at an instant of a solution: it ends the solution, changes the state, or begins another phase.
///
/// Events happen from the start of a solution on and before its end. One with a condition happens when the condition
/// becomes true, be it along the solution or by what another event does; a condition that is true at the start has not
/// become true, nor has one that is zero at the start, or after an action, and moves on. Events of one time follow each
/// other by priority, then in the order in which they are listed, each acting on the state that the one before has left,
/// as long as they belong to the phase reached by then.
public struct Event {
  /// Which passage through zero counts, in the direction of the solution.
  public enum Direction: String, CaseIterable, Sendable {
    case rising, falling, both
  }

  public enum Trigger {
    /// A scalar condition, from time and state, passes through zero.
    ///
    /// The time is found on the step's interpolant to the last digits, and its derivative follows the implicit-function
    /// theorem; where the condition is a straight line in time, the time is known before. Four points a step are looked at,
    /// and where the condition turns towards zero between them; a touch is no passage. Where a condition passes through zero
    /// with a slope of zero the time has no derivative, and derivatives that depend on it are not finite.
    case crossing(Direction, (_ time: Staged, _ state: Staged) -> Staged)
    /// A boolean scalar, from time and state, becomes true. Its comparisons are searched for as crossings are.
    case becomesTrue((_ time: Staged, _ state: Staged) -> Staged)
    /// These times, in the order of the solution: steps end there, so none is missed. Those before the start or not before
    /// the end are left out.
    case times([Double])
    /// These times, in any order, which may differ by member; scalars.
    case at([Staged])
    /// Times this far apart; the first and the last, which counts, are those of the solution if nil. Scalars.
    case every(_ interval: Staged, from: Staged?, until: Staged?)
  }

  public enum Action {
    /// Ends the solution; events of the same time that are listed later do not happen.
    case stop
    /// Goes on from another state `[n]`, if there is a change, in another phase, if one is named. With neither, the event is
    /// only counted.
    case proceed(change: ((_ time: Staged, _ state: Staged) -> Staged)?, next: String?)
  }

  /// Some time between trigger and action.
  public struct Delay {
    /// How long, from time and state at the trigger; what is negative counts as zero.
    public var duration: (_ time: Staged, _ state: Staged) -> Staged
    /// The components of the state that the action sets, if it sets them to values from the time of the trigger; nil if from
    /// the time of the action.
    public var valuesFromTrigger: [Int]?

    public init(valuesFromTrigger: [Int]? = nil, _ duration: @escaping (Staged, Staged) -> Staged) {
      (self.duration, self.valuesFromTrigger) = (duration, valuesFromTrigger)
    }
  }

  public var name: String
  public var trigger: Trigger
  public var action: Action
  /// The names of the phases that the event belongs to; nil for all.
  public var phases: [String]?
  /// Whether a condition that is true at the start makes the event happen there.
  public var happensAtStart = false
  /// Of events of one time the one with the largest number goes first; zero if nil.
  public var priority: ((_ time: Staged, _ state: Staged) -> Staged)?
  /// Whether the event happens even if its condition is no longer true when its turn comes.
  public var isPersistent = true
  public var delay: Delay?

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

  /// Is only counted.
  public static var count: Self { .proceed(change: nil, next: nil) }
}

/// A part of a solution with rates of its own.
public struct Phase {
  public var name: String
  /// From time (a scalar) and state `[n]` to rates `[n]`. Rates of all phases are evaluated for all states, and those of
  /// the present phase are chosen.
  public var rates: (_ time: Staged, _ state: Staged) -> Staged

  public init(_ name: String, rates: @escaping (Staged, Staged) -> Staged) {
    (self.name, self.rates) = (name, rates)
  }
}
