import Programs

/// States that are not to become negative on a step.
struct FloorCheck {
  private let promised: [Int]
  private let guarded: [Int]
  private let control: StepControl

  /// - Returns: nil if there is nothing to check, or steps of one length.
  init?(_ options: SolveOptions, _ stepping: Stepping) {
    guard case .adaptive(let control) = stepping else { return nil }
    promised = options.nonnegative
    guarded = options.guarded.filter { !options.nonnegative.contains($0) }
    self.control = control
    if promised.isEmpty && guarded.isEmpty { return nil }
  }

  /// Whether a step may be kept.
  ///
  /// A guarded state that falls below zero does so against its rate, if at zero it does not fall: then the step has gone
  /// over a zero that the solution never crosses.
  func holds(_ carry: Integration.Carry, _ trial: Integration.Trial, _ integration: Integration) -> Staged {
    let (before, after) = (stopGradient(carry.state), stopGradient(trial.stages.state))
    let scale = control.absoluteScale(peaks: carry.peaks.first)
    func isBelow(_ component: Int) -> Staged {
      let limit = scale.shape.isScalar ? scale : scale[component]
      return (after[component] .< -limit) .& (before[component] .>= -limit)
    }
    var holds = Staged(true)
    for component in promised { holds = (holds .& (.!isBelow(component))) }
    if guarded.isEmpty { return holds }
    let below = guarded.map(isBelow)
    let time = stopGradient(trial.time)
    let floored = wherever("floor", below.reduce(Staged(false)) { $0 .| $1 }, [Staged(true)]) { _, here in
      let after = here(after)
      let places = Dictionary(uniqueKeysWithValues: zip(guarded, below))
      let state = Staged.stack(
        (0..<after.shape.count).map { component in
          places[component].map { select($0, 0, after[component]) } ?? after[component]
        })
      let rate = stopGradient(integration.rate(time, state, carry, trial.branches?.branches))
      return [
        zip(guarded, below).reduce(Staged(true)) { holds, each in
          holds .& ((.!each.1) .| (rate[each.0] .< 0))
        }
      ]
    }
    return holds .& floored[0]
  }
}
