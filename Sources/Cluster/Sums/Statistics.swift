/// Count, mean, standard deviation, minimum and maximum of a quantity over members, in memory that does not grow.
///
/// As with `ReproducibleSums`, every bit depends on the values alone: not on their order, nor on chunks, threads and ranks.
/// Values that are not a number are counted apart and enter nothing else. With infinities the standard deviation is NaN,
/// and the mean what IEEE 754 makes of them.
///
/// **Accuracy.** The mean is that of exact arithmetic but for about 1 in its last place, relative to the largest value.
/// The variance comes from the sum of squares, each exact in two doubles, and the square of the sum, with 104 bits: a
/// standard deviation is right to rounding unless it is less than 10⁻⁸ of the values' size, and has a digit left where it
/// is 10⁻¹⁵ of it.
public struct Statistics: Equatable, Sendable {
  /// Values that are a number.
  public private(set) var count = 0
  /// Values that are not.
  public private(set) var missing = 0
  /// The values and their squares.
  private(set) var sums = ReproducibleSums(count: 2, slicesEach: 5)
  /// The places of the least and the greatest value in the order of all doubles.
  private(set) var (lowest, highest) = (Int.max, Int.min)

  public init() {}

  init(count: Int, missing: Int, sums: ReproducibleSums, lowest: Int, highest: Int) {
    (self.count, self.missing, self.sums) = (count, missing, sums)
    (self.lowest, self.highest) = (lowest, highest)
  }

  /// NaN if there is no value.
  public var minimum: Double { count == 0 ? .nan : Self.number(at: lowest) }
  /// NaN if there is no value.
  public var maximum: Double { count == 0 ? .nan : Self.number(at: highest) }
  /// NaN if there is no value.
  public var mean: Double {
    let sum = sums.total(0)
    guard sum.high.isFinite, count > 0 else { return sum.high / Double(count) }
    return Double(sign: .plus, exponent: sum.exponent, significand: (DoublePair(sum) / Double(count)).high)
  }

  /// With count − 1 in the denominator; NaN for fewer than two values.
  public var standardDeviation: Double {
    let (sum, square) = (sums.total(0), sums.total(1))
    guard count > 1, sum.high.isFinite else { return .nan }
    if minimum == maximum { return 0 }
    // (Σx)² / n is at most Σx², so it has a place beside it whatever their exponents.
    let product = DoublePair(sum).squared / Double(count)
    let step = 2 * sum.exponent - square.exponent
    let variance = ((DoublePair(square) - product.scaled(step)) / Double(count - 1)).high
    let isOdd = square.exponent % 2 != 0
    let root = (max(0, variance) * (isOdd ? 2 : 1)).squareRoot()
    return Double(sign: .plus, exponent: (square.exponent - (isOdd ? 1 : 0)) / 2, significand: root)
  }

