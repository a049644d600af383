import Programs

extension InitialValueProblem {
  /// Solves the problem for every member, step by step, as part of the program that is being traced.
  ///
  /// - Parameters:
  ///   - method: the Runge–Kutta method; with `.adaptive` stepping it must have an error estimate.
  ///   - saveAt: times in the order of the solution, within it; steps do not stop at them.
  ///   - saving: the components of the state that the series keeps, in their order; all if nil.
  ///   - observations: sums over the solution.
  public func solve(
    _ method: ButcherTableau, _ stepping: Stepping, saveAt: [Double] = [], saving: [Int]? = nil,
    observations: [Observation] = []
  ) -> Solution {
    // Backwards in time: the mirrored problem forwards. `clock` gives the user's time.
    let direction: Double = until < from ? -1 : 1
    func clock(_ time: Staged) -> Staged { direction < 0 ? -time : time }
    let function = StagedFunction("rates") { arguments in
      let rates = phases[0].rates(clock(arguments[0]), arguments[1])
      return [direction < 0 ? -rates : rates]
    }
    let handling =
      events.isEmpty ? nil : EventHandling(self, clock: clock, begin: direction * from, end: direction * until)
    let atTimes = Set(observations.compactMap(\.time)).sorted { direction * $0 < direction * $1 }
    let integration = Integration(
      method: method, stepping: stepping, begin: direction * from, end: direction * until,
      rates: { function([$0, $1])[0] }, events: handling,
      tables: [(saveAt, saving), (atTimes, nil)].filter { !$0.0.isEmpty }.map { times, components in
        SavedTable(times: times.map { direction * $0 }, components: components ?? Array(0..<start.shape.count))
      },
      running: observations.filter(\.reduction.needsSteps).map { observation in
        var mirrored = observation
        mirrored.value = { observation.value(clock($0), $1) }
        return RunningObservation(observation: mirrored, interval: abs(until - from))
      })
    let end = integration.run(start: start)
    let failed = end.status .!= 0
    func orNaN(_ value: Staged) -> Staged { select(failed, Staged(Double.nan), value) }
    let endTime = handling?.canStop == true ? clock(end.time) : Staged(until)
    var totals = end.totals[...]
    let values = observations.map { observation -> Staged in
      switch observation.reduction {
      case .final: return orNaN(observation.value(endTime, end.state))
      case .initial: return orNaN(observation.value(Staged(from), start))
      case .at:
        let states = end.series[end.series.count - 1].transposed
        let time = observation.time ?? until
        let value = observation.value(Staged(time), states[atTimes.firstIndex(of: time)!])
        let isReached = handling?.canStop == true ? end.time .>= Staged(direction * time) : Staged(true)
        return orNaN(select(isReached, value, Staged(Double.nan)))
      // The mirrored clock measures an interval backwards in time forwards.
      case .integral: return orNaN(clock(totals.removeFirst()))
      case .mean, .maximum, .minimum: return orNaN(totals.removeFirst())
      case .timeOfMaximum, .timeOfMinimum: return orNaN(clock(totals.removeFirst()))
      }
    }
    return Solution(
      final: orNaN(end.state), time: orNaN(endTime), eventCounts: end.eventCounts.map(orNaN),
      series: saveAt.isEmpty ? nil : end.series[0], observations: values, status: end.status,
      acceptedSteps: end.accepted, rejectedSteps: end.rejected)
  }
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

/// The loop over steps, forwards in time: step, error, control, saving and observing meet here and nowhere else.
struct Integration {
  let method: ButcherTableau
  let stepping: Stepping
  let begin: Double
  let end: Double
  /// Of the phase in which a solution begins.
  let rates: (Staged, Staged) -> Staged
  let events: EventHandling?
  let tables: [SavedTable]
  let running: [RunningObservation]

  struct End {
    var time: Staged
    var state: Staged
    var eventCounts: [Staged]
    var series: [Staged]
    var totals: [Staged]
    var status: Staged
    var accepted: Staged
    var rejected: Staged
  }

  /// The state of a solution between two steps; `values` is the loop's carry.
  struct Carry {
    var time, state, rate, step, memory, accepted, rejected, status: Staged
    var cursors: [Staged]
    var series: [Staged]
    var totals: [[Staged]]
    var events: EventHandling.Carry?

