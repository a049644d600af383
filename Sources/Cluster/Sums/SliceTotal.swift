/// A total of slices as a pair of doubles with an exponent of its own: `(high + low) · 2^exponent`, 106 bits where the slices have them.
struct SliceTotal: Equatable {
  /// The total rounded to 53 bits, or what infinities and NaN make of it.
  private(set) var high = 0.0
  /// What rounding left out, rounded in turn.
  private(set) var low = 0.0
  private(set) var exponent = 0

  /// - Parameters:
  ///   - band: of the first slice.
  ///   - slices: in units of the band and those below it.
  init(band: Int8, slices: [Int]) {
    if band == SliceGrid.empty { return }
    if band == SliceGrid.special {
      high = Self.special(slices)
      return
    }
    // Carries make digits of all slices but the first, whose sign is that of the total.
    let mask = 1 << SliceGrid.width - 1
    var digits = Self.carried(slices.reversed().map { $0 } + [0, 0])
    let isNegative = digits.last! < 0
    if isNegative { digits = Self.carried(digits.map { -$0 }) }
    guard let first = digits.lastIndex(where: { $0 != 0 }) else { return }
    // Four digits' worth of bits from the first that is set, and a mark for what is below them, so that the one rounding
    // goes the right way.
    func digit(_ place: Int) -> UInt128 { place < 0 ? 0 : UInt128(digits[place]) }
    let gap = digits[first].leadingZeroBitCount - (Int.bitWidth - SliceGrid.width)
    var leading: UInt128 = 0
    for place in (first - 3...first).reversed() { leading = leading << UInt128(SliceGrid.width) | digit(place) }
    let below = digit(first - 4) << UInt128(gap)
    leading = leading << UInt128(gap) | below >> UInt128(SliceGrid.width)
    if below & UInt128(mask) != 0 || digits[..<max(0, first - 4)].contains(where: { $0 != 0 }) { leading |= 1 }
    let rounded = Double(leading)
    let rest = Double(Int128(leading) - Int128(rounded))
    (high, low) = isNegative ? (-rounded, -rest) : (rounded, rest)
    exponent = SliceGrid.width * (Int(band) - slices.count + first - 2) - gap
  }

  /// What infinities and NaN add up to, from how often there were +∞, −∞ and NaN.
  static func special(_ counts: [Int]) -> Double {
    if counts[2] > 0 || (counts[0] > 0 && counts[1] > 0) { return .nan }
    return counts[0] > 0 ? .infinity : -.infinity
  }

  /// Digits from the lowest up, all but the last between 0 and 2²⁸ − 1.
  private static func carried(_ digits: [Int]) -> [Int] {
    var digits = digits
    for place in digits.indices.dropLast() {
      digits[place + 1] += digits[place] >> SliceGrid.width
      digits[place] &= 1 << SliceGrid.width - 1
    }
    return digits
  }

  /// The total as a double; an infinity where it is beyond the largest.
  var value: Double { high.isFinite ? Double(sign: .plus, exponent: exponent, significand: high) : high }
}
