import Programs

/// The first instant of a step at which something changes, and the event that acts there.
struct Arrival {
  /// Whether the step ends here for an event or for a change that was searched for.
  let happens: Staged
  /// Which event acts: true for at most one.
  let acts: [Staged]
  /// Where on the step, from 0 to 1, which is also where nothing happens; with its derivative.
  let place: Staged
  /// The time there.
  let time: Staged
  /// The carry up to here, the event's action not yet in it.
  var carry: EventHandling.Carry
  /// The branches of the step, and those at its end before the action.
  let before, crossed: [Staged]
  /// By branch that is searched for: magnitudes that count as zero here.
  let noises: [Staged]
  /// Whether branches may have changed.
  let isTurning: Staged
  /// What the action makes of the state, where its values were kept from the time of the trigger.
  let kept: [Int: Staged]
}

extension EventHandling {
  /// Whether something is still to happen at the present time.
  func isPending(_ carry: Carry, _ time: Staged) -> Staged {
    let limit = time + clock.spread(time)
    var isPending = carry.due.reduce(Staged(0)) { $0 + $1 } .> 0
    for event in schedules.keys.sorted() { isPending = (isPending .| (next(event, carry) .<= limit)) }
    for (event, queue) in delays.sorted(by: { $0.key < $1.key }) {
      isPending = (isPending .| (queue.next(carry.queues[event]!) .<= limit))
    }
    return isPending
  }

  /// Where a step must end: the next time that is known, or the solution's end.
  func horizon(_ carry: Carry, _ branches: KnownBranches.Values, _ time: Staged) -> Staged {
    let limit = time + clock.spread(time)
    var candidates = schedules.keys.sorted().map { next($0, carry) }
    candidates += memberTimes.sorted { $0.key < $1.key }.flatMap(\.value) + edges
    candidates += delays.sorted { $0.key < $1.key }.map { $1.next(carry.queues[$0]!) }
    candidates += branches.changes.sorted { $0.key < $1.key }.map { number, change in
      select(matters(number, carry.phase), change, end)
    }
    // What is due now happens at the start of the step.
    return candidates.reduce(end) { horizon, next in select((next .> limit) .& (next .< horizon), next, horizon) }
  }

  /// The next time of an event with a schedule.
  func next(_ event: Int, _ carry: Carry) -> Staged {
    let cursor = carry.cursors[event]!
    switch schedules[event]! {
    case .table(let times): return Staged(times).gather(cursor)
    case .every(let interval, let from, let until):
      let time = from + cursor * interval
      let last = until + clock.spread(until)
      return select(stopGradient(time) .<= last, time, Staged(Self.never))
    }
  }

  /// How many of some times a step reaches, and the last of them.
  static func reached(_ times: [Staged], after start: Staged, until end: Staged, _ spread: Staged) -> (Staged, Staged) {
    times.reduce((Staged(0), end)) { found, time in
      let still = stopGradient(time)
      let isReached = (still .> start + spread) .& (still .<= end + spread)
      return (found.0 + select(isReached, 1, 0), select(isReached, time, found.1))
    }
  }

  /// Which events' conditions become true from some branches to others.
  func fired(from before: [Staged], to after: [Staged], _ time: Staged, _ state: Staged) -> [Staged] {
    events.indices.map { event in
      guard let trigger = triggers[event] else { return Staged(false) }
      let was = model.trigger(trigger, time, state, before)
      let holds = model.trigger(trigger, time, state, after)
      if isEitherWay(event) { return (was .& (.!holds)) .| ((.!was) .& holds) }
      return (.!was) .& holds
    }
  }

  /// The time of an event whose known branches change now; the given time for others.
  func ownTime(_ event: Int, _ values: KnownBranches.Values, _ time: Staged) -> Staged {
    let used = triggers[event].map { model.branchesOfTriggers[$0] } ?? []
    return used.sorted().reduce(time) { found, branch in
      guard let isNow = values.isNow[branch], let own = values.nowTimes[branch] else { return found }
      return select(isNow, own, found)
    }
  }

