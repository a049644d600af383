import Programs

/// Steps that end where something happens.
extension Integration {
  /// Whether there is time left, and no event has stopped the solution.
  func isUnfinished(_ carry: Carry) -> Staged {
    let isEarlier = carry.time .< end
    guard let events, events.canStop, let state = carry.events else { return isEarlier }
    return isEarlier .& (.!state.hasStopped)
  }

  /// Moves everything but the step control over a step, if it is accepted: to its end, or to the first change on it.
  /// Where something is still to happen at the step's start, no time passes, and that happens.
  func advance(
    _ next: inout Carry, from carry: Carry, _ trial: Trial, _ accepted: Staged, pending: Staged,
    toFirstOf events: EventHandling, _ happenings: EventHandling.Carry
  ) {
    guard let branches = trial.branches else { preconditionFailure("a step with events has no branches") }
    let dense = dense(carry, trial.stages, trial.length, branches.branches)
    let arrival = events.arrival(
      happenings, branches, on: dense, trialEnd: (trial.time, trial.stages.state), isAccepted: accepted)
    let moves = accepted .| pending
    // What was due may have lost its phase: then nothing happens, and no time passes.
    let end = select(accepted, trial.stages.state, carry.state)
    let before = select(arrival.happens, dense.state(at: arrival.place), end)
    next.time = select(moves, arrival.time, carry.time)
    // What is saved and observed up to here is the solution before the event's action.
    observe(
      &next, from: carry, dense, upTo: dense.truncated(at: arrival.place), accepted, branches: branches.branches)
    let instant = stopGradient(next.time)
    let isInstant = instant .<= stopGradient(carry.time) + events.clock.spread(instant, length: trial.length)
    let acted = events.acted(arrival, on: before, isInstant: isInstant)
    next.events = happenings.replaced(
      by: zip(acted.carry.values(events), happenings.values(events)).map { select(moves, $0, $1) }[...], events)
    next.state = select(moves, acted.state, carry.state)
    guard let reached = next.events else { return }
    let now = events.branches(reached, at: next.time).branches
    let rate = events.rates(next.time, next.state, reached.phase, now)
    next.rate = select(moves, rate, carry.rate)
    for (position, observation) in running.enumerated() {
      let total = next.totals[position]
      let jumped = observation.jumped(total, next.time, next.state, branches: now, self)
      next.totals[position] = zip(total, jumped).map { select(moves .& arrival.happens, $1, $0) }
    }
  }

  /// A status for events that time does not go on between.
  func withEvents(_ status: Staged, _ next: Carry) -> Staged {
    guard let events, let state = next.events else { return status }
    return select(
      events.isStuck(state) .& isUnfinished(next) .& (status .== 0), Status.tooManyEvents.staged, status)
  }
}
