import Programs

/// Events within the loop over steps, forwards in time: which is the first on a step, when, and what it does.
struct EventHandling {
  private let events: [Event]
  private let phases: [Phase]
  private let begin: Double
  private let end: Double
  /// The conditions of events that have one, by the event's position.
  private let conditions: [Int: StagedFunction]
  /// The times of the others, and the end of the solution after them.
  private let schedules: [Int: [Double]]
  private let changes: [Int: StagedFunction]
  private let phaseRates: [StagedFunction]

  /// Events that may follow each other without time going on, over their number.
  private static let patience = 100.0

  /// - Parameter clock: from the loop's time, which increases, to the problem's.
  /// - Precondition: phases that events name are there.
  init(_ problem: InitialValueProblem, clock: @escaping (Staged) -> Staged, begin: Double, end: Double) {
    (events, phases, self.begin, self.end) = (problem.events, problem.phases, begin, end)
    let sign: Double = problem.until < problem.from ? -1 : 1
    var (conditions, schedules, changes): ([Int: StagedFunction], [Int: [Double]], [Int: StagedFunction]) = (
      [:], [:], [:]
    )
    for (position, event) in problem.events.enumerated() {
      for phase in event.phases ?? [] { _ = Self.number(of: phase, in: problem.phases, event) }
      switch event.trigger {
      case .crossing(_, let condition):
        conditions[position] = StagedFunction("condition of \(event.name)") { [condition(clock($0[0]), $0[1])] }
      case .times(let times):
        schedules[position] = times.map { sign * $0 }.filter { $0 >= begin && $0 < end }.sorted() + [end]
      }
      if case .proceed(let change?, _) = event.action {
        changes[position] = StagedFunction("change of \(event.name)") { [change(clock($0[0]), $0[1])] }
      }
    }
    (self.conditions, self.schedules, self.changes) = (conditions, schedules, changes)
    phaseRates = problem.phases.map { phase in
      StagedFunction("rates of \(phase.name)") { arguments in
        let rates = phase.rates(clock(arguments[0]), arguments[1])
        return [sign < 0 ? -rates : rates]
      }
    }
  }

  private static func number(of name: String, in phases: [Phase], _ event: Event) -> Int {
    guard let number = phases.firstIndex(where: { $0.name == name }) else {
      preconditionFailure(
        "the event '\(event.name)' names the phase '\(name)'; the problem has "
          + (phases.isEmpty ? "none" : phases.map(\.name).joined(separator: ", ")))
    }
    return number
  }

  /// What the loop carries for events.
  struct Carry {
    /// The number of the present phase.
    var phase: Staged
    /// How often each event has happened.
    var counts: [Staged]
    /// The next of an event's own times; zero for those with a condition.
    var cursors: [Staged]
    /// Up to which magnitude a condition counts as zero: rounding, where the event has just happened.
    var noises: [Staged]
    /// Whether an event was met at the time of the last one, and is still to happen; and its own time, which is equal in
    /// value but may have another derivative.
    var isDue: [Staged]
    var dueTimes: [Staged]
    /// Events that followed each other without time going on.
    var idle: Staged
    var hasStopped: Staged

    var values: [Staged] { [phase, idle, hasStopped] + counts + cursors + noises + isDue + dueTimes }

    /// The same fields with other values, the first of a list.
    func replaced(by values: ArraySlice<Staged>) -> Carry {
      var (copy, rest) = (self, values)
      func next(_ old: [Staged]) -> [Staged] { old.map { _ in rest.removeFirst() } }
      (copy.phase, copy.idle, copy.hasStopped) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
      (copy.counts, copy.cursors, copy.noises) = (next(counts), next(cursors), next(noises))
      (copy.isDue, copy.dueTimes) = (next(isDue), next(dueTimes))
      return copy
    }
  }

  var start: Carry {
    let none = events.map { _ in Staged(0) }
    return Carry(
      phase: 0, counts: none, cursors: none, noises: none, isDue: events.map { _ in Staged(false) }, dueTimes: none,
      idle: 0, hasStopped: Staged(false))
  }

