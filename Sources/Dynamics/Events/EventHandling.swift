import Programs

/// Events and branches within the loop over steps: when the first change of a step comes, and what it does.
struct EventHandling {
  let events: [Event]
  let phases: [Phase]
  let clock: Clock
  /// The loop's time at the end.
  let end: Staged
  let model: BranchingModel
  let known: KnownBranches
  /// Further times at which steps end.
  let edges: [Staged]
  /// Events whose first and last times are kept.
  let timed: [Int]
  /// Of events with a condition, which of the model's triggers it is.
  let triggers: [Int: Int]
  let schedules: [Int: Schedule]
  let memberTimes: [Int: [Staged]]
  let changes: [Int: StagedFunction]
  let delays: [Int: DelayQueue]
  private let priorities: [Int: StagedFunction]
  let stateType: ValueType

  /// Times that are known while tracing, or an interval of the member.
  enum Schedule {
    case table([Double])
    case every(interval: Staged, from: Staged, until: Staged)
  }

  /// Events that may follow each other without time going on, over their number.
  private static let limit = 100.0
  /// Beyond every time.
  static let never = 1e300

  /// - Parameters:
  ///   - observed: what is watched between steps: its branches end steps too.
  ///   - summed: which of these are summed: kinks of states end steps too.
  ///   - edges: of windows, in the loop's time.
  ///   - branching: whether steps end where rates and observed values branch; where events' conditions do they always end.
  /// - Precondition: phases that events name are there.
  init(
    _ problem: InitialValueProblem, clock: Clock, end: Staged, observed: [BranchingModel.Function], summed: [Int],
    edges: [Staged], timed: [Int], branching: Bool
  ) {
    (events, phases, self.clock, self.end) = (problem.events, problem.phases, clock, end)
    (self.edges, self.timed, stateType) = (edges, timed, problem.start.type)
    var (triggers, conditions): ([Int: Int], [BranchingModel.Function]) = ([:], [])
    var (schedules, memberTimes): ([Int: Schedule], [Int: [Staged]]) = ([:], [:])
    var (changes, delays): ([Int: StagedFunction], [Int: DelayQueue]) = ([:], [:])
    var priorities: [Int: StagedFunction] = [:]
    func on(_ function: @escaping (Staged, Staged) -> Staged) -> BranchingModel.Function {
      { function(clock.time($0), $1) }
    }
    for (number, event) in problem.events.enumerated() {
      for phase in event.phases ?? [] { _ = Self.number(of: phase, in: problem.phases, event) }
      switch event.trigger {
      case .crossing(let direction, let condition):
        triggers[number] = conditions.count
        conditions.append(on { direction == .falling ? condition($0, $1) .< 0 : condition($0, $1) .> 0 })
      case .becomesTrue(let condition):
        triggers[number] = conditions.count
        conditions.append(on(condition))
      case .times(let times):
        schedules[number] = Self.schedule(times, clock, end)
        if schedules[number] == nil { memberTimes[number] = times.map { clock.elapsed(Staged($0)) } }
      case .at(let times): memberTimes[number] = times.map { clock.elapsed($0) }
      case .every(let interval, let from, let until):
        schedules[number] = .every(
          interval: interval, from: from.map { clock.elapsed($0) } ?? 0, until: until.map { clock.elapsed($0) } ?? end)
      }
      if case .proceed(let change?, _) = event.action {
        changes[number] = StagedFunction("change of \(event.name)") { [change(clock.time($0[0]), $0[1])] }
      }
      if let delay = event.delay {
        delays[number] = DelayQueue(
          delay: StagedFunction("delay of \(event.name)") { [delay.duration(clock.time($0[0]), $0[1])] },
          set: changes[number] == nil ? nil : delay.valuesFromTrigger, stateShape: problem.start.shape)
      }
      if let priority = event.priority {
        priorities[number] = StagedFunction("priority of \(event.name)") { [priority(clock.time($0[0]), $0[1])] }
      }
    }
    (self.triggers, self.schedules, self.memberTimes) = (triggers, schedules, memberTimes)
    (self.changes, self.delays, self.priorities) = (changes, delays, priorities)
    let rates = problem.phases.map { phase in
      on { clock.direction < 0 ? -phase.rates($0, $1) : phase.rates($0, $1) }
    }
    model = BranchingModel(
      rates: rates, triggers: conditions, observed: observed, summed: summed, stateType: problem.start.type,
      searched: branching)
    known = KnownBranches(model: model, clock: clock, stateShape: problem.start.shape, end: end)
  }

