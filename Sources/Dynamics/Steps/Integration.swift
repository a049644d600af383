import Differentiation
import Programs

/// The loop over steps, forwards in the time since the start: step, error, control, saving and observing meet here and
/// nowhere else.
struct Integration {
  let method: ButcherTableau
  let stepping: Stepping
  let clock: Clock
  /// The loop's time at the end.
  let end: Staged
  /// Of the phase in which a solution begins.
  let rates: (Staged, Staged) -> Staged
  /// The rates of all phases, to be differentiated by the state (`slopedRates(_:_:)`).
  let slopedRates: StagedFunction
  let events: EventHandling?
  let tables: [SavedTable]
  let running: [RunningObservation]
  /// Of the control, where steps are limited for the derivatives' sake.
  let growth: GrowthLimit?
  /// Where states are promised not to be negative.
  let floor: FloorCheck?
  /// Where states are watched for staying small.
  let small: SmallStates?

  struct End {
    var time: Staged
    var state: Staged
    var events: EventHandling.Carry?
    var series: [Staged]
    var totals: [Staged]
    var status: Staged
    var accepted: Staged
    var rejected: Staged
    var limited: Staged?
    var areSmall: [Staged]
  }

  /// The state of a solution between two steps.
  struct Carry {
    var time, state, rate, step, memory, accepted, rejected, status: Staged
    var cursors: [Staged]
    var series: [Staged]
    var totals: [[Staged]]
    /// The largest magnitudes so far, where tolerances follow them.
    var peaks: [Staged]
    /// How long states have been small, if they are watched.
    var smallTimes: [Staged]
    var growth: GrowthLimit.Carry?
    var events: EventHandling.Carry?
  }

  /// The fields of a carry as the loop has them.
  func values(_ carry: Carry) -> [Staged] {
    [carry.time, carry.state, carry.rate, carry.step, carry.memory, carry.accepted, carry.rejected, carry.status]
      + carry.cursors + carry.series + carry.totals.flatMap { $0 } + carry.peaks + carry.smallTimes
      + (carry.growth?.values ?? [])
      + (events.flatMap { handling in carry.events?.values(handling) } ?? [])
  }

  /// The same fields with other values.
  func carry(_ old: Carry, _ values: [Staged]) -> Carry {
    var (copy, rest) = (old, values[...])
    func next(_ old: [Staged]) -> [Staged] { old.map { _ in rest.removeFirst() } }
    (copy.time, copy.state, copy.rate) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
    (copy.step, copy.memory) = (rest.removeFirst(), rest.removeFirst())
    (copy.accepted, copy.rejected, copy.status) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
    (copy.cursors, copy.series, copy.totals) = (next(old.cursors), next(old.series), old.totals.map(next))
    (copy.peaks, copy.smallTimes) = (next(old.peaks), next(old.smallTimes))
    if let growth = old.growth { copy.growth = growth.replaced(by: next(growth.values)) }
    if let events { copy.events = old.events?.replaced(by: rest, events) }
    return copy
  }

  func run(start: Staged) -> End {
    let first = initialCarry(start)
    let last: Carry
    switch stepping {
    case .adaptive(let control):
      last = carry(
        first,
        whileLoop("steps", values(first)) { values in
          let carry = carry(first, values)
          return isUnfinished(carry) .& (carry.status .== 0)
        } body: { values in
          self.values(adaptiveStep(carry(first, values), control))
        })
    case .fixed(let step):
      last = fixedSteps(first, step)
    }
    let duration = events?.canStop == true ? last.time : nil
    return End(
      time: last.time, state: last.state, events: last.events, series: last.series,
      totals: zip(running, last.totals).map { $0.result($1, duration: duration, clock) }, status: last.status,
      accepted: last.accepted, rejected: last.rejected, limited: last.growth?.limited,
      areSmall: last.smallTimes.flatMap { small?.mostly($0, duration: last.time) ?? [] })
  }

