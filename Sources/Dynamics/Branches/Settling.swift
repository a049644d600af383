import Programs

/// Decides which branches a solution is in where it does not come along a step: at its start, and after a jump.
struct Settling {
  let model: BranchingModel

  /// - Parameters:
  ///   - branches: what they were, those of them that have just changed on the other side; known ones as they now are.
  ///   - noises: by branch, magnitudes that count as zero.
  ///   - isOpen: whether one at zero is on the side to which the solution goes from here; else it stays what it was.
  ///   - isStart: whether nothing was before.
  ///   - rates: from branches to the rates there.
  /// - Returns: by branch; known ones as they were given.
  func settled(
    at time: Staged, _ state: Staged, _ branches: [Staged], noises: [Staged], isOpen: Staged,
    isStart: Bool = false, rates: ([Staged]) -> Staged
  ) -> [Staged] {
    var tentative = branches
    var isZero = branches.map { _ in Staged(false) }
    for (level, members) in model.levels.enumerated() where hasLocated(members) {
      let differences = model.differences(level, time, state, tentative)
      for (position, number) in members.enumerated() where !model.branches[number].isKnown {
        let branch = model.branches[number]
        isZero[number] = (abs(branch.distance(differences[position])) .<= noises[number])
        tentative[number] = select(isZero[number], branches[number], branch.at(differences[position]))
      }
    }
    let rate = rates(tentative)
    var settled = tentative
    for (level, members) in model.levels.enumerated() where hasLocated(members) {
      let differences = model.differences(level, time, state, settled)
      let slopes = model.slopes(level, time, state, settled, along: [1, rate])
      for (position, number) in members.enumerated() where !model.branches[number].isKnown {
        let (branch, slope) = (model.branches[number], slopes[position])
        let beyond = select(
          slope .!= 0, branch.beyond(differences[position], increasing: slope .> 0),
          isStart ? branch.at(differences[position]) : settled[number])
        settled[number] = select(isZero[number] .& isOpen, beyond, settled[number])
      }
    }
    return settled
  }

  private func hasLocated(_ members: [Int]) -> Bool { members.contains { !model.branches[$0].isKnown } }
}

/// Computes only where it is wanted: members that do not want it keep their values, and where none of a tile does nothing
/// is computed.
///
/// What a loop computes from outer values alone is computed before it, wanted or not. So the body gets these by `here`, which
/// gives the value where it is wanted.
///
/// - Precondition: nothing in the values or the body has a derivative.
func wherever(
  _ name: String, _ isWanted: Staged, _ values: [Staged],
  _ body: (_ values: [Staged], _ here: (Staged) -> Staged) -> [Staged]
) -> [Staged] {
  let last = whileLoop(name, [isWanted] + values) {
    $0[0]
  } body: { carried in
    [Staged(false)] + body(Array(carried.dropFirst())) { select(carried[0], $0, 0) }
  }
  return Array(last.dropFirst())
}