    var values: [Staged] {
      [time, state, rate, step, memory, accepted, rejected, status] + cursors + series + totals.flatMap { $0 }
        + (events?.values ?? [])
    }

    /// The same fields with other values.
    func replaced(by values: [Staged]) -> Carry {
      var (copy, rest) = (self, values[...])
      (copy.time, copy.state, copy.rate) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
      (copy.step, copy.memory) = (rest.removeFirst(), rest.removeFirst())
      (copy.accepted, copy.rejected, copy.status) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
      copy.cursors = cursors.map { _ in rest.removeFirst() }
      copy.series = series.map { _ in rest.removeFirst() }
      copy.totals = totals.map { $0.map { _ in rest.removeFirst() } }
      copy.events = events?.replaced(by: rest)
      return copy
    }
  }

  func run(start: Staged) -> End {
    let carry = initialCarry(start)
    let last: Carry
    switch stepping {
    case .adaptive(let control):
      last = carry.replaced(
        by: whileLoop("steps", carry.values) { values in
          let carry = carry.replaced(by: values)
          return isUnfinished(carry) .& (carry.status .== 0)
        } body: { values in
          adaptiveStep(carry.replaced(by: values), control).values
        })
    case .fixed(let step):
      last = fixedSteps(carry, step)
    }
    let duration = events?.canStop == true ? last.time - Staged(begin) : nil
    return End(
      time: last.time, state: last.state, eventCounts: last.events?.counts ?? [], series: last.series,
      totals: zip(running, last.totals).compactMap { $0.result($1, duration: duration) }, status: last.status,
      accepted: last.accepted, rejected: last.rejected)
  }

  private func initialCarry(_ start: Staged) -> Carry {
    let rate = rates(Staged(begin), start)
    let step: Staged
    if case .adaptive(let control) = stepping {
      // Derivatives are those of the accepted steps: how a step was chosen is not differentiated.
      step = stopGradient(
        control.firstStep(
          rates: rates, time: begin, interval: end - begin, state: start, rate: rate, order: method.errorOrder))
    } else {
      step = 0
    }
    return Carry(
      time: Staged(begin), state: start, rate: rate, step: step, memory: Staged(0), accepted: 0, rejected: 0,
      status: select(isFinite(start) .& isFinite(rate), Status.success.staged, Status.notFinite.staged),
      cursors: tables.map { _ in 0 },
      series: tables.map { Staged(Double.nan).broadcast(to: [$0.components.count, $0.times.count]) },
      totals: running.map { $0.initial(Staged(begin), start) }, events: events?.start)
  }

  /// A step that may be kept.
  struct Trial {
    /// Whether it ends where it must not go on: at the end, or at the known time of an event.
    var isLast: Staged
    var length: Staged
    var time: Staged
    var stages: Stages

    init(_ integration: Integration, _ carry: Carry, wanted: Staged) {
      let horizon = carry.events.flatMap { integration.events?.horizon($0, carry.time) } ?? Staged(integration.end)
      let remaining = horizon - carry.time
      // A remainder of up to 1 % more than the step is taken at once: no tiny last step.
      isLast = (wanted * 1.01 .>= remaining)
      length = select(isLast, remaining, wanted)
      time = select(isLast, horizon, carry.time + length)
      stages = integration.stages(carry, length)
    }
  }

