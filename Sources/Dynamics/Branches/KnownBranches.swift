import Programs

/// Branches whose operands are straight lines in time: what they are just after (or before) a time, and when they change.
struct KnownBranches {
  let model: BranchingModel
  let clock: Clock
  /// The state's shape; known branches see nothing of its values.
  let stateShape: Shape
  /// The end of the solution: a time at which nothing changes any more.
  let end: Staged

  /// Differences that are zero but for rounding, in units of the size of what was subtracted.
  private static let rounding = 0x1p-48

  struct Values {
    /// By branch; those that are not known are as they were given.
    var branches: [Staged]
    /// By known branch: when it changes next, or the solution's end if never.
    var changes: [Int: Staged]
    /// By known branch: whether it changes at the time itself, and the time of that, with its derivative.
    var isNow: [Int: Staged]
    var nowTimes: [Int: Staged]
  }

  var isEmpty: Bool { !model.branches.contains(where: \.isKnown) }

  /// - Parameters:
  ///   - time: the loop's time.
  ///   - located: the branches that are not known, by branch; anything for the others.
  ///   - isBefore: whether the branches just before the time are wanted instead of those just after it.
  func values(at time: Staged, _ located: [Staged], isBefore: Bool = false) -> Values {
    var values = Values(branches: located, changes: [:], isNow: [:], nowTimes: [:])
    if isEmpty { return values }
    let state = Staged(Array(repeating: 0, count: stateShape.count), shape: stateShape)
    let size = abs(clock.time(time))
    for (level, members) in model.levels.enumerated() where members.contains(where: { model.branches[$0].isKnown }) {
      let branches = values.branches
      let differences = model.differences(level, time, state, branches)
      let slopes = model.slopes(level, time, state, branches, along: [1, state])
      for (position, number) in members.enumerated() where model.branches[number].isKnown {
        let (branch, difference, slope) = (model.branches[number], differences[position], slopes[position])
        let scale = abs(slope) * size + abs(difference - slope * clock.time(time) * Staged(clock.direction))
        let distance = branch.distance(difference)
        let moves = (slope .!= 0)
        let isNow = moves .& (abs(distance) .<= Staged(Self.rounding) * scale) .& (scale .< Staged(Double.infinity))
        let isIncreasing = slope .> 0
        let next = select(
          isNow, branch.beyond(difference, increasing: isBefore ? .!isIncreasing : isIncreasing), branch.at(difference))
        let safe = select(moves, slope, 1)
        let ahead = (branch.edge(next, increasing: isIncreasing) - difference) / safe
        values.branches[number] = branch.type.kind == .real ? stopGradient(next) : next
        values.changes[number] = select(moves .& (.!(isNow .& isComparison(branch))) .& (ahead .> 0), time + ahead, end)
        values.isNow[number] = isNow
        values.nowTimes[number] = select(isNow, time - distance / safe, time)
      }
    }
    return values
  }

  /// A comparison changes once; a rounding changes again at the next whole number.
  private func isComparison(_ branch: Branch) -> Staged {
    switch branch.kind {
    case .comparison, .sign: Staged(true)
    case .floor, .ceiling: Staged(false)
    }
  }
}
