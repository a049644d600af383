/// The fixed grid of binary exponents by which terms of a sum are cut into slices.
///
/// The unit of band `b` is 2^(28 b). The slice of a number in a band is the nearest whole number of units; what is left goes
/// on to band `b − 1`. A number belongs to the highest band that has a slice of it: to band `b` if its magnitude lies
/// between half a unit and 2²⁷ units. (Were it from one unit up, a number just below would round to one unit in a
/// band above its own, which no slice of its own band would tell.) The grid is the same for all terms of all sums, so
/// slices of many numbers add up exactly, as integers.
enum SliceGrid {
  /// Exponents in a band.
  static let width = 28
  /// The number of units of one band in a unit of the band above.
  static let base = 0x1p28
  /// Added and subtracted again, it rounds numbers of up to 2^51 to whole ones, to the nearest and ties to even. The bits
  /// of the number between differ from its own by the whole number, as an integer.
  static let rounder = 0x1.8p52

  /// The band of sums of nothing but zeros. It and `special` are farther from all others than a sum has slices.
  static let empty = Int8.min
  /// The band of sums in which an infinity or a NaN has been seen; its first slices are 1 for
  /// +∞, for −∞ and for NaN if there was one; over ranks, the numbers of ranks that had one.
  static let special = Int8.max

  /// The band of a number of this binary exponent.
  static func band(ofExponent exponent: Int) -> Int8 {
    Int8((exponent + 1 - (exponent + 1 < 0 ? width - 1 : 0)) / width)
  }

  /// The lowest band that holds a number.
  static func band(of number: Double) -> Int8 {
    if number == 0 { return empty }
    return number.isFinite ? band(ofExponent: Int(number.exponent)) : special
  }

  /// For each band as `UInt8(bitPattern:)`: what the magnitude of numbers stays below. Nothing is below that of empty and
  /// special sums, so all terms of these go the slow way.
  static let limits: [Double] = table { band in Double(sign: .plus, exponent: width * (band + 1) - 1, significand: 1) }

  /// For each band: a factor that, applied twice, makes its unit 1. Its square need not be a number.
  static let halfScales: [Double] = table { band in Double(sign: .plus, exponent: -width / 2 * band, significand: 1) }

  /// For each band: a factor that, applied twice, is the unit of the third band from it on.
  static let halfUnits: [Double] = table { band in
    Double(sign: .plus, exponent: width / 2 * (band - 2), significand: 1)
  }

  private static func table(_ entry: (Int) -> Double) -> [Double] {
    (0..<256).map { index in
      let band = Int8(bitPattern: UInt8(index))
      return band == empty || band == special ? 0 : entry(Int(band))
    }
  }
}