  private func initialCarry(_ start: Staged) -> Carry {
    let happenings = events?.start(start)
    let rate =
      happenings.flatMap { carry in events?.rates(0, start, 0, carry.branches) } ?? rates(0, start)
    let step: Staged
    var peaks: [Staged] = []
    var growthCarry: GrowthLimit.Carry?
    if case .adaptive(let control) = stepping {
      if control.followsState { peaks = [abs(stopGradient(start))] }
      growthCarry = growth?.start(start)
      // Derivatives are those of the accepted steps: how a step was chosen is not differentiated.
      step = stopGradient(
        control.firstStep(
          rates: { time, state in
            happenings.flatMap { carry in events?.rates(time, state, 0, carry.branches) } ?? rates(time, state)
          }, interval: end, state: start, rate: rate, peaks: peaks.first, order: method.errorOrder))
    } else {
      step = 0
    }
    return Carry(
      time: 0, state: start, rate: rate, step: step, memory: Staged(0), accepted: 0, rejected: 0,
      status: select(isFinite(start) .& isFinite(rate), Status.success.staged, Status.notFinite.staged),
      cursors: tables.map { _ in 0 },
      series: tables.map { Staged(Double.nan).broadcast(to: [$0.components.count, $0.times.count]) },
      totals: running.map { $0.initial(start, branches: happenings?.branches, self) }, peaks: peaks,
      smallTimes: small.map { [$0.start] } ?? [], growth: growthCarry, events: happenings)
  }

  /// A step that may be kept.
  struct Trial {
    /// Whether it ends where it must not go on: at the end, or at a known time.
    var isLast: Staged
    var length: Staged
    var time: Staged
    var stages: Stages
    /// The branches that the step is in.
    var branches: KnownBranches.Values?

    init(_ integration: Integration, _ carry: Carry, _ branches: KnownBranches.Values?, wanted: Staged) {
      var horizon = integration.end
      if let events = integration.events, let happenings = carry.events, let branches {
        horizon = events.horizon(happenings, branches, carry.time)
      }
      let remaining = horizon - carry.time
      // A remainder of up to 1 % more than the step is taken at once: no tiny last step.
      isLast = (wanted * 1.01 .>= remaining)
      time = select(isLast, horizon, carry.time + wanted)
      // The clock rounds, so the step that is taken is what it has moved.
      length = time - carry.time
      self.branches = branches
      stages = integration.stages(carry, length, branches?.branches)
    }
  }

  /// One trial step, kept if its error is within the tolerances.
  private func adaptiveStep(_ carry: Carry, _ control: StepControl) -> Carry {
    var wanted = control.maximumStep.map { bounded(carry.step, below: Staged($0)) } ?? carry.step
    let pending = events.flatMap { events in carry.events.map { events.isPending($0, carry.time) } }
    let branches = branches(carry)
    var next = carry
    var isLimited: Staged?
    if let growth, let old = carry.growth {
      let (start, time) = (stopGradient(carry.state), stopGradient(carry.time))
      let updated = growth.limited(old, wanted: wanted, from: start, peaks: carry.peaks.first) { state, direction in
        rateSlope(at: time, state, carry, branches?.branches, along: direction)
      }
      isLimited = (updated.limit .< wanted)
      wanted = bounded(wanted, below: updated.limit)
      next.growth = updated
    }
    let trial = Trial(self, carry, branches, wanted: wanted)
    let (length, stages) = (trial.length, trial.stages)
    let estimate = length * combination(method.errorWeights ?? [], stages.rates)
    var squared = control.squaredError(estimate, carry.state, stages.state, peaks: carry.peaks.first)
    if let growth, let updated = next.growth {
      let (probed, other) = growth.probed(updated, carry, trial, self, squaredError: stopGradient(squared))
      squared = bounded(other, above: squared)
      next.growth = probed
      next.growth?.isSteeper = growth.isSteep(trial)
    }
    let isInside = floor.map { $0.holds(carry, trial, self) }
    let isGood = stopGradient(squared) .<= 1
    let isKept = isInside.map { isGood .& $0 } ?? isGood
    let accepted = pending.map { isKept .& (.!$0) } ?? isKept
    let (factor, memory) = control.factor(
      squaredError: stopGradient(squared), accepted: isKept, memory: carry.memory, order: method.errorOrder)
    // A step that leaves the promised domain is tried again at a quarter of its length, whatever its error.
    let shrunk = isInside.map { select($0, factor, bounded(factor, below: 0.25)) } ?? factor

    advance(&next, from: carry, trial, accepted, pending: pending)
    // Of a step that the clock has rounded up, what was wanted shrinks, or it would be rounded up for ever.
    next.step = stopGradient(select(isKept, length, bounded(length, below: wanted)) * shrunk)
    if events != nil {
      // What is short because an event was near says nothing about the step after it.
      next.step = select(trial.isLast .& isKept, bounded(next.step, above: stopGradient(wanted)), next.step)
    }
    next.memory = memory
    if let pending {
      next.step = select(pending, carry.step, next.step)
      next.memory = select(pending, carry.memory, next.memory)
    }
    if let peak = carry.peaks.first { next.peaks = [bounded(peak, above: abs(stopGradient(next.state)))] }
    if let small, let times = carry.smallTimes.first {
      next.smallTimes = [small.next(times, next.state, elapsed: next.time - carry.time)]
    }
    if let isLimited, let old = carry.growth, var updated = next.growth {
      // The perturbation goes on with the solution.
      updated.probe = select(accepted, updated.probe, old.probe)
      updated.isProbing = select(accepted, updated.isProbing, old.isProbing)
      // Where a step ended with something happening, the Jacobian may be another; where it was rejected, it may have changed.
      let isCut = stopGradient(next.time) .!= stopGradient(trial.time)
      updated.wait = select(trial.isLast .| isCut, 0, updated.wait)
      let moves = pending.map { accepted .| $0 } ?? accepted
      updated.estimates = select(moves .& (trial.isLast .| isCut), 0, updated.estimates)
      updated.limited = updated.limited + select(isLimited .& accepted .& (.!trial.isLast), 1, 0)
      next.growth = updated
    }
    next.status = status(next, from: carry, squared, isInside, control)
    return next
  }