  /// Whether some event ends solutions.
  var canStop: Bool {
    events.contains { if case .stop = $0.action { true } else { false } }
  }

  func rates(_ time: Staged, _ state: Staged, _ phase: Staged) -> Staged {
    let all = phaseRates.map { $0([time, state])[0] }
    return all.indices.dropFirst().reduce(all[0]) { select(phase .== Staged(Double($1)), all[$1], $0) }
  }

  /// Where a step must end: the next time of an event, or the solution's end.
  func horizon(_ carry: Carry, _ time: Staged) -> Staged {
    schedules.sorted { $0.key < $1.key }.reduce(Staged(end)) { horizon, schedule in
      let next = nextTime(schedule.key, carry)
      // What is due now happens at the start of the step.
      return select(next .> time, min(next, horizon), horizon)
    }
  }

  private func nextTime(_ event: Int, _ carry: Carry) -> Staged {
    Staged(schedules[event] ?? [end]).gather(carry.cursors[event])
  }

  private func isActive(_ event: Int, _ carry: Carry) -> Staged {
    guard let names = events[event].phases else { return Staged(true) }
    return names.map { carry.phase .== Staged(Double(Self.number(of: $0, in: phases, events[event]))) }
      .reduce(Staged(false)) { $0 .| $1 }
  }
}

// MARK: The first event of a step

extension EventHandling {
  /// The first event on a step.
  struct Arrival {
    /// Whether there is one.
    let happens: Staged
    /// Which one: true for at most one.
    let isChosen: [Staged]
    /// Where on the step, from 0 to 1, which is also where there is none; with its derivative.
    let place: Staged
    /// The time there.
    let time: Staged
    /// The carry after it, but for what its action does.
    let carry: Carry
  }

  /// An event that the step meets.
  private struct Candidate {
    var isMet, place, time: Staged
    /// Where the condition was found to pass through zero, and what rounding has left of it there.
    var isLocated = Staged(false)
    var noise = Staged(0)
  }

  /// Looks for events on a step from `dense.start` to `time`.
  /// - Parameter isAccepted: whether the step counts; nothing happens on one that does not.
  func arrival(_ carry: Carry, on dense: DenseOutput, until time: Staged, isAccepted: Staged) -> Arrival {
    let crossings = crossings(carry, on: dense, isAccepted)
    let candidates = events.indices.map { event -> Candidate in
      var candidate = crossings[event] ?? scheduled(event, carry, on: dense, until: time)
      candidate.isMet = (candidate.isMet .& isAccepted .& isActive(event, carry) .& (candidate.time .< Staged(end)))
      return candidate
    }
    let first = candidates.reduce(Staged(2)) { min($0, select($1.isMet, stopGradient($1.place), 2)) }
    // Times that differ by rounding are equal.
    let spread = 0x1p-44 + 0x1p-50 * abs(stopGradient(dense.start)) / stopGradient(dense.length)
    let isNow = candidates.map { $0.isMet .& (stopGradient($0.place) .<= first + spread) }
    var happens = Staged(false)
    let isChosen = isNow.map { isNow in
      let isChosen = isNow .& (.!happens)
      happens = (happens .| isNow)
      return isChosen
    }
    func chosen(_ value: (Candidate) -> Staged, else none: Staged) -> Staged {
      zip(isChosen, candidates).reduce(none) { select($1.0, value($1.1), $0) }
    }
    let place = chosen(\.place, else: 1)
    let arrivalTime = chosen(\.time, else: time)
    return Arrival(
      happens: happens, isChosen: isChosen, place: place, time: arrivalTime,
      carry: next(carry, candidates, isNow, isChosen, at: arrivalTime, isInstant: happens .& (first .<= spread))
    )
    .kept(if: isAccepted, else: carry)
  }