  /// Looks for the first change on a step that begins at `dense.start`.
  /// - Parameters:
  ///   - branches: those of the step.
  ///   - trialEnd: the time and state at the end of the step.
  ///   - isAccepted: whether the step counts; on one that does not only what is still to happen at its start happens.
  func arrival(
    _ carry: Carry, _ branches: KnownBranches.Values, on dense: DenseOutput, trialEnd: (time: Staged, state: Staged),
    isAccepted: Staged
  ) -> Arrival {
    let found = LocatedChanges(self, carry, branches.branches, on: dense, isWanted: isAccepted).changes
    let first = found.reduce(stopGradient(trialEnd.time)) {
      bounded($0, below: select($1.isFound, stopGradient($1.time), $0))
    }
    let instant = select(isAccepted, first, stopGradient(dense.start))
    let limit = instant + select(isAccepted, clock.spread(instant, length: dense.length), clock.spread(instant))
    var (isFirst, isAny) = ([Staged](), Staged(false))
    for change in found {
      let isNow = change.isFound .& (stopGradient(change.time) .<= limit)
      isFirst.append(isNow .& (.!isAny))
      isAny = (isAny .| isNow)
    }
    func chosen(_ value: (LocatedChanges.Change) -> Staged, else none: Staged) -> Staged {
      zip(isFirst, found).reduce(none) { select($1.0, value($1.1), $0) }
    }
    let time = chosen(\.time, else: select(isAccepted, trialEnd.time, dense.start))
    let state = select(
      isAny, dense.state(at: chosen(\.place, else: 1)), select(isAccepted, trialEnd.state, dense.state(at: 0)))

    // The branches at the end of the part of the step up to here.
    var crossed = carry.branches
    var flips = Staged(false)
    for (change, isChosen) in zip(found, isFirst) {
      // Changes at one time that no event waits for follow one by one, each with its own derivative.
      let isNow = change.isFound .& (stopGradient(change.time) .<= limit)
      let turns = isOfEvents(change.branch) ? isNow : isChosen
      crossed[change.branch] = select(turns, change.after, carry.branches[change.branch])
      flips = (flips .| turns)
    }
    let after = known.values(at: time, crossed)
    let isBeforeEnd = instant + clock.spread(instant) .< stopGradient(end)

    var next = carry
    let fired = fired(from: branches.branches, to: after.branches, stopGradient(time), stopGradient(state))
    for event in events.indices {
      var (count, own) = (Staged(0), time)
      if triggers[event] != nil {
        count = select(fired[event] .& isAccepted, 1, 0)
        own = found.reduce(ownTime(event, after, time)) { found, change in
          let isOwn = model.branchesOfTriggers[triggers[event]!].contains(change.branch)
          return isOwn
            ? select(change.isFound .& (stopGradient(change.time) .<= limit), change.time, found) : found
        }
      } else if let times = memberTimes[event] {
        let reached = Self.reached(times, after: stopGradient(dense.start), until: instant, clock.spread(instant))
        (count, own) = (select(isAccepted, reached.0, 0), select(reached.0 .> 0, reached.1, time))
      } else if schedules[event] != nil {
        own = self.next(event, carry)
        let isReached = stopGradient(own) .<= limit
        count = select(isReached, 1, 0)
        own = select(isReached, own, time)
        next.cursors[event] = carry.cursors[event]! + count
      }
      let isNew = (count .> 0) .& isActive(event, carry.phase) .& isBeforeEnd
      if delays[event] != nil {
        delay(event, if: isNew, at: own, state, &next)
      } else {
        var isCounted = isNew
        // A condition makes its event due once, and one that counts either way happens once at an instant.
        if triggers[event] != nil { isCounted = (isCounted .& (carry.due[event] .== 0)) }
        next.due[event] = carry.due[event] + select(isCounted, count, 0)
        next.dueTimes[event] = select(isNew, own, carry.dueTimes[event])
      }
    }
    let turn = turn(&next, at: time, state, limit)
    let isTurning =
      turn.happens .| flips .| (isAccepted .& after.isNow.values.reduce(Staged(false)) { $0 .| $1 })
    let noises = zip(found, carry.noises).map { change, old in select(isAccepted, change.noise, old) }
    let place = chosen(\.place, else: select(isAccepted, 1, 0))
    return Arrival(
      happens: turn.happens .| isAny, acts: turn.acts,
      place: select(turn.happens, (turn.time - dense.start) / dense.length, place),
      time: select(turn.happens, turn.time, time), carry: next, before: branches.branches, crossed: after.branches,
      noises: noises, isTurning: isTurning, kept: turn.kept)
  }

  /// Puts an event off.
  func delay(_ event: Int, if isWanted: Staged, at time: Staged, _ state: Staged, _ carry: inout Carry) {
    guard let queue = delays[event], let old = carry.queues[event] else { return }
    let when = time + bounded(queue.delay([time, state])[0], above: 0)
    let changed = queue.set == nil ? nil : changes[event].map { $0([time, state])[0] }
    let (next, isFull) = queue.adding(old, if: isWanted, at: when, changed: changed)
    carry.queues[event] = next
    carry.idle = select(isFull, Staged(1e9), carry.idle)
  }

  /// Whose turn it is among the events that are due, taken from what is due.
  private func turn(_ carry: inout Carry, at time: Staged, _ state: Staged, _ limit: Staged) -> (
    happens: Staged, acts: [Staged], time: Staged, kept: [Int: Staged]
  ) {
    var (isAny, best) = (Staged(false), Staged(0))
    var takes: [Staged] = []
    var own = time
    for event in events.indices {
      let isActive = isActive(event, carry.phase)
      var isDue: Staged
      var dueTime: Staged
      if let queue = delays[event] {
        dueTime = queue.next(carry.queues[event]!)
        isDue = (stopGradient(dueTime) .<= limit)
      } else {
        carry.due[event] = select(isActive, carry.due[event], 0)
        (isDue, dueTime) = (carry.due[event] .> 0, carry.dueTimes[event])
      }
      isDue = (isDue .& (delays[event] == nil ? isActive : Staged(true)))
      var isBetter = isDue .& (.!isAny)
      if hasPriorities {
        let priority = priority(event, time, state)
        isBetter = (isDue .& ((.!isAny) .| (priority .> best)))
        best = select(isBetter, priority, best)
      }
      takes = takes.map { $0 .& (.!isBetter) } + [isBetter]
      own = select(isBetter, dueTime, own)
      isAny = (isAny .| isDue)
    }
    var kept: [Int: Staged] = [:]
    for event in events.indices {
      if let queue = delays[event] {
        let (rest, sets) = queue.removing(carry.queues[event]!, if: takes[event])
        carry.queues[event] = rest
        kept[event] = sets
        takes[event] = (takes[event] .& isActive(event, carry.phase))
      } else {
        carry.due[event] = carry.due[event] - select(takes[event], 1, 0)
      }
    }
    return (isAny, takes, own, kept)
  }
}