  /// A table of times if all of them and the start are known while tracing; times of one instant are one number.
  private static func schedule(_ times: [Double], _ clock: Clock, _ end: Staged) -> Schedule? {
    let elapsed = times.compactMap { clock.elapsed($0) }
    guard elapsed.count == times.count else { return nil }
    let last = end.literal?[0] ?? never
    return .table(elapsed.filter { $0 >= 0 && $0 < last }.sorted() + [never])
  }

  static func number(of name: String, in phases: [Phase], _ event: Event) -> Int {
    guard let number = phases.firstIndex(where: { $0.name == name }) else {
      preconditionFailure(
        "the event '\(event.name)' names the phase '\(name)'; the problem has "
          + (phases.isEmpty ? "none" : phases.map(\.name).joined(separator: ", ")))
    }
    return number
  }

  /// Whether anything happens but steps.
  var isNeeded: Bool { !events.isEmpty || !model.branches.isEmpty || !edges.isEmpty }

  /// Whether some event ends solutions.
  var canStop: Bool {
    events.contains { if case .stop = $0.action { true } else { false } }
  }

  /// The rates of the phase, in the branches.
  func rates(_ time: Staged, _ state: Staged, _ phase: Staged, _ branches: [Staged]) -> Staged {
    let all = phases.indices.map { model.rates($0, time, state, branches) }
    return all.indices.dropFirst().reduce(all[0]) { select(phase .== Staged(Double($1)), all[$1], $0) }
  }

  /// The same, written out where they are evaluated.
  func plainRates(_ time: Staged, _ state: Staged, _ phase: Staged, _ branches: [Staged]) -> Staged {
    let all = phases.indices.map { model.plainRates($0, time, state, branches) }
    return all.indices.dropFirst().reduce(all[0]) { select(phase .== Staged(Double($1)), all[$1], $0) }
  }

  func isActive(_ event: Int, _ phase: Staged) -> Staged {
    guard let names = events[event].phases else { return Staged(true) }
    return names.map { phase .== Staged(Double(Self.number(of: $0, in: phases, events[event]))) }
      .reduce(Staged(false)) { $0 .| $1 }
  }

  /// Whether a branch matters in the phase: its rates take it, or a condition or something observed does.
  func matters(_ branch: Int, _ phase: Staged) -> Staged {
    if model.branchesOfObserved.contains(branch) || isOfEvents(branch) { return Staged(true) }
    let there = phases.indices.filter { model.branchesOfRates[$0].contains(branch) }
    if there.count == phases.count { return Staged(true) }
    return there.map { phase .== Staged(Double($0)) }.reduce(Staged(false)) { $0 .| $1 }
  }

  /// Whether a change of a branch does more in the phase than to end a step: rates, something observed, or an event that is
  /// active there takes it.
  func hasEffect(_ branch: Int, _ phase: Staged) -> Staged {
    if model.branchesOfObserved.contains(branch) { return Staged(true) }
    let ofPhases = phases.indices.filter { model.branchesOfRates[$0].contains(branch) }
    if ofPhases.count == phases.count { return Staged(true) }
    let ofEvents = triggers.filter { model.branchesOfTriggers[$0.value].contains(branch) }.keys.sorted()
    return
      (ofPhases.map { phase .== Staged(Double($0)) } + ofEvents.map { isActive($0, phase) })
      .reduce(Staged(false)) { $0 .| $1 }
  }

  func isOfEvents(_ branch: Int) -> Bool { model.branchesOfTriggers.contains { $0.contains(branch) } }

  func priority(_ event: Int, _ time: Staged, _ state: Staged) -> Staged {
    priorities[event].map { stopGradient($0([time, state])[0]) } ?? 0
  }

  var hasPriorities: Bool { !priorities.isEmpty }

  /// Whether time no longer goes on.
  func isStuck(_ carry: Carry) -> Staged { carry.idle .> Staged(Self.limit + Double(events.count)) }
}

// MARK: What the loop carries

extension EventHandling {
  struct Carry {
    /// The number of the present phase.
    var phase: Staged
    /// Events that followed each other without time going on.
    var idle: Staged
    var hasStopped: Staged
    /// By branch; literals for known ones, which are computed from the time.
    var branches: [Staged]
    /// By branch that is searched for: up to which magnitude it counts as zero, just after an event.
    var noises: [Staged]
    /// How often each event has happened.
    var counts: [Staged]
    /// How often an event is still to happen at the present time; and its own time, which is equal in value but may have
    /// another derivative.
    var due: [Staged]
    var dueTimes: [Staged]
    /// Of events with a schedule, the number of the next time.
    var cursors: [Int: Staged]
    /// Of events whose condition counts either way: whether they have happened at the present time.
    var spent: [Int: Staged]
    /// Of events whose times are kept.
    var firstTimes: [Staged]
    var lastTimes: [Staged]
    var queues: [Int: DelayQueue.Carry]

