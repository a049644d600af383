import Differentiation
import Programs

/// The greatest value, or the least, that an observed expression turns at within one step.
///
/// Its slope along the interpolant is looked at in five points; between two of them at which it has different signs its
/// root is located to the last digits. The place gets its derivative by the implicit-function theorem, as that of an event
/// does, and the value is taken there.
struct StepExtreme {
  /// Whether there is one.
  let isFound: Staged
  /// Where, from 0 to 1, and the value there; with derivatives.
  let place, value: Staged

  private static let nodes = [0, 0.25, 0.5, 0.75, 1.0]
  /// Of the slope's size over the step, what counts as zero.
  private static let smallest = 1e-8
  /// Beyond it a slope is as good as infinite.
  private static let largest = 1e250
  /// How much further than its tangents tell a turn may reach.
  private static let slack = 1.0

  /// - Parameters:
  ///   - best: the greatest value, or the least, so far; a turn that does not come near it is not located.
  ///   - isFirst: whether there is none so far.
  ///   - sign: 1 for the greatest value, −1 for the least.
  ///   - value: what is observed, of a time, a state and the step's branches.
  init(
    of step: DenseOutput, branches: [Staged], beyond best: Staged, isFirst: Staged, sign: Double,
    _ value: @escaping (_ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged
  ) {
    let degree = step.coefficients.count
    let observed = StagedFunction("observed") { arguments in
      let step = DenseOutput(coefficients: Array(arguments[3..<3 + degree]), start: arguments[1], length: arguments[2])
      let observed = value(step.time(at: arguments[0]), step.state(at: arguments[0]), Array(arguments[(3 + degree)...]))
      return [sign < 0 ? -observed : observed]
    }
    func along(_ function: StagedFunction) -> StagedFunction {
      StagedFunction("slope") { arguments in
        function.tangents(arguments, along: [Staged(1)] + arguments.dropFirst().map { _ in nil })
      }
    }
    let slope = along(observed)
    let bend = along(slope)
    let still = step.withoutDerivatives
    let (moving, fixed) = (
      [step.start, step.length] + step.coefficients + branches,
      [still.start, still.length] + still.coefficients + branches.map { $0.type.kind == .real ? stopGradient($0) : $0 }
    )
    func at(_ place: Staged, _ function: StagedFunction) -> Staged { stopGradient(function([place] + fixed)[0]) }

    let values = Self.nodes.map { at(Staged($0), observed) }
    let raw = Self.nodes.map { at(Staged($0), slope) }
    let scale = raw.reduce(0) { bounded($0, above: select(abs($1) .< Staged(Self.largest), abs($1), 0)) }
    // As of √t at zero: it rises, but no secant goes from there.
    let slopes = raw.map { select($0 .< Staged(Self.largest), $0, scale) }
    let least = stopGradient(sign < 0 ? -best : best)
    var (found, highest) = (Staged(false), Staged(0))
    var bracket = Bracket(lower: 1, upper: 1, atLower: 0, atUpper: 0)
    for (position, (lower, upper)) in zip(Self.nodes, Self.nodes.dropFirst()).enumerated() {
      let (before, after) = (slopes[position], slopes[position + 1])
      let (first, last) = (values[position], values[position + 1])
      let turns = (before .> 0) .& (after .<= 0)
      // Where the tangents meet: no turn of a function without a further one between is higher.
      let width = Staged(upper - lower)
      let height = first + before * ((last - first - after * width) / select(turns, before - after, 1))
      let higher = bounded(first, above: last)
      let counts = turns .& (isFirst .| (height + Staged(Self.slack) * (height - higher) .>= least))
      let isHigher = counts .& ((.!found) .| (height .> highest))
      highest = select(isHigher, height, highest)
      bracket = Bracket(
        lower: select(isHigher, Staged(lower), bracket.lower), upper: select(isHigher, Staged(upper), bracket.upper),
        atLower: select(isHigher, before, bracket.atLower), atUpper: select(isHigher, after, bracket.atUpper))
      found = (found .| counts)
    }
    // Of a plateau its beginning is looked for; rounding is no slope.
    func falling(_ slope: Staged) -> Staged {
      let rounded = select(abs(slope) .<= Staged(Crossing.rounding) * scale, 0, slope)
      return select(slope .== 0, Staged(-Self.smallest) * scale, rounded)
    }
    bracket.atUpper = falling(bracket.atUpper)
    let shrunk = Bracket.shrunk([bracket], [{ falling(at($0, slope)) }])[0]
    let (lower, upper) = (stopGradient(shrunk.lower), stopGradient(shrunk.upper))

    func change(_ function: StagedFunction, _ place: Staged) -> Staged {
      let value = function([place] + moving)[0]
      return value - stopGradient(value)
    }
    // At a kink the slope jumps over zero: the expression is one function before it and another behind it.
    let (atLower, atUpper) = (at(lower, slope), at(upper, slope))
    let isKink = found .& (abs(atLower - atUpper) .> Staged(Self.smallest) * scale)
    let curvature = at(upper, bend)
    let isRound = found .& (.!isKink) .& (abs(curvature) .> Staged(Self.smallest) * scale)
    let divisor = select(isRound, curvature, 1)
    // By two corrections, each zero in value: the first and the second derivative.
    let first = upper - change(slope, upper) / divisor
    let turning = select(isRound, first - change(slope, first) / divisor, upper)
    let gap = select(isKink, atLower - atUpper, 1)
    let bent = upper - (change(observed, lower) - change(observed, upper)) / gap
    place = select(isKink, bent, turning)
    let there = observed([place] + moving)[0]
    self.value = sign < 0 ? -there : there
    isFound = found
  }
}