  private func crossings(_ carry: Carry, on dense: DenseOutput, _ isAccepted: Staged) -> [Int: Candidate] {
    let still = dense.withoutDerivatives
    let found = conditions.sorted { $0.key < $1.key }.compactMap { event, condition -> (event: Int, Crossing)? in
      guard case .crossing(let direction, _) = events[event].trigger else { return nil }
      return (event, Crossing(condition, direction, still, noise: stopGradient(carry.noises[event])))
    }
    if found.isEmpty { return [:] }
    let wanted = found.map { event, crossing in
      crossing.isFound .& isAccepted .& isActive(event, carry) .& (.!carry.isDue[event])
    }
    let brackets = zip(found, wanted).map { found, isWanted in
      var bracket = found.1.bracket
      bracket.lower = select(isWanted, bracket.lower, bracket.upper)
      return bracket
    }
    let roots = Bracket.shrunk(brackets, found.map { $0.1.deflated }).map(\.upper)
    var candidates: [Int: Candidate] = [:]
    for (((event, crossing), isWanted), root) in zip(zip(found, wanted), roots) {
      let (place, noise) = crossing.differentiable(root, isWanted, on: dense)
      let isDue = carry.isDue[event]
      let dueTime = select(isDue, carry.dueTimes[event], dense.start)
      candidates[event] = Candidate(
        isMet: isDue .| isWanted, place: select(isDue, (dueTime - dense.start) / dense.length, place),
        time: select(isDue, dueTime, dense.time(at: place)), isLocated: isWanted,
        noise: noise)
    }
    return candidates
  }

  private func scheduled(_ event: Int, _ carry: Carry, on dense: DenseOutput, until time: Staged) -> Candidate {
    let next = nextTime(event, carry)
    let isMet = next .<= time
    let known = select(isMet, next, dense.start)
    return Candidate(isMet: isMet, place: (known - dense.start) / dense.length, time: known)
  }

  private func next(
    _ carry: Carry, _ candidates: [Candidate], _ isNow: [Staged], _ isChosen: [Staged], at time: Staged,
    isInstant: Staged
  ) -> Carry {
    var next = carry
    next.idle = select(isInstant, carry.idle + 1, 0)
    for (event, candidate) in candidates.enumerated() {
      next.counts[event] = carry.counts[event] + select(isChosen[event], 1, 0)
      if conditions[event] == nil {
        let isPast = isChosen[event] .| (nextTime(event, carry) .< time)
        next.cursors[event] = carry.cursors[event] + select(isPast, 1, 0)
      } else {
        next.noises[event] = select(
          isNow[event] .& candidate.isLocated, candidate.noise, select(isInstant, carry.noises[event], 0))
        next.isDue[event] = (isNow[event] .& (.!isChosen[event]))
        next.dueTimes[event] = select(next.isDue[event], candidate.time, 0)
      }
    }
    return next
  }

  /// What the chosen event does to the state.
  func acted(_ arrival: Arrival, on state: Staged) -> (state: Staged, carry: Carry) {
    var (result, carry) = (state, arrival.carry)
    for (event, isChosen) in zip(events.indices, arrival.isChosen) {
      switch events[event].action {
      case .stop: carry.hasStopped = (carry.hasStopped .| isChosen)
      case .proceed(_, let phase):
        if let change = changes[event] { result = select(isChosen, change([arrival.time, state])[0], result) }
        if let phase {
          let number = Self.number(of: phase, in: phases, events[event])
          carry.phase = select(isChosen, Staged(Double(number)), carry.phase)
        }
      }
    }
    return (result, carry)
  }

  /// Whether time no longer goes on.
  func isStuck(_ carry: Carry) -> Staged { carry.idle .> Staged(Self.patience + Double(events.count)) }
}

extension EventHandling.Arrival {
  fileprivate func kept(if isAccepted: Staged, else old: EventHandling.Carry) -> Self {
    let kept = zip(carry.values, old.values).map { select(isAccepted, $0, $1) }
    return Self(
      happens: happens, isChosen: isChosen, place: place, time: time, carry: carry.replaced(by: kept[...]))
  }
}
