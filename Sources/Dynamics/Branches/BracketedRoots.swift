import Programs

/// An interval in 0 ... 1, at most a quarter wide, at whose ends a function has values of different signs, or zero at the
/// upper end; of no width if there is nothing to find.
struct Bracket {
  var lower, upper: Staged
  /// The function there.
  var atLower, atUpper: Staged

  var values: [Staged] { [lower, upper, atLower, atUpper] }

  init(lower: Staged, upper: Staged, atLower: Staged, atUpper: Staged) {
    (self.lower, self.upper, self.atLower, self.atUpper) = (lower, upper, atLower, atUpper)
  }

  private init(_ values: ArraySlice<Staged>) {
    let first = values.startIndex
    self.init(lower: values[first], upper: values[first + 1], atLower: values[first + 2], atUpper: values[first + 3])
  }

  /// The brackets shrunk until no number lies between their ends, or 2⁻⁵² wide. The upper end is a root or beyond it.
  ///
  /// All are shrunk in one loop, which runs for members that have something to find only. By the ITP method: a secant
  /// step, truncated and projected so that it needs at most one turn more than bisection would; about 6 turns where a function
  /// is smooth.
  ///
  /// - Parameter functions: one a bracket, without derivatives.
  /// - Source: I. F. D. Oliveira, R. H. C. Takahashi, ACM Trans. Math. Softw. 47 (2020) 5:1–5:24; κ₁ = 0.2/width, κ₂ = 2, n₀ = 1.
  static func shrunk(_ brackets: [Bracket], _ functions: [(Staged) -> Staged]) -> [Bracket] {
    let widest = 0.25
    // The radius ε·2^(n − j) of turn j begins at the widest bracket: twice as large as bisection's.
    let last = whileLoop("roots", [Staged(widest)] + brackets.flatMap(\.values)) { carry in
      split(carry).map(\.isOpen).reduce(Staged(false)) { $0 .| $1 } .& (carry[0] .> 0x1p-60)
    } body: { carry in
      [0.5 * carry[0]]
        + zip(split(carry), functions).flatMap { bracket, function in
          let place = bracket.guess(radius: carry[0], truncation: 0.2 / widest)
          let next = bracket.narrowed(at: place, value: function(place))
          return zip(next.values, bracket.values).map { select(bracket.isOpen, $0, $1) }
        }
    }
    return split(last)
  }

  private static func split(_ carry: [Staged]) -> [Bracket] {
    stride(from: 1, to: carry.count, by: 4).map { Bracket(carry[$0..<$0 + 4]) }
  }

  private var middle: Staged { 0.5 * (lower + upper) }

  private var isOpen: Staged {
    (middle .> lower) .& (middle .< upper) .& (upper - lower .> 0x1p-52)
  }

  /// Where to look next.
  private func guess(radius: Staged, truncation: Double) -> Staged {
    let width = upper - lower
    let secant = lower + width * (atLower / (atLower - atUpper))
    let side = sign(middle - secant)
    let shift = Staged(truncation) * width * width
    let truncated = select(abs(middle - secant) .<= shift, middle, secant + side * shift)
    let allowed = radius - 0.5 * width
    return select(abs(truncated - middle) .<= allowed, truncated, middle - side * allowed)
  }

  private func narrowed(at place: Staged, value: Staged) -> Bracket {
    let isBefore = select(atLower .> 0, value .> 0, value .< 0)
    return Bracket(
      lower: select(isBefore .| (value .== 0), place, lower), upper: select(isBefore, upper, place),
      atLower: select(isBefore, value, atLower), atUpper: select(isBefore, atUpper, value))
  }
}
