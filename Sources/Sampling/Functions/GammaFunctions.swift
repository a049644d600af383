import Foundation

/// The pieces that gamma and beta densities are made of without cancellation.
///
/// - Source: C. Loader, Fast and accurate computation of binomial probabilities (2000): with n! written as
///   √(2πn) (n/e)ⁿ exp(stirlingError(n)), the large terms of a density's logarithm cancel on paper.
enum GammaFunctions {
  static let halfLogTwoPi = 0.91893853320467274178

  /// log Γ(1 + x), for x > 0 to full relative precision also where x is small.
  static func logGamma(onePlus x: Double) -> Double {
    guard x < 0.25 else { return logGamma(1 + x) }
    // −γx + Σ ζ(k) (−x)ᵏ / k, where 1 + x would round x.
    var sum = 0.0
    for index in stride(from: zetaMinusOne.count - 1, through: 0, by: -1) {
      let k = Double(index + 2)
      sum = sum * -x + zetaMinusOne[index] / k
    }
    // Σ (−x)ᵏ / k from 2 on is x − log(1 + x).
    return -eulerGamma * x + sum * x * x + (x - log1p(x))
  }

  /// log x! − log(√(2πx) (x/e)ˣ), for x > 0.
  static func stirlingError(_ x: Double) -> Double {
    if x < 15 { return logGamma(onePlus: x) - (x + 0.5) * log(x) + x - halfLogTwoPi }
    // Stirling's series, Bernoulli numbers B₂ₖ / (2k (2k − 1) x²ᵏ⁻¹).
    let s = 1 / (x * x)
    let tail = 1 / 1188 - s * (691 / 360_360 - s * (1 / 156 - s * (3617 / 122_400)))
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * tail)))) / x
  }

  /// x log(x / m) + m − x, without cancellation where x is near m; both positive.
  ///
  /// - Parameter difference: x − m, which may be known better than by subtraction.
  static func deviance(_ x: Double, _ m: Double, difference: Double) -> Double {
    guard abs(difference) < 0.1 * (x + m) else {
      let ratio = x / m
      return x * (ratio.isNormal ? log(ratio) : log(x) - log(m)) - difference
    }
    let v = difference / (x + m)
    var sum = difference * v
    var term = 2 * x * v
    var divisor = 3.0
    while true {
      term *= v * v
      let next = sum + term / divisor
      if next == sum { return sum }
      sum = next
      divisor += 2
    }
  }

  /// log Γ(x) for x > 0.
  static func logGamma(_ x: Double) -> Double {
    // The re-entrant form: plain `lgamma` writes a global sign.
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
  }

  private static let eulerGamma = 0.57721566490153286061

  /// ζ(k) − 1 for k = 2, 3, …; the last times 0.25ᵏ is below rounding.
  private static let zetaMinusOne: [Double] = [
    0.64493406684822643647, 0.20205690315959428540, 0.082323233711138191516, 0.036927755143369926331,
    0.017343061984449139714, 0.0083492773819228268398, 0.0040773561979443393786, 0.0020083928260822144179,
    0.00099457512781808533715, 0.00049418860411946455870, 0.00024608655330804829863, 0.00012271334757848914675,
    0.000061248135058704829259, 0.000030588236307020493552, 0.000015282259408651871733, 7.6371976378997622737e-6,
  ]
}
