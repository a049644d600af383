import Programs

/// Steps of one length.
extension Integration {
  /// Equal steps; all members share the clock, so no lane waits for another.
  func fixedSteps(_ carry: Carry, _ step: Double) -> Carry {
    // A step that divides the interval but for rounding gives that many steps.
    let count = max(1, ((end - begin) / step * (1 - 1e-12)).rounded(.up))
    let length = (end - begin) / count
    if events != nil { return fixedStepsBetweenEvents(carry, length, count) }
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
      if !tables.isEmpty || !running.isEmpty {
        let dense = dense(carry, stages, Staged(length))
        observe(&next, from: carry, dense, upTo: dense, Staged(true))
      }
      next.status = select(
        isFinite(stages.state) .| (carry.status .!= 0), carry.status, Status.notFinite.staged)
      return [turn + 1] + next.values
    }
    return carry.replaced(by: Array(last.dropFirst()))
  }

  /// Equal steps from event to event; each member has a clock of its own.
  private func fixedStepsBetweenEvents(_ carry: Carry, _ length: Double, _ count: Double) -> Carry {
    let last = whileLoop("steps", carry.values) { values in
      let carry = carry.replaced(by: values)
      return isUnfinished(carry) .& (carry.status .== 0)
    } body: { values in
      let carry = carry.replaced(by: values)
      let trial = Trial(self, carry, wanted: Staged(length))
      var next = carry
      advance(&next, from: carry, trial, Staged(true))
      let isBroken = .!isFinite(next.state)
      // Events cut steps short: as many again are allowed, and then some.
      let exhausted = next.accepted .>= Staged(2 * count + 100_000)
      let status = select(
        isBroken, Status.notFinite.staged,
        select(exhausted .& isUnfinished(next), Status.tooManySteps.staged, carry.status))
      next.status = withEvents(status, next)
      return next.values
    }
    return carry.replaced(by: last)
  }
}
