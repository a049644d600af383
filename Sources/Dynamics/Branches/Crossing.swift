import Programs

/// A branch on one step: whether, and where, the solution leaves it.
struct Crossing {
  /// Whether it does.
  let isFound: Staged
  /// Between two neighbouring points that were looked at; of no width at zero where the solution leaves at once.
  let bracket: Bracket
  /// The largest magnitude of `inside` at the points that were looked at.
  let scale: Staged
  private let inside: (Staged) -> Staged
  private let atStart: Staged
  private let startsAtZero: Staged

  /// The points of a step that are looked at besides its start.
  private static let nodes = [0.25, 0.5, 0.75, 1]
  /// What rounding may leave of a condition that is zero, relative to its size over the step.
  static let rounding = 0x1p-43

  /// - Parameters:
  ///   - inside: positive in the branch, as a function of θ; without derivatives.
  ///   - slope: of `inside` at the step's start, per θ.
  ///   - noise: magnitudes up to here count as zero at the step's start.
  init(noise: Staged, slope: Staged, inside: @escaping (Staged) -> Staged) {
    self.inside = inside
    let start = inside(0)
    let isZero = abs(start) .<= noise
    var points = Self.nodes.map { inside(Staged($0)) }
    scale = points.reduce(abs(start)) { bounded($0, above: abs($1)) }
    // Zero but for rounding at the step's end is zero, so that an event at a known time finds those it coincides with.
    let last = points.count - 1
    points[last] = select(abs(points[last]) .<= Staged(Self.rounding) * scale, 0, points[last])
    (atStart, startsAtZero) = (start, isZero)
    func deflated(_ value: Staged, at theta: Staged) -> Staged { select(isZero, (value - start) / theta, value) }
    var values = zip(Self.nodes, points).map { deflated($1, at: Staged($0)) }
    // A slope of zero says nothing; the next point does.
    values.insert(select(isZero, select(slope .== 0, values[0], slope), start), at: 0)

    let nodes = [0] + Self.nodes
    // Where the values turn between points that are all inside, the lowest point may be outside.
    let turn = Self.turn(nodes, values)
    let first = deflated(inside(turn.place), at: turn.place)
    let second = Self.vertex(turn, at: turn.place, first)
    let atSecond = deflated(inside(second), at: second)
    let isLower = atSecond .< first
    let (dip, atDip) = (select(isLower, second, turn.place), select(isLower, atSecond, first))

    var bracket = Bracket(lower: 1, upper: 1, atLower: 0, atUpper: 0)
    var isFound = Staged(false)
    for (position, upper) in Self.nodes.enumerated().reversed() {
      let (before, after) = (values[position], values[position + 1])
      let lower = nodes[position]
      let dips = turn.isThere .& (dip .> Staged(lower)) .& (dip .< Staged(upper)) .& (atDip .<= 0) .& (before .> 0)
      let crosses = ((before .> 0) .& (after .<= 0)) .| dips
      bracket = Bracket(
        lower: select(crosses, Staged(lower), bracket.lower),
        upper: select(crosses, select(dips, dip, Staged(upper)), bracket.upper),
        atLower: select(crosses, before, bracket.atLower),
        atUpper: select(crosses, select(dips, atDip, after), bracket.atUpper))
      isFound = (isFound .| crosses)
    }
    let isOutside = values[0] .< 0
    self.bracket = Bracket(
      lower: select(isOutside, 0, bracket.lower), upper: select(isOutside, 0, bracket.upper), atLower: bracket.atLower,
      atUpper: bracket.atUpper)
    self.isFound = (isFound .| isOutside)
  }

  /// `inside`; where it is zero at the start already, its slope from there, (g(θ) − g(0)) / θ, whose roots are the other
  /// ones. So a ball that leaves the ground does not meet it at once, and yet meets it again within the same step.
  func deflated(_ theta: Staged) -> Staged {
    let value = inside(theta)
    return select(startsAtZero, (value - atStart) / theta, value)
  }

  // MARK: Turns

  private struct Turn {
    var isThere: Staged
    /// The lowest point of the parabola through three neighbouring points.
    var place: Staged
    var left, atLeft, right, atRight: Staged
  }

  /// Of the parabolas through three neighbouring points that have their lowest point between these, the lowest.
  private static func turn(_ nodes: [Double], _ values: [Staged]) -> Turn {
    var turn = Turn(isThere: Staged(false), place: 0.5, left: 0, atLeft: 0, right: 1, atRight: 0)
    var lowest = Staged(0)
    for position in 1..<nodes.count - 1 {
      let (before, at, after) = (values[position - 1], values[position], values[position + 1])
      let curvature = before - 2 * at + after
      let difference = 0.5 * (before - after)
      let isTurn = (before .> 0) .& (at .> 0) .& (after .> 0) .& (abs(difference) .< curvature)
      let shift = difference / select(isTurn, curvature, 1)
      let depth = at - 0.5 * (difference * shift)
      let isBetter = isTurn .& ((.!turn.isThere) .| (depth .< lowest))
      let place = Staged(nodes[position]) + 0.25 * shift
      turn = Turn(
        isThere: turn.isThere .| isTurn, place: select(isBetter, place, turn.place),
        left: select(isBetter, Staged(nodes[position - 1]), turn.left), atLeft: select(isBetter, before, turn.atLeft),
        right: select(isBetter, Staged(nodes[position + 1]), turn.right), atRight: select(isBetter, after, turn.atRight)
      )
      lowest = select(isBetter, depth, lowest)
    }
    return turn
  }

  /// The lowest point of the parabola through the ends of a turn and a point between them, within them.
  private static func vertex(_ turn: Turn, at place: Staged, _ value: Staged) -> Staged {
    let (u, v) = (place - turn.left, turn.right - place)
    let (below, above) = (u * u * (turn.atRight - value), v * v * (turn.atLeft - value))
    let divisor = u * (turn.atRight - value) + v * (turn.atLeft - value)
    let shift = 0.5 * ((above - below) / select(divisor .> 0, divisor, 1))
    let moved = select(divisor .> 0, place + shift, place)
    let margin = 0x1p-10
    return bounded(bounded(moved, above: turn.left + Staged(margin)), below: turn.right - Staged(margin))
  }
}
