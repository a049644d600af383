import Programs

/// Steps that end where an event does.
extension Integration {
  /// Whether there is time left, and no event has stopped the solution.
  func isUnfinished(_ carry: Carry) -> Staged {
    let isEarlier = carry.time .< Staged(end)
    guard let events, events.canStop, let state = carry.events else { return isEarlier }
    return isEarlier .& (.!state.hasStopped)
  }

  /// Moves everything but the step control over a step, if it is accepted: to its end, or to the first event on it.
  func advance(
    _ next: inout Carry, from carry: Carry, _ trial: Trial, _ accepted: Staged, toFirstOf events: EventHandling,
    _ state: EventHandling.Carry
  ) {
    let dense = dense(carry, trial.stages, trial.length)
    let arrival = events.arrival(state, on: dense, until: trial.time, isAccepted: accepted)
    let before = select(arrival.happens, dense.state(at: arrival.place), trial.stages.state)
    next.time = select(accepted, arrival.time, carry.time)
    // What is saved and observed up to here is the solution before the event's action.
    observe(&next, from: carry, dense, upTo: dense.truncated(at: arrival.place), accepted)
    let acted = events.acted(arrival, on: before)
    next.events = acted.carry
    next.state = select(accepted, acted.state, carry.state)
    next.rate = select(accepted, events.rates(next.time, next.state, acted.carry.phase), carry.rate)
    for (position, observation) in running.enumerated() {
      let total = next.totals[position]
      next.totals[position] = zip(total, observation.jumped(total, next.time, next.state)).map {
        select(arrival.happens, $1, $0)
      }
    }
  }

  /// A status for events that time does not go on between.
  func withEvents(_ status: Staged, _ next: Carry) -> Staged {
    guard let events, let state = next.events else { return status }
    return select(
      events.isStuck(state) .& isUnfinished(next) .& (status .== 0), Status.tooManyEvents.staged, status)
  }
}
