import Foundation
import Programs

/// Arguments at which elementary functions are compared, and how closely libraries come to the exact value.
extension UnaryFunction {
  /// Special values, and ordinary ones over the domain from tiny to large.
  var arguments: [Double] {
    let tiny = Double.leastNonzeroMagnitude
    let subnormal = Double.leastNormalMagnitude / 64
    let special = [
      0.0, -0.0, .infinity, -.infinity, .nan, tiny, -tiny, subnormal, -subnormal, 1e-300, -1e-300, 1, -1,
    ]
    return special + ordinary
  }

  private var ordinary: [Double] {
    func spread(_ range: ClosedRange<Double>) -> [Double] {
      (0...60).map { range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / 60 }
    }
    /// Magnitudes a factor of about two apart.
    let magnitudes = (-60...60).map { pow(1.9, Double($0)) }
    let both = magnitudes + magnitudes.map { -$0 }
    switch self {
    case .negate, .absolute, .sign, .floor, .ceiling, .squareRoot, .log, .log2, .log10, .log1p, .atan, .tanh, .erf:
      return both
    // Where the square of the argument overflows, in either precision, and just before.
    case .asinh, .acosh: return both + [3e18, -5e18, 1e30, -3e37, 1e153, 1e154, -2e154, 1e200, -1e300, 1.7e308]
    case .exp, .expm1, .sinh, .cosh: return spread(-80...80) + [-1000, 1000, 700, -700] + both.filter { abs($0) < 1 }
    // Beyond 1e5 the arguments' reduction needs all digits of π; it must be right all the same.
    case .sin, .cos, .tan: return both + spread(-10...10) + [1e22, -1e15, 1e300]
    case .asin, .acos, .atanh: return spread(-1...1) + [1.5, -2] + both.filter { abs($0) < 1 }
    // Near its zeros below 0 the logarithm of gamma has no relative accuracy.
    case .logGamma: return spread(0.01...80) + [1e5, 1e10, -1, -3]
    }
  }

  /// Largest error in units of the last place: SLEEF documents 1 but for the logarithm of gamma and tangents of huge
  /// arguments, libmvec 4, the C library 2.
  var tolerance: Double {
    switch self {
    case .negate, .absolute, .sign, .floor, .ceiling, .squareRoot: 0
    case .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .logGamma:
      6
    }
  }
}

extension BinaryFunction {
  /// All pairs of special and ordinary values.
  var arguments: [(Double, Double)] {
    let values = [
      0.0, -0.0, .infinity, -.infinity, .nan, .leastNormalMagnitude / 64, 1, -1, 0.5, 2, 3, -3, -2.5, 1e-300, -1e-300,
      1e300, 7.25, 101, -101,
    ]
    return values.flatMap { a in values.map { (a, $0) } }
  }

  var tolerance: Double {
    switch self {
    case .add, .subtract, .multiply, .divide, .minimum, .maximum: 0
    case .power, .atan2: 6
    }
  }
}
