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
      let rates = self.rates(clock(arguments[0]), arguments[1])
      return [direction < 0 ? -rates : rates]
    }
    let atTimes = Set(observations.compactMap(\.time)).sorted { direction * $0 < direction * $1 }
    let integration = Integration(
      method: method, stepping: stepping, begin: direction * from, end: direction * until,
      rates: { function([$0, $1])[0] },
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
    var totals = end.totals[...]
    let values = observations.map { observation -> Staged in
      switch observation.reduction {
      case .final: return orNaN(observation.value(Staged(until), end.state))
      case .initial: return orNaN(observation.value(Staged(from), start))
      case .at:
        let states = end.series[end.series.count - 1].transposed
        let time = observation.time ?? until
        return orNaN(observation.value(Staged(time), states[atTimes.firstIndex(of: time)!]))
      // The mirrored clock measures an interval backwards in time forwards.
      case .integral: return orNaN(clock(totals.removeFirst()))
      case .mean, .maximum, .minimum: return orNaN(totals.removeFirst())
      case .timeOfMaximum, .timeOfMinimum: return orNaN(clock(totals.removeFirst()))
      }
    }
    return Solution(
      final: orNaN(end.state), series: saveAt.isEmpty ? nil : end.series[0], observations: values, status: end.status,
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
  let rates: (Staged, Staged) -> Staged
  let tables: [SavedTable]
  let running: [RunningObservation]

  struct End {
    var state: Staged
    var series: [Staged]
    var totals: [Staged]
    var status: Staged
    var accepted: Staged
    var rejected: Staged
  }

  /// The state of a solution between two steps; `values` is the loop's carry.
  private struct Carry {
    var time, state, rate, step, memory, accepted, rejected, status: Staged
    var cursors: [Staged]
    var series: [Staged]
    var totals: [[Staged]]

    var values: [Staged] {
      [time, state, rate, step, memory, accepted, rejected, status] + cursors + series + totals.flatMap { $0 }
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
          return (carry.time .< Staged(end)) .& (carry.status .== 0)
        } body: { values in
          adaptiveStep(carry.replaced(by: values), control).values
        })
    case .fixed(let step):
      last = fixedSteps(carry, step)
    }
    return End(
      state: last.state, series: last.series, totals: zip(running, last.totals).compactMap { $0.result($1) },
      status: last.status, accepted: last.accepted, rejected: last.rejected)
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
      totals: running.map { $0.initial(Staged(begin), start) })
  }

  /// One trial step, kept if its error is within the tolerances.
  private func adaptiveStep(_ carry: Carry, _ control: StepControl) -> Carry {
    let wanted = control.maximumStep.map { min(carry.step, Staged($0)) } ?? carry.step
    let remaining = Staged(end) - carry.time
    // A remainder of up to 1 % more than the step is taken at once: no tiny last step.
    let isLast = wanted * 1.01 .>= remaining
    let length = select(isLast, remaining, wanted)
    let stages = stages(carry, length)
    let time = select(isLast, Staged(end), carry.time + length)
    let estimate = length * combination(method.errorWeights ?? [], stages.rates)
    let squared = control.squaredError(estimate, carry.state, stages.state)
    let accepted = stopGradient(squared) .<= 1
    let (factor, memory) = control.factor(
      squaredError: stopGradient(squared), accepted: accepted, memory: carry.memory, order: method.errorOrder)

    var next = carry
    next.time = select(accepted, time, carry.time)
    next.state = select(accepted, stages.state, carry.state)
    next.rate = select(accepted, stages.finalRate, carry.rate)
    next.step = stopGradient(length * factor)
    next.memory = memory
    next.accepted = carry.accepted + select(accepted, 1, 0)
    next.rejected = carry.rejected + select(accepted, 0, 1)
    observe(&next, from: carry, stages, length, accepted)

    // A step that no longer moves the clock cannot succeed; a NaN estimate tells a state beyond the numbers apart.
    let isStuck = (.!accepted) .& (carry.time + next.step .<= carry.time)
    let isBroken = squared .!= squared
    let exhausted = next.accepted + next.rejected .>= Staged(Double(control.maximumSteps))
    let isUnfinished = next.time .< Staged(end)
    let stuck = select(isBroken, Status.notFinite.staged, Status.stepTooSmall.staged)
    next.status = select(
      isStuck, stuck, select(exhausted .& isUnfinished, Status.tooManySteps.staged, carry.status))
    return next
  }

  /// Equal steps; all members share the clock, so no lane waits for another.
  private func fixedSteps(_ carry: Carry, _ step: Double) -> Carry {
    // A step that divides the interval but for rounding gives that many steps.
    let count = max(1, ((end - begin) / step * (1 - 1e-12)).rounded(.up))
    let length = (end - begin) / count
    let turns = [carry.accepted] + carry.values
    let last = whileLoop("steps", turns) { values in
      values[0] .< Staged(count)
    } body: { values in
      let (turn, carry) = (values[0], carry.replaced(by: Array(values.dropFirst())))
      let stages = stages(carry, Staged(length))
      var next = carry
      let isLast = turn + 1 .>= Staged(count)
      next.time = select(isLast, Staged(end), Staged(begin) + (turn + 1) * Staged(length))
      next.state = stages.state
      next.rate = stages.finalRate
      next.accepted = carry.accepted + 1
      observe(&next, from: carry, stages, Staged(length), Staged(true))
      next.status = select(
        isFinite(stages.state) .| (carry.status .!= 0), carry.status, Status.notFinite.staged)
      return [turn + 1] + next.values
    }
    return carry.replaced(by: Array(last.dropFirst()))
  }

  private struct Stages {
    var state: Staged
    var finalRate: Staged
    /// Of all stages and the end.
    var rates: [Staged]
  }

  private func stages(_ carry: Carry, _ length: Staged) -> Stages {
    var all = [carry.rate]
    for (row, node) in zip(method.stages, method.nodes.dropFirst()) {
      all.append(rates(carry.time + Staged(node) * length, carry.state + length * combination(row, all)))
    }
    let state = carry.state + length * combination(method.weights, all)
    let finalRate = rates(carry.time + length, state)
    return Stages(state: state, finalRate: finalRate, rates: all + [finalRate])
  }

  /// Saves and observes on the step just taken, by its dense output; nothing changes if it was rejected.
  private func observe(_ next: inout Carry, from carry: Carry, _ stages: Stages, _ length: Staged, _ accepted: Staged) {
    if tables.isEmpty && running.isEmpty { return }
    var all = stages.rates
    let interpolant = method.interpolant
    for (row, node) in zip(interpolant.extraStages, interpolant.extraNodes) {
      all.append(rates(carry.time + Staged(node) * length, carry.state + length * combination(row, all)))
    }
    let dense = DenseOutput(interpolant, state: carry.state, rates: all, start: carry.time, length: length)
    for (position, table) in tables.enumerated() {
      let rows = dense.coefficients.map { table.kept(of: $0) }
      (next.series[position], next.cursors[position]) = tabulate(
        series: carry.series[position], cursor: carry.cursors[position], times: Staged(table.times), until: next.time,
        origin: carry.time, scale: 1 / length, coefficients: .stack(rows))
    }
    for (position, observation) in running.enumerated() {
      next.totals[position] = zip(carry.totals[position], observation.next(carry.totals[position], dense)).map {
        select(accepted, $1, $0)
      }
    }
  }

  /// Whether every component is a finite number (x·0 is 0 for those only).
  private func isFinite(_ state: Staged) -> Staged { (state * 0).sum() .== 0 }
}
