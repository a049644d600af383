import Programs

/// The running total of one observation: part of the solver's carry.
struct RunningObservation {
  let observation: Observation
  /// Which of the model's observed values it is.
  let number: Int
  let clock: Clock
  /// The loop's time at the end.
  let end: Staged

  private var isWindowed: Bool { observation.from != nil || observation.until != nil }
  /// The edges of the window, in the loop's time.
  private var opening: Staged { observation.from.map { bounded(clock.elapsed($0), above: 0) } ?? 0 }
  private var closing: Staged { observation.until.map { bounded(clock.elapsed($0), below: end) } ?? end }

  /// Whether the member's window is in order and within its solution.
  private var isProper: Staged {
    let (from, until) = (observation.from.map(clock.elapsed) ?? 0, observation.until.map(clock.elapsed) ?? end)
    let (opening, closing, last) = (stopGradient(from), stopGradient(until), stopGradient(end))
    let isInOrder = opening .<= closing + clock.spread(closing)
    return isInOrder .& (opening .>= -clock.spread(0)) .& (closing .<= last + clock.spread(last))
  }

  /// What is observed, in the branches of the step.
  private func value(_ time: Staged, _ state: Staged, _ branches: [Staged]?, _ integration: Integration) -> Staged {
    guard let branches, let events = integration.events else { return observation.value(clock.time(time), state) }
    return events.model.observed(number, time, state, branches)
  }

  /// The carry before the first step.
  func initial(_ state: Staged, branches: [Staged]?, _ integration: Integration) -> [Staged] {
    let value = value(0, state, branches, integration)
    switch observation.reduction {
    case .final, .initial: return []
    case .at: return [value]
    case .integral, .mean: return [value * 0]
    case .maximum, .minimum, .timeOfMaximum, .timeOfMinimum:
      return isWindowed ? [value, 0, select(isInside(0, 0), 1, 0)] : [value, 0]
    }
  }

  /// Whether a part of a solution belongs to the window. Steps end at its edges, so none is half in it.
  private func isInside(_ start: Staged, _ end: Staged) -> Staged {
    let (start, end) = (stopGradient(start), stopGradient(end))
    let (opening, closing) = (stopGradient(opening), stopGradient(closing))
    return (start .>= opening - clock.spread(opening)) .& (end .<= closing + clock.spread(closing))
  }

  /// The carry after a step; the caller keeps the old one if the step is rejected.
  func next(_ carry: [Staged], _ step: DenseOutput, branches: [Staged]?, _ integration: Integration) -> [Staged] {
    let next: [Staged]
    switch observation.reduction {
    case .final, .initial: return []
    case .at: return [at(carry[0], step, branches, integration)]
    case .integral, .mean:
      let values = { (theta: Staged) in value(step.time(at: theta), step.state(at: theta), branches, integration) }
      // Gauss–Legendre nodes and weights on [0, 1].
      let offset = (0.6).squareRoot() / 2
      let ends = values(Staged(0.5 - offset)) + values(Staged(0.5 + offset))
      let middle = values(0.5)
      next = [carry[0] + step.length * (Staged(5.0 / 18) * ends + Staged(8.0 / 18) * middle)]
    case .maximum, .timeOfMaximum: next = extreme(carry, step, 1, branches: branches, integration)
    case .minimum, .timeOfMinimum: next = extreme(carry, step, -1, branches: branches, integration)
    }
    guard isWindowed else { return next }
    let isInside = isInside(step.start, step.time(at: 1))
    return zip(carry, next).map { select(isInside, $1, $0) }
  }

  /// The value at a time of the member, if the step comes to it.
  private func at(_ old: Staged, _ step: DenseOutput, _ branches: [Staged]?, _ integration: Integration) -> Staged {
    let time = clock.elapsed(observation.time ?? 0)
    let (still, start, end) = (stopGradient(time), stopGradient(step.start), stopGradient(step.time(at: 1)))
    let isReached = (still .> start + clock.spread(start)) .& (still .<= end + clock.spread(end))
    let safe = select(step.length .> 0, step.length, 1)
    let theta = select(isReached, (time - step.start) / safe, 0)
    let known = observation.value(clock.time(select(isReached, time, step.start)), step.state(at: theta))
    return select(isReached, known, old)
  }

