import Programs

/// How long states stay below their absolute tolerance: no digit of them is controlled there.
struct SmallStates {
  private let parts: [[Int]]
  /// Σ x² of each part at its tolerance.
  private let squares: [Double]

  /// - Returns: nil if no states are watched, or steps have one length.
  init?(_ options: SolveOptions, _ stepping: Stepping) {
    guard case .adaptive(let control) = stepping, !options.watchedForSize.isEmpty else { return nil }
    parts = options.watchedForSize
    squares = parts.map { part in
      part.reduce(0) { sum, component in
        let tolerance = control.absoluteTolerances?[component] ?? control.absoluteTolerance
        return sum + tolerance * tolerance
      }
    }
  }

  /// The time that each part has been below, `[parts]`: none.
  var start: Staged { Staged(Array(repeating: 0, count: parts.count)) }

  /// The times below, `[parts]`, after a step. A state that is exactly zero has all its digits.
  /// - Parameters:
  ///   - state: after the step, `[n]`.
  ///   - elapsed: what the step has moved the time by; zero if it is not kept.
  func next(_ times: Staged, _ state: Staged, elapsed: Staged) -> Staged {
    let (state, elapsed) = (stopGradient(state), stopGradient(elapsed))
    let all = state * state
    let sums: Staged
    if parts.enumerated().allSatisfy({ $1 == [$0] }), parts.count == state.shape.count {
      sums = all
    } else {
      sums = .stack(parts.map { part in part.dropFirst().reduce(all[part[0]]) { $0 + all[$1] } })
    }
    return times + select((sums .> 0) .& (sums .< Staged(squares)), elapsed, 0)
  }

  /// By part, 1 if it was below for more than half of the solution.
  func mostly(_ times: Staged, duration: Staged) -> [Staged] {
    parts.indices.map { select(times[$0] .> 0.5 * stopGradient(duration), 1, 0) }
  }
}