  /// How the solution has ended, if it has.
  private func status(
    _ next: Carry, from carry: Carry, _ squared: Staged, _ isInside: Staged?, _ control: StepControl
  ) -> Staged {
    // No step that no longer moves the clock is of use; a NaN estimate tells a state beyond the numbers apart.
    let isStuck = (next.time + next.step .<= next.time) .& isUnfinished(next)
    let isBroken = squared .!= squared
    let exhausted = next.accepted + next.rejected .>= Staged(Double(control.maximumSteps))
    var stuck = select(isBroken, Status.notFinite.staged, Status.stepTooSmall.staged)
    // Where the error would be met if rounding were finer, it is the tolerances that are out of reach.
    stuck =
      wherever("stuck", isStuck .& (.!isBroken), [stopGradient(stuck)]) { values, here in
        let isFlat = control.isFlat(
          here(stopGradient(carry.state)), here(stopGradient(carry.rate)), time: here(stopGradient(carry.time)),
          peaks: carry.peaks.first.map { here(stopGradient($0)) })
        return [select(isFlat, Status.toleranceTooSmall.staged, values[0])]
      }[0]
    if let isInside { stuck = select(isInside, stuck, Status.belowZero.staged) }
    let status = select(
      isStuck, stuck, select(exhausted .& isUnfinished(next), Status.tooManySteps.staged, carry.status))
    return withEvents(status, next)
  }

  /// Moves everything but the step control over a step, if it is accepted.
  func advance(_ next: inout Carry, from carry: Carry, _ trial: Trial, _ accepted: Staged, pending: Staged?) {
    next.accepted = carry.accepted + select(accepted, 1, 0)
    let isRejected = pending.map { (.!accepted) .& (.!$0) } ?? .!accepted
    next.rejected = carry.rejected + select(isRejected, 1, 0)
    if let events, let happenings = carry.events, let pending {
      return advance(&next, from: carry, trial, accepted, pending: pending, toFirstOf: events, happenings)
    }
    next.time = select(accepted, trial.time, carry.time)
    next.state = select(accepted, trial.stages.state, carry.state)
    next.rate = select(accepted, trial.stages.finalRate, carry.rate)
    if !tables.isEmpty || !running.isEmpty {
      let dense = dense(carry, trial.stages, trial.length, nil)
      observe(&next, from: carry, dense, upTo: dense, accepted, branches: nil)
    }
  }

  struct Stages {
    var state: Staged
    var finalRate: Staged
    /// Of all stages and the end.
    var rates: [Staged]
    /// Where all of these were evaluated but the first.
    var points: [(time: Staged, state: Staged)]
  }

