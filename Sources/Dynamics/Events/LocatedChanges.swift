import Programs

/// What the search for changes of branches finds on one step.
struct LocatedChanges {
  /// By branch that is searched for.
  struct Change {
    var branch: Int
    /// Whether the solution leaves the branch on the step.
    var isFound: Staged
    /// Where, from 0 to 1, and when; with derivatives.
    var place, time: Staged
    /// What the branch is afterwards.
    var after: Staged
    /// Up to which magnitude the difference counts as zero there: rounding.
    var noise: Staged
  }

  var changes: [Change] = []

  /// - Parameters:
  ///   - branches: those of the step.
  ///   - isWanted: whether the step counts.
  init(
    _ handling: EventHandling, _ carry: EventHandling.Carry, _ branches: [Staged], on dense: DenseOutput,
    isWanted: Staged
  ) {
    let (model, located) = (handling.model, handling.located)
    if located.isEmpty { return }
    let still = dense.withoutDerivatives
    let fixed = branches.map { $0.type.kind == .real ? stopGradient($0) : $0 }
    func difference(_ number: Int, on step: DenseOutput, at theta: Staged) -> Staged {
      model.difference(number, step.time(at: theta), step.state(at: theta), fixed)
    }
    func inside(_ number: Int, on step: DenseOutput, at theta: Staged) -> Staged {
      model.branches[number].inside(difference(number, on: step, at: theta), fixed[number])
    }
    func slopes(at theta: Staged) -> (Int) -> Staged {
      var known: [Int: [Staged]] = [:]
      return { number in
        let (level, position) = model.place(number)
        if known[level] == nil {
          known[level] = model.slopes(
            level, still.time(at: theta), still.state(at: theta), fixed,
            along: [still.length, still.slope(at: theta)])
        }
        return model.branches[number].insideSlope(
          difference(number, on: still, at: theta), fixed[number], slope: known[level]![position])
      }
    }
    let atStart = slopes(at: 0)
    let crossings = zip(located, carry.noises).map { number, noise in
      Crossing(noise: stopGradient(noise), slope: stopGradient(atStart(number))) { theta in
        stopGradient(inside(number, on: still, at: theta))
      }
    }
    let wanted = zip(located, crossings).map { number, crossing in
      crossing.isFound .& isWanted .& handling.matters(number, carry.phase)
    }
    let brackets = zip(crossings, wanted).map { crossing, isWanted in
      var bracket = crossing.bracket
      bracket.lower = select(isWanted, bracket.lower, bracket.upper)
      return bracket
    }
    let roots = Bracket.shrunk(brackets, crossings.map { crossing in { crossing.deflated($0) } }).map(\.upper)
    for ((number, crossing), (isFound, root)) in zip(zip(located, crossings), zip(wanted, roots)) {
      let (branch, value) = (model.branches[number], fixed[number])
      let root = stopGradient(root)
      let slope = stopGradient(slopes(at: root)(number))
      // What has no effect in this phase only ends the step, which it may do anywhere.
      let hasDerivative = isFound .& handling.hasEffect(number, carry.phase)
      let place = Self.differentiable(root, hasDerivative, slope: slope, scale: crossing.scale) {
        inside(number, on: dense, at: $0)
      }
      let atRoot = stopGradient(difference(number, on: still, at: root))
      let isIncreasing = Self.isIncreasing(branch, atRoot, value)
      let rest = abs(stopGradient(inside(number, on: still, at: root)))
      changes.append(
        Change(
          branch: number, isFound: isFound, place: place, time: dense.time(at: place),
          after: branch.flipped(value, increasing: isIncreasing),
          noise: select(isFound, 4 * rest, 0) + Staged(Crossing.rounding) * crossing.scale))
    }
  }

  private static func isIncreasing(_ branch: Branch, _ difference: Staged, _ value: Staged) -> Staged {
    switch branch.kind {
    case .comparison: .!value
    case .sign: value .< 0
    case .floor: difference - value .> 0.5
    case .ceiling: difference - value .> -0.5
    }
  }

  /// A root as a function of all that the step depends on.
  ///
  /// By the implicit-function theorem: two corrections −(g − stop g)/stop g′ from the root, each exactly zero in value.
  /// The first makes the first derivative right and the second the second, so that gradients can be differentiated again.
  ///
  /// - Parameters:
  ///   - root: without derivative; anything in 0 ... 1 where nothing was found.
  ///   - isWanted: whether it has a derivative.
  ///   - slope: of the function at the root, without derivative.
  ///   - scale: the size of the function over the step.
  ///   - function: on the step with derivatives.
  private static func differentiable(
    _ root: Staged, _ isWanted: Staged, slope: Staged, scale: Staged, _ function: (Staged) -> Staged
  ) -> Staged {
    // Below √ε of the function's size over the step, rounding has left no digit of the slope: there is no derivative.
    let isGrazing = isWanted .& (abs(slope) .<= 1e-8 * scale)
    let divisor = select(isWanted .& (.!isGrazing), slope, 1)
    func change(_ place: Staged) -> Staged {
      let value = function(place)
      return value - stopGradient(value)
    }
    let first = change(root)
    let corrected = root - first / divisor
    // The root of what is exactly zero is zero, and its derivative is infinite.
    let infinite = sqrt(select(isGrazing, first, 1)) - select(isGrazing, 0, 1)
    return select(isWanted, corrected - change(corrected) / divisor + infinite, root)
  }
}