  /// One trial step, kept if its error is within the tolerances.
  private func adaptiveStep(_ carry: Carry, _ control: StepControl) -> Carry {
    let wanted = control.maximumStep.map { min(carry.step, Staged($0)) } ?? carry.step
    let trial = Trial(self, carry, wanted: wanted)
    let (length, stages) = (trial.length, trial.stages)
    let estimate = length * combination(method.errorWeights ?? [], stages.rates)
    let squared = control.squaredError(estimate, carry.state, stages.state)
    let accepted = stopGradient(squared) .<= 1
    let (factor, memory) = control.factor(
      squaredError: stopGradient(squared), accepted: accepted, memory: carry.memory, order: method.errorOrder)

    var next = carry
    advance(&next, from: carry, trial, accepted)
    next.step = stopGradient(length * factor)
    if events != nil {
      // What is short because an event was near says nothing about the step after it.
      next.step = select(trial.isLast .& accepted, max(next.step, stopGradient(wanted)), next.step)
    }
    next.memory = memory

    // A step that no longer moves the clock cannot succeed; a NaN estimate tells a state beyond the numbers apart.
    let isStuck = (.!accepted) .& (carry.time + next.step .<= carry.time)
    let isBroken = squared .!= squared
    let exhausted = next.accepted + next.rejected .>= Staged(Double(control.maximumSteps))
    let stuck = select(isBroken, Status.notFinite.staged, Status.stepTooSmall.staged)
    let status = select(
      isStuck, stuck, select(exhausted .& isUnfinished(next), Status.tooManySteps.staged, carry.status))
    next.status = withEvents(status, next)
    return next
  }

  /// Moves everything but the step control over a step, if it is accepted.
  func advance(_ next: inout Carry, from carry: Carry, _ trial: Trial, _ accepted: Staged) {
    next.accepted = carry.accepted + select(accepted, 1, 0)
    next.rejected = carry.rejected + select(accepted, 0, 1)
    if let events, let state = carry.events {
      return advance(&next, from: carry, trial, accepted, toFirstOf: events, state)
    }
    next.time = select(accepted, trial.time, carry.time)
    next.state = select(accepted, trial.stages.state, carry.state)
    next.rate = select(accepted, trial.stages.finalRate, carry.rate)
    if !tables.isEmpty || !running.isEmpty {
      let dense = dense(carry, trial.stages, trial.length)
      observe(&next, from: carry, dense, upTo: dense, accepted)
    }
  }

  struct Stages {
    var state: Staged
    var finalRate: Staged
    /// Of all stages and the end.
    var rates: [Staged]
  }

  func stages(_ carry: Carry, _ length: Staged) -> Stages {
    var all = [carry.rate]
    for (row, node) in zip(method.stages, method.nodes.dropFirst()) {
      all.append(rate(carry.time + Staged(node) * length, carry.state + length * combination(row, all), carry))
    }
    let state = carry.state + length * combination(method.weights, all)
    let finalRate = rate(carry.time + length, state, carry)
    return Stages(state: state, finalRate: finalRate, rates: all + [finalRate])
  }

  /// Of the phase that the carry is in.
  private func rate(_ time: Staged, _ state: Staged, _ carry: Carry) -> Staged {
    guard let events, let phase = carry.events?.phase else { return rates(time, state) }
    return events.rates(time, state, phase)
  }

  func dense(_ carry: Carry, _ stages: Stages, _ length: Staged) -> DenseOutput {
    var all = stages.rates
    let interpolant = method.interpolant
    for (row, node) in zip(interpolant.extraStages, interpolant.extraNodes) {
      all.append(rate(carry.time + Staged(node) * length, carry.state + length * combination(row, all), carry))
    }
    return DenseOutput(interpolant, state: carry.state, rates: all, start: carry.time, length: length)
  }

  /// Saves and observes up to the time that `next` has reached; nothing changes if the step was rejected.
  /// - Parameters:
  ///   - dense: the step as it was taken.
  ///   - part: the step up to that time.
  func observe(
    _ next: inout Carry, from carry: Carry, _ dense: DenseOutput, upTo part: DenseOutput, _ accepted: Staged
  ) {
    for (position, table) in tables.enumerated() {
      let rows = dense.coefficients.map { table.kept(of: $0) }
      (next.series[position], next.cursors[position]) = tabulate(
        series: carry.series[position], cursor: carry.cursors[position], times: Staged(table.times), until: next.time,
        origin: carry.time, scale: 1 / dense.length, coefficients: .stack(rows))
    }
    for (position, observation) in running.enumerated() {
      next.totals[position] = zip(carry.totals[position], observation.next(carry.totals[position], part)).map {
        select(accepted, $1, $0)
      }
    }
  }

  /// Whether every component is a finite number (x·0 is 0 for those only).
  func isFinite(_ state: Staged) -> Staged { (state * 0).sum() .== 0 }
}
