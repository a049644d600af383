/// Count, mean, variance, least and greatest of a stream of numbers, in constant memory.
///
/// NaN is counted apart and takes no part in the rest, as failed members are recorded as NaN. An infinite value does
/// take part: it makes the mean infinite or NaN and the variance NaN.
///
/// - Source: B. P. Welford, Technometrics 4 (1962) 419–420, for one value; T. F. Chan, G. H. Golub, R. J. LeVeque,
///   Updating formulae and a pairwise algorithm for computing sample variances, COMPSTAT 1982, for merging.
/// - Note: merging is exact in real numbers, but rounds. For the same bits on any number of ranks, accumulate fixed
///   chunks and merge them with ``init(merging:)``, whose order depends on nothing but their number.
public struct Moments: Sendable, Equatable, BitwiseCopyable {
  /// How many numbers were added, NaN not counted.
  public private(set) var count = 0
  /// How many of the values were NaN.
  public private(set) var countOfNaN = 0
  private var average = 0.0
  private var sumOfSquares = 0.0
  private var least = Double.infinity
  private var greatest = -Double.infinity

  public init() {}

  /// The moments of all parts together, merged pairwise in a binary tree over their positions.
  public init(merging parts: some Collection<Moments>) {
    var level = Array(parts)
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { first in
        var pair = level[first]
        if first + 1 < level.count { pair.merge(level[first + 1]) }
        return pair
      }
    }
    self = level.first ?? Moments()
  }

  /// NaN when nothing was added.
  public var mean: Double { count > 0 ? average : .nan }
  /// The unbiased sample variance, with divisor count − 1; NaN for fewer than two numbers.
  public var variance: Double { count > 1 ? sumOfSquares / Double(count - 1) : .nan }
  /// The square root of ``variance``.
  public var standardDeviation: Double { variance.squareRoot() }
  /// NaN when nothing was added.
  public var minimum: Double { count > 0 ? least : .nan }
  /// NaN when nothing was added.
  public var maximum: Double { count > 0 ? greatest : .nan }

  public mutating func add(_ value: Double) {
    if value.isNaN {
      countOfNaN += 1
      return
    }
    count += 1
    let deviation = value - average
    average += deviation / Double(count)
    sumOfSquares += deviation * (value - average)
    least = Swift.min(least, value)
    greatest = Swift.max(greatest, value)
  }

  /// Adds the values one by one, in order.
  public mutating func add(contentsOf values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Adds everything that `other` has seen.
  public mutating func merge(_ other: Moments) {
    countOfNaN += other.countOfNaN
    guard other.count > 0 else { return }
    guard count > 0 else {
      let seen = countOfNaN
      self = other
      countOfNaN = seen
      return
    }
    let total = Double(count + other.count)
    let difference = other.average - average
    sumOfSquares += other.sumOfSquares + difference * difference * (Double(count) * Double(other.count) / total)
    average += difference * (Double(other.count) / total)
    count += other.count
    least = Swift.min(least, other.least)
    greatest = Swift.max(greatest, other.greatest)
  }
}
