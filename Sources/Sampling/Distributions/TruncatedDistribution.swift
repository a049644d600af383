import Foundation

/// Another distribution given that its value lies in an interval, by transforming quantiles.
///
/// Probabilities are taken from the side of the base distribution where they are small, so that an interval far out in
/// either tail loses no digits. Values never leave the interval.
/// - Note: mean and variance are integrals over the quantiles, computed at each call (some 200 quantiles), with a
///   relative error of about 10⁻¹⁰.
public struct TruncatedDistribution<Base: Distribution>: Distribution {
  public let base: Base
  public let support: ClosedRange<Double>
  /// The base's probability below the interval, inside it and above it.
  private let below: Double
  private let mass: Double
  private let above: Double
  private let side: Side

  /// The tail of the base distribution whose probabilities are used.
  private enum Side {
    /// The interval ends below the median.
    case lower
    /// The interval begins above the median.
    case upper
    /// The median is inside: each half takes its own tail.
    case both
  }

  /// - Throws: ``SamplingError/noProbability(of:low:high:)`` if the interval holds less than the least normal number.
  public init(of base: Base, to interval: ClosedRange<Double>) throws(SamplingError) {
    let failure = SamplingError.noProbability(
      of: base.description, low: interval.lowerBound, high: interval.upperBound)
    guard interval.overlaps(base.support) else { throw failure }
    let inside = interval.clamped(to: base.support)
    self.base = base
    support = inside
    below = base.cumulative(inside.lowerBound)
    above = base.survival(inside.upperBound)
    let (upTo, beyond) = (base.cumulative(inside.upperBound), base.survival(inside.lowerBound))
    if upTo <= 0.5 {
      side = .lower
      mass = upTo - below
    } else if beyond <= 0.5 {
      side = .upper
      mass = beyond - above
    } else {
      side = .both
      mass = 1 - below - above
    }
    guard mass >= .leastNormalMagnitude else { throw failure }
  }

  public var description: String { "\(base) truncated to [\(support.lowerBound), \(support.upperBound)]" }

  public var breakpoints: [Double] {
    base.breakpoints.filter { $0 > support.lowerBound && $0 < support.upperBound }
  }

  public var mean: Double { moments.mean }
  public var variance: Double { moments.variance }

  public func quantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    return value(lower: p, upper: 1 - p)
  }

  public func quantile(upper q: Double) -> Double {
    guard q >= 0, q <= 1 else { return .nan }
    return value(lower: 1 - q, upper: q)
  }

  public func cumulative(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    if x <= support.lowerBound { return 0 }
    if x >= support.upperBound { return 1 }
    let part =
      switch side {
      case .lower, .both: base.cumulative(x) - below
      case .upper: mass - (base.survival(x) - above)
      }
    return min(1, max(0, part / mass))
  }

  public func survival(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    if x <= support.lowerBound { return 1 }
    if x >= support.upperBound { return 0 }
    let part =
      switch side {
      case .lower: mass - (base.cumulative(x) - below)
      case .upper, .both: base.survival(x) - above
      }
    return min(1, max(0, part / mass))
  }

  private func value(lower p: Double, upper q: Double) -> Double {
    if p == 0 { return support.lowerBound }
    if q == 0 { return support.upperBound }
    let fromBelow = below + p * mass
    let useLower =
      switch side {
      case .lower: true
      case .upper: false
      case .both: fromBelow <= 0.5
      }
    let value = useLower ? base.quantile(fromBelow) : base.quantile(upper: above + q * mass)
    return min(support.upperBound, max(support.lowerBound, value))
  }

  /// E[x] and E[(x − c)²] about a value c inside, by quadrature over the probability.
  private var moments: (mean: Double, variance: Double) {
    let centre = quantile(0.5)
    var first = 0.0
    var second = 0.0
    var from = (lower: 0.0, upper: 1.0)
    let ends = breakpoints.sorted().map { (lower: cumulative($0), upper: survival($0)) } + [(lower: 1.0, upper: 0.0)]
    for to in ends {
      // A piece is as wide as the difference on the side where that is told more exactly.
      let width = to.lower <= 0.5 ? to.lower - from.lower : from.upper - to.upper
      DoubleExponential.forEachNode { node in
        let deviation =
          value(lower: from.lower + width * node.x, upper: to.upper + width * node.complement) - centre
        first += width * node.weight * deviation
        second += width * node.weight * deviation * deviation
      }
      from = to
    }
    return (centre + first, second - first * first)
  }
}

extension TruncatedDistribution: Equatable where Base: Equatable {}