  /// The carry after an event has changed the state: extremes see the states on both sides of a jump.
  func jumped(_ carry: [Staged], _ time: Staged, _ state: Staged, branches: [Staged]?, _ integration: Integration)
    -> [Staged]
  {
    guard observation.reduction.isExtreme else { return carry }
    let value = value(time, state, branches, integration)
    var isBetter = observation.reduction.isMaximum ? value .> carry[0] : value .< carry[0]
    if isWindowed { isBetter = ((isBetter .| (carry[2] .== 0)) .& isInside(time, time)) }
    return [select(isBetter, value, carry[0]), select(isBetter, time, carry[1])]
      + carry.dropFirst(2).map { select(isBetter, 1, $0) }
  }

  /// The best point so far, with `sign` −1 to seek a minimum.
  private func extreme(
    _ carry: [Staged], _ step: DenseOutput, _ sign: Double, branches: [Staged]?, _ integration: Integration
  ) -> [Staged] {
    func value(_ time: Staged, _ state: Staged, _ known: [Staged]) -> Staged {
      self.value(time, state, branches.map { _ in known }, integration)
    }
    func point(_ theta: Staged) -> (time: Staged, value: Staged) {
      let time = step.time(at: theta)
      return (time, value(time, step.state(at: theta), branches ?? []))
    }
    var isEmpty = carry.count > 2 ? carry[2] .== 0 : Staged(false)
    let turn = StepExtreme(
      of: step, branches: branches ?? [], beyond: carry[0], isFirst: isEmpty, sign: sign, value)
    var points = [(isThere: turn.isFound, time: step.time(at: turn.place), value: turn.value)]
    // A window, and a branch, may begin with another value than the step before has ended with.
    let others = isWindowed || mayJump ? [point(1), point(0)] : [point(1)]
    points += others.map { (isThere: Staged(true), time: $0.time, value: $0.value) }
    var best = (value: carry[0], time: carry[1])
    for point in points {
      let isGreater = sign > 0 ? point.value .> best.value : point.value .< best.value
      let isBetter = point.isThere .& (isGreater .| isEmpty)
      best = (select(isBetter, point.value, best.value), select(isBetter, point.time, best.time))
      isEmpty = (isEmpty .& (.!isBetter))
    }
    return [best.value, best.time] + (carry.count > 2 ? [1] : [])
  }

  /// Whether the observed value may jump where a step begins.
  var mayJump = false

  /// The observation once the solution has ended, in the problem's time; NaN for a window that is not one.
  /// - Parameter duration: how long it was, if an event may have stopped it.
  func result(_ carry: [Staged], duration: Staged?, _ clock: Clock) -> Staged {
    let total = total(carry, duration: duration, clock)
    return isWindowed ? select(isProper, total, Staged(Double.nan)) : total
  }

  private func total(_ carry: [Staged], duration: Staged?, _ clock: Clock) -> Staged {
    let reached = duration ?? end
    func orNaN(_ value: Staged, _ isThere: Staged) -> Staged { select(isThere, value, Staged(Double.nan)) }
    switch observation.reduction {
    case .final, .initial: return carry[0]
    case .at:
      let time = stopGradient(clock.elapsed(observation.time ?? 0))
      let last = stopGradient(reached)
      return orNaN(carry[0], (time .<= last + clock.spread(last)) .& (time .>= -clock.spread(0)))
    // The loop's clock measures an interval backwards in time forwards.
    case .integral: return clock.direction < 0 ? -carry[0] : carry[0]
    case .mean:
      guard isWindowed else { return carry[0] / reached }
      let span = bounded(closing, below: reached) - opening
      return orNaN(carry[0] / select(span .> 0, span, 1), span .> 0)
    case .maximum, .minimum: return isWindowed ? orNaN(carry[0], carry[2] .> 0) : carry[0]
    case .timeOfMaximum, .timeOfMinimum:
      let time = clock.time(carry[1])
      return isWindowed ? orNaN(time, carry[2] .> 0) : time
    }
  }
}

extension Observation.Reduction {
  var isExtreme: Bool {
    switch self {
    case .final, .initial, .at, .integral, .mean: false
    case .maximum, .minimum, .timeOfMaximum, .timeOfMinimum: true
    }
  }

  var isMaximum: Bool { self == .maximum || self == .timeOfMaximum }
}
