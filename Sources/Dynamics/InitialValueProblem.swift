import Programs

/// dy/dt = f(t, y) from a start: traced, so parameters are whatever staged values the rates capture.
///
///     let ball = InitialValueProblem(
///       from: 0, until: 10, start: .stack([height, 0]),
///       events: [Event("bounce", .crossing(.falling) { _, y in y[0] }, .set { _, y in .stack([y[0], -e * y[1]]) })]
///     ) { _, y in .stack([y[1], -9.81]) }
public struct InitialValueProblem {
  /// The first is where a solution begins; at least one.
  public var phases: [Phase]
  public var events: [Event]
  /// The state `[n]` at time `from`.
  public var start: Staged
  /// A scalar, which may differ by member.
  public var from: Staged
  /// A scalar: later than `from`; also earlier, if both are known while tracing.
  public var until: Staged

  /// - Parameter rates: from time (a scalar) and state `[n]` to rates `[n]`.
  public init(
    from: Double, until: Double, start: Staged, events: [Event] = [], rates: @escaping (Staged, Staged) -> Staged
  ) {
    self.init(from: from, until: until, start: start, phases: [Phase("whole", rates: rates)], events: events)
  }

  /// - Parameters:
  ///   - from: of each member.
  ///   - until: of each member; later.
  @_disfavoredOverload
  public init(
    from: Staged, until: Staged, start: Staged, events: [Event] = [], rates: @escaping (Staged, Staged) -> Staged
  ) {
    self.init(from: from, until: until, start: start, phases: [Phase("whole", rates: rates)], events: events)
  }

  /// - Precondition: there is a phase, and events name phases that are there.
  public init(from: Double, until: Double, start: Staged, phases: [Phase], events: [Event]) {
    self.init(from: Staged(from), until: Staged(until), start: start, phases: phases, events: events)
  }

  /// - Precondition: there is a phase, and events name phases that are there.
  @_disfavoredOverload
  public init(from: Staged, until: Staged, start: Staged, phases: [Phase], events: [Event]) {
    precondition(!phases.isEmpty, "a problem has at least one phase")
    (self.from, self.until, self.start, self.phases, self.events) = (from, until, start, phases, events)
  }
}

/// What a solution leaves behind, as staged values.
public struct Solution {
  /// The state at the end, `[n]`; NaN for a member that failed.
  public var final: Staged
  /// The time of the end: `until`, or when an event stopped the solution; NaN for a member that failed.
  public var time: Staged
  /// How often each event has happened, in their order; NaN for a member that failed.
  public var eventCounts: [Staged]
  /// The first and last times of the events for which they were wanted; NaN for one that has not happened.
  public var firstTimes, lastTimes: [Staged]
  /// The states `[n, times]` at the saved times, at an event's time the state before it; NaN from the time on where a
  /// member failed, or after an event stopped it.
  public var series: Staged?
  /// The observations, in order; NaN for a member that failed.
  public var observations: [Staged]
  /// A `Status` by its number.
  public var status: Staged
  public var acceptedSteps: Staged
  public var rejectedSteps: Staged
  /// How many accepted steps were short so that perturbations do not grow by the method alone; nil without that limit.
  public var limitedSteps: Staged?
  /// By part that is watched, 1 if it stayed below its absolute tolerance, not at zero, for more than half of the solution.
  public var areSmall: [Staged]
  /// Whether rates, conditions or observed values jump where no step ends for it: in arrays, or as branches were left alone.
  public var hasUnsearchedJumps: Bool
}
