/// Totals of three slices, which fit into 128 bits: a hundred times as fast as those of any number of slices.
extension ReproducibleSums {
  /// Some totals in units of the third slice of the given bands, which are at or above the sums' own. For special bands,
  /// the numbers of +∞, −∞ and NaN as three digits.
  ///
  /// - Precondition: three slices each.
  func wideTotals(_ sums: Range<Int>, inUnitsOf bands: [Int8], into totals: inout [Int128]) {
    precondition(slicesEach == 3 && bands.count == sums.count, "totals of 128 bits have three slices")
    slices.withUnsafeBufferPointer { slices in
      for (place, sum) in sums.enumerated() {
        let step = Int(bands[place]) - Int(self.bands[sum])
        if step > 2 {
          totals[place] = 0
          continue
        }
        let upper = Int128(slices[sum]) << Int128(SliceGrid.width) &+ Int128(slices[count + sum])
        let total = upper << Int128(SliceGrid.width) &+ Int128(slices[2 * count + sum])
        totals[place] = step == 0 ? total : step == 1 ? upper : Int128(slices[sum])
      }
    }
  }

  /// A total in units of the third slice of its band, rounded once to the nearest double.
  static func rounded(_ total: Int128, inUnitsOf band: Int8) -> Double {
    if band == SliceGrid.special { return special(total) }
    // 64 bits of it, with a mark for what is below them, so that the one rounding goes the right way.
    let magnitude = total.magnitude
    let surplus = max(0, 64 - magnitude.leadingZeroBitCount)
    var leading = UInt64(truncatingIfNeeded: magnitude &>> UInt128(surplus))
    if surplus > 0, magnitude.trailingZeroBitCount < surplus { leading |= 1 }
    let scale = Double(bitPattern: UInt64(1023 + surplus) << 52)
    let half = SliceGrid.halfUnits[Int(UInt8(bitPattern: band))]
    let rounded = Double(leading) * scale * half * half
    return total < 0 ? -rounded : rounded
  }

  private static func special(_ digits: Int128) -> Double {
    let mask = Int128(1) << Int128(SliceGrid.width) - 1
    return SliceTotal.special([
      Int(truncatingIfNeeded: digits >> Int128(2 * SliceGrid.width)),
      Int(truncatingIfNeeded: digits >> Int128(SliceGrid.width) & mask), Int(truncatingIfNeeded: digits & mask),
    ])
  }
}
