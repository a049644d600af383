import Programs

/// Steps of one length.
extension Integration {
  /// Equal steps; all members share the clock, so no lane waits for another.
  func fixedSteps(_ first: Carry, _ step: Double) -> Carry {
    guard events == nil, let span = end.literal?[0] else { return fixedStepsBetweenEvents(first, step) }
    // A step that divides the interval but for rounding gives that many steps.
    let count = max(1, (span / step * (1 - 1e-12)).rounded(.up))
    let length = span / count
    let turns = [first.accepted] + values(first)
    let last = whileLoop("steps", turns) { values in
      values[0] .< Staged(count)
    } body: { values in
      let (turn, carry) = (values[0], carry(first, Array(values.dropFirst())))
      let stages = stages(carry, Staged(length), nil)
      var next = carry
      let isLast = turn + 1 .>= Staged(count)
      next.time = select(isLast, end, (turn + 1) * Staged(length))
      next.state = stages.state
      next.rate = stages.finalRate
      next.accepted = carry.accepted + 1
      if !tables.isEmpty || !running.isEmpty {
        let dense = dense(carry, stages, Staged(length), nil)
        observe(&next, from: carry, dense, upTo: dense, Staged(true), branches: nil)
      }
      next.status = select(
        isFinite(stages.state) .| (carry.status .!= 0), carry.status, Status.notFinite.staged)
      return [turn + 1] + self.values(next)
    }
    return carry(first, Array(last.dropFirst()))
  }

  /// Equal steps from event to event; each member has a clock of its own.
  private func fixedStepsBetweenEvents(_ first: Carry, _ step: Double) -> Carry {
    let count = bounded(ceil(stopGradient(end) * Staged((1 - 1e-12) / step)), above: 1)
    let length = end / count
    let last = whileLoop("steps", values(first)) { values in
      let carry = carry(first, values)
      return isUnfinished(carry) .& (carry.status .== 0)
    } body: { values in
      let carry = carry(first, values)
      let trial = Trial(self, carry, branches(carry), wanted: length)
      var next = carry
      let pending = events.flatMap { events in carry.events.map { events.isPending($0, carry.time) } }
      advance(&next, from: carry, trial, pending.map { .!$0 } ?? Staged(true), pending: pending)
      let isBroken = .!isFinite(next.state)
      // Events cut steps short: as many again are allowed, and then some.
      let exhausted = next.accepted .>= 2 * count + 100_000
      let status = select(
        isBroken, Status.notFinite.staged,
        select(exhausted .& isUnfinished(next), Status.tooManySteps.staged, carry.status))
      next.status = withEvents(status, next)
      return self.values(next)
    }
    return carry(first, last)
  }
}