    /// Fields that go through the loop, in a fixed order.
    func values(_ handling: EventHandling) -> [Staged] {
      [phase, idle, hasStopped] + handling.located.map { branches[$0] } + noises + counts + due + dueTimes
        + cursors.sorted { $0.key < $1.key }.map(\.value) + spent.sorted { $0.key < $1.key }.map(\.value) + firstTimes
        + lastTimes
        + queues.sorted { $0.key < $1.key }.flatMap(\.value.values)
    }

    /// The same fields with other values, the first of a list.
    func replaced(by values: ArraySlice<Staged>, _ handling: EventHandling) -> Carry {
      var (copy, rest) = (self, values)
      func next(_ old: [Staged]) -> [Staged] { old.map { _ in rest.removeFirst() } }
      (copy.phase, copy.idle, copy.hasStopped) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
      for branch in handling.located { copy.branches[branch] = rest.removeFirst() }
      (copy.noises, copy.counts) = (next(noises), next(counts))
      (copy.due, copy.dueTimes) = (next(due), next(dueTimes))
      for event in cursors.keys.sorted() { copy.cursors[event] = rest.removeFirst() }
      for event in spent.keys.sorted() { copy.spent[event] = rest.removeFirst() }
      (copy.firstTimes, copy.lastTimes) = (next(firstTimes), next(lastTimes))
      for event in queues.keys.sorted() {
        copy.queues[event] = DelayQueue.Carry(next(queues[event]?.values ?? []))
      }
      return copy
    }
  }

  /// Whether an event's condition counts in both directions.
  func isEitherWay(_ event: Int) -> Bool {
    if case .crossing(.both, _) = events[event].trigger { true } else { false }
  }

  /// The branches that are searched for.
  var located: [Int] { model.branches.indices.filter { !model.branches[$0].isKnown } }

  /// All branches at a time, from those of the carry.
  func branches(_ carry: Carry, at time: Staged) -> KnownBranches.Values { known.values(at: time, carry.branches) }

  /// What is carried from the start on.
  func start(_ state: Staged) -> Carry {
    let time = Staged(0)
    let none = events.map { _ in Staged(0) }
    let zeros = model.branches.map { $0.type.kind == .boolean ? Staged(false) : Staged(0) }
    let before = known.values(at: time, zeros, isBefore: true)
    let after = known.values(at: time, zeros)
    let still = stopGradient(state)
    let settled = Settling(model: model).settled(
      at: time, still, after.branches, noises: zeros.map { _ in 0 }, isOpen: Staged(true), isStart: true
    ) { stopGradient(rates(time, still, 0, $0)) }
    // Known branches may depend on others.
    let now = known.values(at: time, settled)
    let earlier = zip(zip(before.branches, now.branches), model.branches).map { $1.isKnown ? $0.0 : $0.1 }
    var carry = Carry(
      phase: 0, idle: 0, hasStopped: Staged(false), branches: now.branches, noises: located.map { _ in 0 },
      counts: none, due: none, dueTimes: none, cursors: schedules.mapValues { _ in 0 },
      spent: Dictionary(uniqueKeysWithValues: events.indices.filter(isEitherWay).map { ($0, Staged(false)) }),
      firstTimes: timed.map { _ in Staged(Double.nan) }, lastTimes: timed.map { _ in Staged(Double.nan) },
      queues: delays.mapValues(\.start))
    let fired = fired(from: earlier, to: now.branches, time, state)
    for event in events.indices {
      if let times = memberTimes[event] {
        (carry.due[event], carry.dueTimes[event]) = Self.reached(times, after: Staged(-1), until: 0, clock.spread(0))
      } else if let trigger = triggers[event] {
        let asked = Staged(events[event].happensAtStart) .& model.trigger(trigger, time, state, now.branches)
        carry.due[event] = select(fired[event] .| asked, 1, 0)
        carry.dueTimes[event] = ownTime(event, now, time)
      }
      carry.due[event] = select(isActive(event, 0), carry.due[event], 0)
    }
    return carry
  }
}
