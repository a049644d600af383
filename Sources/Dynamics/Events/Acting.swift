import Programs

extension EventHandling {
  /// What the event of an arrival does to the state, and what follows from it.
  ///
  /// - Parameters:
  ///   - state: at the arrival, before the action.
  ///   - isInstant: whether no time has passed since the last one.
  /// - Returns: the state to go on from, and the carry, with branches that hold from here on.
  func acted(_ arrival: Arrival, on state: Staged, isInstant: Staged) -> (state: Staged, carry: Carry) {
    var (result, carry) = (state, arrival.carry)
    let time = arrival.time
    let acts = events.indices.map { event -> Staged in
      guard !events[event].isPersistent, let trigger = triggers[event] else { return arrival.acts[event] }
      return arrival.acts[event] .& model.trigger(trigger, stopGradient(time), stopGradient(state), arrival.crossed)
    }
    let happened = acts.reduce(Staged(false)) { $0 .| $1 }
    for (event, acts) in acts.enumerated() {
      if let position = timed.firstIndex(of: event) {
        let user = clock.time(time)
        carry.firstTimes[position] = select(acts .& (carry.counts[event] .== 0), user, carry.firstTimes[position])
        carry.lastTimes[position] = select(acts, user, carry.lastTimes[position])
      }
      carry.counts[event] = carry.counts[event] + select(acts, 1, 0)
      switch events[event].action {
      case .stop: carry.hasStopped = (carry.hasStopped .| acts)
      case .proceed(_, let phase):
        if let queue = delays[event], let kept = arrival.kept[event] {
          result = select(acts, queue.placed(kept, in: state), result)
        } else if let change = changes[event] {
          result = select(acts, change([time, state])[0], result)
        }
        if let phase {
          let number = Self.number(of: phase, in: phases, events[event])
          carry.phase = select(acts, Staged(Double(number)), carry.phase)
        }
      }
    }
    carry.idle = select(
      isInstant .& arrival.isTurning, carry.idle + 1, select(carry.idle .>= 1e9, carry.idle, 0))
    for (event, spent) in carry.spent.sorted(by: { $0.key < $1.key }) {
      carry.spent[event] = (acts[event] .| (spent .& isInstant))
    }
    settle(&carry, arrival, acts, happened, result)
    return (result, carry)
  }

  /// Decides the branches after an action or a change, and which further events these make due.
  private func settle(_ carry: inout Carry, _ arrival: Arrival, _ acts: [Staged], _ happened: Staged, _ state: Staged) {
    if model.branches.isEmpty { return }
    let (time, still) = (stopGradient(arrival.time), stopGradient(state))
    let phase = carry.phase
    let located = located
    if !located.isEmpty {
      let noises = Dictionary(uniqueKeysWithValues: zip(located, arrival.noises))
      let settled = wherever("settling", arrival.isTurning, located.map { arrival.crossed[$0] }) { values, here in
        let (time, still) = (here(time), here(still))
        var branches = arrival.crossed
        for (number, value) in zip(located, values) { branches[number] = value }
        let all = Settling(model: model).settled(
          at: time, still, branches, noises: branches.indices.map { noises[$0] ?? 0 }, isOpen: happened
        ) { stopGradient(rates(time, still, phase, $0)) }
        return located.map { all[$0] }
      }
      for (number, value) in zip(located, settled) { carry.branches[number] = value }
      carry.noises = arrival.noises.map { select(arrival.isTurning, stopGradient($0), 0) }
    }
    let now = known.values(at: time, carry.branches).branches
    let sinceStep = fired(from: arrival.before, to: now, time, still)
    let sinceHere = fired(from: arrival.crossed, to: now, time, still)
    let isBeforeEnd = time + clock.spread(time) .< stopGradient(end)
    // Shorter and shorter arcs end where rounding leaves a condition true after its own event.
    for (event, trigger) in triggers.sorted(by: { $0.key < $1.key }) {
      let isLeft =
        acts[event] .& model.trigger(trigger, time, still, now) .& (carry.idle .> Staged(Double(events.count + 2)))
      if !isEitherWay(event) { carry.idle = select(isLeft, Staged(1e9), carry.idle) }
    }
    for event in events.indices where triggers[event] != nil {
      let isNew =
        sinceStep[event] .& sinceHere[event] .& (.!acts[event]) .& (.!(carry.spent[event] ?? Staged(false)))
        .& arrival.isTurning .& isActive(event, carry.phase) .& isBeforeEnd
      if delays[event] != nil {
        delay(event, if: isNew, at: arrival.time, state, &carry)
      } else {
        carry.due[event] = select(isNew, bounded(carry.due[event], above: 1), carry.due[event])
        carry.dueTimes[event] = select(isNew, arrival.time, carry.dueTimes[event])
      }
    }
  }
}