  func stages(_ carry: Carry, _ length: Staged, _ branches: [Staged]?) -> Stages {
    var all = [carry.rate]
    var points: [(time: Staged, state: Staged)] = []
    for (row, node) in zip(method.stages, method.nodes.dropFirst()) {
      let point = (time: carry.time + Staged(node) * length, state: carry.state + length * combination(row, all))
      all.append(rate(point.time, point.state, carry, branches))
      points.append(point)
    }
    let state = carry.state + length * combination(method.weights, all)
    let finalRate = rate(carry.time + length, state, carry, branches)
    points.append((carry.time + length, state))
    return Stages(state: state, finalRate: finalRate, rates: all + [finalRate], points: points)
  }

  /// Of the phase that the carry is in.
  func rate(_ time: Staged, _ state: Staged, _ carry: Carry, _ branches: [Staged]?) -> Staged {
    guard let events, let phase = carry.events?.phase, let branches else { return rates(time, state) }
    return events.rates(time, state, phase, branches)
  }

  /// How the rate changes along a direction of the state.
  func rateSlope(at time: Staged, _ state: Staged, _ carry: Carry, _ branches: [Staged]?, along direction: Staged)
    -> Staged
  {
    var fixed: [Staged] = []
    if events != nil, let phase = carry.events?.phase, let branches { fixed = [phase] + branches }
    return slopedRates.tangents([state, time] + fixed, along: [direction, nil] + fixed.map { _ in nil })[0]
  }

  /// Of the state, the time and, with events, the phase and the branches.
  static func slopedRates(_ events: EventHandling?, _ plainRates: @escaping (Staged, Staged) -> Staged)
    -> StagedFunction
  {
    StagedFunction("rates") { arguments in
      guard let events, arguments.count > 2 else { return [plainRates(arguments[1], arguments[0])] }
      return [events.plainRates(arguments[1], arguments[0], arguments[2], Array(arguments.dropFirst(3)))]
    }
  }

  /// All branches at the carry's time.
  func branches(_ carry: Carry) -> KnownBranches.Values? {
    carry.events.flatMap { events?.branches($0, at: carry.time) }
  }

  func dense(_ carry: Carry, _ stages: Stages, _ length: Staged, _ branches: [Staged]?) -> DenseOutput {
    var all = stages.rates
    let interpolant = method.interpolant
    for (row, node) in zip(interpolant.extraStages, interpolant.extraNodes) {
      all.append(
        rate(carry.time + Staged(node) * length, carry.state + length * combination(row, all), carry, branches))
    }
    return DenseOutput(interpolant, state: carry.state, rates: all, start: carry.time, length: length)
  }

  /// Saves and observes up to the time that `next` has reached; nothing changes if the step was rejected.
  /// - Parameters:
  ///   - dense: the step as it was taken.
  ///   - part: the step up to that time.
  ///   - branches: those of the step.
  func observe(
    _ next: inout Carry, from carry: Carry, _ dense: DenseOutput, upTo part: DenseOutput, _ accepted: Staged,
    branches: [Staged]?
  ) {
    // A time that differs from that of an event by rounding is that of the event.
    let until = events == nil ? next.time : next.time + select(accepted, clock.spread(next.time), 0)
    for (position, table) in tables.enumerated() {
      let rows = dense.coefficients.map { table.kept(of: $0) }
      (next.series[position], next.cursors[position]) = tabulate(
        series: carry.series[position], cursor: carry.cursors[position], times: Staged(table.times), until: until,
        origin: carry.time, scale: 1 / dense.length, coefficients: .stack(rows))
    }
    for (position, observation) in running.enumerated() {
      let observed = observation.next(carry.totals[position], part, branches: branches, self)
      next.totals[position] = zip(carry.totals[position], observed).map { select(accepted, $1, $0) }
    }
  }

  /// Whether every component is a finite number (x·0 is 0 for those only).
  func isFinite(_ state: Staged) -> Staged { (state * 0).sum() .== 0 }
}

/// Sorted times at which components of the state are kept.
struct SavedTable {
  let times: [Double]
  let components: [Int]

  /// The kept components of a state.
  func kept(of state: Staged) -> Staged {
    if let first = components.first, components.elementsEqual(first..<first + components.count) {
      return state[first..<first + components.count]
    }
    return .stack(components.map { state[$0] })
  }
}
