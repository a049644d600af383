import Differentiation
import Dynamics

/// How many turns of the solver's loop a tape holds. A member that takes more is differentiated in segments.
///
/// Which members those are depends on the job alone, not on the memory there is: kernels for segments round in other
/// places, and a member's bits must not depend on the machine.
struct SweepTape: Sendable {
  /// Of a single tape.
  let turns: Int
  /// The most that any member can take.
  let most: Int

  init(_ solve: SolveDescription, stateCount: Int) {
    most =
      switch solve.stepping {
      case .adaptive: solve.maximumSteps
      case .fixed(let step):
        solve.hasOneStart && solve.hasOneEnd
          ? Int(((solve.until - solve.from) / step).rounded(.up)) : solve.maximumSteps
      }
    // A turn keeps about the state and the rate.
    let affordable = Self.numbers / (2 * stateCount + 4)
    turns = min(max(affordable, Self.fewestTurns), Self.mostTurns, max(most, 1))
  }

  /// Numbers a member that one tape may take: with the 8 members of a tile in double precision 16 MB, more than most
  /// solutions fill.
  private static let numbers = 1 << 18
  private static let fewestTurns = 64
  private static let mostTurns = 4096

  /// So many turns on each of so many tapes.
  typealias Size = (turns: Int, segments: Int)

  /// The tape with which the sweep begins: steps that are counted beforehand tell what they need.
  func first(_ solve: SolveDescription) -> Size {
    switch solve.stepping {
    case .adaptive: (turns, 1)
    case .fixed: sizes(for: most)[0]
    }
  }

  /// The tapes that hold so many turns, the best first: a single one up to `turns`, else segments; and segments also for
  /// fewer turns, where there is no memory for a single tape.
  func sizes(for needed: Int) -> [Size] {
    // Of few sizes, so that few kernels are compiled.
    var side = 1
    while side * side < needed { side *= 2 }
    return (needed <= turns ? [(turns, 1)] : []) + [(side, side)]
  }
}