  /// Adds values.
  public mutating func add(_ values: UnsafeBufferPointer<Double>) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * Self.block) { scratch in
      scratch.initialize(repeating: 0)
      for start in stride(from: 0, to: values.count, by: Self.block) {
        add(UnsafeBufferPointer(rebasing: values[start..<min(start + Self.block, values.count)]), scratch)
      }
    }
  }

  /// Adds values.
  public mutating func add(_ values: some Collection<Double>) {
    if values.withContiguousStorageIfAvailable({ add($0) }) == nil { add(Array(values)) }
  }

  /// Adds the values of other statistics.
  public mutating func add(_ other: Statistics) {
    count += other.count
    missing += other.missing
    sums.add(other.sums)
    (lowest, highest) = (min(lowest, other.lowest), max(highest, other.highest))
  }

  /// Equal where they say the same, however their values came.
  public static func == (one: Statistics, other: Statistics) -> Bool {
    (one.count, one.missing, one.lowest, one.highest) == (other.count, other.missing, other.lowest, other.highest)
      && (0..<2).allSatisfy { one.sums.total($0) == other.sums.total($0) }
  }

  // MARK: Blocks

  private static let block = 512

  private mutating func add(_ values: UnsafeBufferPointer<Double>, _ scratch: UnsafeMutableBufferPointer<Double>) {
    var (numbers, least, greatest) = (0, lowest, highest)
    var (smallestSize, largestSize) = (Double.infinity, 0.0)
    for value in values where !value.isNaN {
      scratch[numbers] = value
      numbers += 1
      let place = Self.place(of: value)
      (least, greatest) = (min(least, place), max(greatest, place))
      // The square of zero is no trouble.
      smallestSize = min(smallestSize, value == 0 ? 1 : value.magnitude)
      largestSize = max(largestSize, value.magnitude)
    }
    (lowest, highest) = (least, greatest)
    count += numbers
    missing += values.count - numbers
    let block = UnsafeBufferPointer(rebasing: scratch[..<numbers])
    sums.add(block, to: 0)
    guard numbers > 0, Self.plain.contains(smallestSize), Self.plain.contains(largestSize) else {
      for value in block where value != 0 && value.isFinite {
        let (high, low) = Self.square(of: value.significand)
        sums.add(significand: high, exponent: 2 * Int(value.exponent), to: 1)
        sums.add(significand: low, exponent: 2 * Int(value.exponent), to: 1)
      }
      return
    }
    let (high, low) = (scratch.baseAddress! + Self.block, scratch.baseAddress! + 2 * Self.block)
    for place in 0..<numbers {
      let square = Self.square(of: block[place])
      high[place] = square.high
      low[place] = square.low
    }
    sums.add(UnsafeBufferPointer(start: high, count: numbers), to: 1)
    sums.add(UnsafeBufferPointer(start: low, count: numbers), to: 1)
  }

  /// Magnitudes whose squares are doubles, with what rounding leaves out.
  private static let plain = 0x1p-450...0x1p500

  /// The square as a sum of two doubles, exactly.
  /// - Source: T. J. Dekker, Numer. Math. 18 (1971) 224–242.
  private static func square(of value: Double) -> (high: Double, low: Double) {
    let shifted = value * 0x1.0000002p27
    let upper = shifted - (shifted - value)
    let lower = value - upper
    let high = value * value
    return (high, ((upper * upper - high) + 2 * upper * lower) + lower * lower)
  }

  /// The place of a number in the order of all: −0 comes before +0.
  private static func place(of number: Double) -> Int {
    let bits = Int(bitPattern: UInt(number.bitPattern))
    return bits ^ (bits >> 63 & Int.max)
  }

  private static func number(at place: Int) -> Double {
    Double(bitPattern: UInt64(UInt(bitPattern: place ^ (place >> 63 & Int.max))))
  }
}

/// A number as the unevaluated sum of two doubles.
///
/// - Source: D. E. Knuth, The Art of Computer Programming 2, 4.2.2; J. R. Shewchuk, Discrete Comput. Geom. 18 (1997) 305–363.
private struct DoublePair {
  var high, low: Double

  init(_ high: Double, _ low: Double) {
    self.high = high + low
    self.low = low - (self.high - high)
  }

  init(_ total: SliceTotal) { (high, low) = (total.high, total.low) }

  var squared: DoublePair {
    let product = high * high
    return DoublePair(product, (-product).addingProduct(high, high) + 2 * high * low)
  }

  func scaled(_ exponent: Int) -> DoublePair {
    let factor = Double(sign: .plus, exponent: max(exponent, -1000), significand: 1)
    return DoublePair(high * factor, low * factor)
  }

  static func / (dividend: DoublePair, divisor: Double) -> DoublePair {
    let quotient = dividend.high / divisor
    return DoublePair(quotient, (dividend.high.addingProduct(-quotient, divisor) + dividend.low) / divisor)
  }

  static func - (one: DoublePair, other: DoublePair) -> DoublePair {
    let difference = one.high - other.high
    let part = difference - one.high
    let error = (one.high - (difference - part)) - (other.high + part)
    return DoublePair(difference, error + one.low - other.low)
  }
}
