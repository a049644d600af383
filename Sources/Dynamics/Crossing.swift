import Differentiation
import Programs

/// A condition on one step: whether, and where, it passes through zero in the wanted direction.
struct Crossing {
  /// Whether it does.
  let isFound: Staged
  /// Between two neighbouring points that were looked at.
  let bracket: Bracket
  /// The largest of the condition's magnitudes there.
  let scale: Staged
  private let condition: StagedFunction
  private let step: DenseOutput
  private let atStart: Staged
  private let startsAtZero: Staged

  /// The points of a step that are looked at besides its start.
  private static let nodes = [0.25, 0.5, 0.75, 1]
  /// What rounding may leave of a condition that is zero, relative to its size over the step.
  private static let rounding = 0x1p-43

  /// - Parameters:
  ///   - condition: from time and state to a scalar.
  ///   - step: without derivatives.
  ///   - noise: magnitudes of the condition up to here count as zero at the step's start.
  init(_ condition: StagedFunction, _ direction: Event.Direction, _ step: DenseOutput, noise: Staged) {
    (self.condition, self.step) = (condition, step)
    func value(_ theta: Staged) -> Staged {
      stopGradient(condition([step.time(at: theta), step.state(at: theta)])[0])
    }
    atStart = value(0)
    startsAtZero = (abs(atStart) .<= noise)
    let slope = stopGradient(Self.slope(of: condition, step, at: 0))
    var points = Self.nodes.map { value(Staged($0)) }
    scale = points.reduce(abs(atStart)) { max($0, abs($1)) }
    // Zero but for rounding at the step's end is zero, so that an event at a known time finds those it coincides with.
    let last = points.count - 1
    points[last] = select(abs(points[last]) .<= Staged(Self.rounding) * scale, 0, points[last])
    let (start, zero) = (atStart, startsAtZero)
    let deflated =
      [select(zero, slope, start)]
      + zip(Self.nodes, points).map { select(zero, ($1 - start) * Staged(1 / $0), $1) }
    var bracket = Bracket(lower: 1, upper: 1, atLower: 0, atUpper: 0)
    var isFound = Staged(false)
    for (position, upper) in Self.nodes.enumerated().reversed() {
      let (before, after) = (deflated[position], deflated[position + 1])
      let rises = (before .< 0) .& (after .>= 0)
      let falls = (before .> 0) .& (after .<= 0)
      let crosses: Staged =
        switch direction {
        case .rising: rises
        case .falling: falls
        case .both: rises .| falls
        }
      bracket = Bracket(
        lower: select(crosses, position == 0 ? 0 : Staged(Self.nodes[position - 1]), bracket.lower),
        upper: select(crosses, Staged(upper), bracket.upper),
        atLower: select(crosses, before, bracket.atLower), atUpper: select(crosses, after, bracket.atUpper))
      isFound = (isFound .| crosses)
    }
    (self.bracket, self.isFound) = (bracket, isFound)
  }

  /// The condition; where it is zero at the start already, its slope from there: (g(θ) − g(0)) / θ, whose roots are the
  /// other ones. So a ball that leaves the ground does not meet it at once, and yet meets it again within the same step.
  func deflated(_ theta: Staged) -> Staged {
    let value = stopGradient(condition([step.time(at: theta), step.state(at: theta)])[0])
    return select(startsAtZero, (value - atStart) / theta, value)
  }

  /// Per θ, along the solution.
  private static func slope(of condition: StagedFunction, _ step: DenseOutput, at theta: Staged) -> Staged {
    condition.tangents(
      [step.time(at: theta), step.state(at: theta)], along: [step.length, step.slope(at: theta)])[0]
  }

  /// A root as a function of all that the step depends on.
  ///
  /// By the implicit-function theorem: two corrections −(g − stop g)/stop g′ from the root, each exactly zero in value.
  /// The first makes the first derivative right and the second the second, so that gradients can be differentiated again.
  ///
  /// - Parameters:
  ///   - root: without derivative; anything in 0 ... 1 where nothing was found.
  ///   - step: the same step with derivatives.
  /// - Returns: the root, and the magnitude up to which the condition counts as zero there: rounding.
  func differentiable(_ root: Staged, _ isFound: Staged, on step: DenseOutput) -> (place: Staged, noise: Staged) {
    let slope = stopGradient(Self.slope(of: condition, self.step, at: root))
    // Below √ε of the condition's size over the step, rounding has left no digit of the slope: there is no derivative.
    let isGrazing = isFound .& (abs(slope) .<= 1e-8 * scale)
    let divisor = select(isFound .& (.!isGrazing), slope, 1)
    func change(_ place: Staged) -> (value: Staged, change: Staged) {
      let value = condition([step.time(at: place), step.state(at: place)])[0]
      return (value, value - stopGradient(value))
    }
    let first = change(root)
    let corrected = root - first.change / divisor
    // The root of what is exactly zero is zero, and its derivative is infinite.
    let infinite = sqrt(select(isGrazing, first.change, 1)) - select(isGrazing, 0, 1)
    let place = corrected - change(corrected).change / divisor + infinite
    return (place, 4 * abs(stopGradient(first.value)) + Staged(Self.rounding) * scale)
  }
}
