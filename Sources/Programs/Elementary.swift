import RealModule

extension UnaryFunction {
  /// The function's value: the definition that every executor is tested against. NaN where it is not defined.
  @inlinable public func value<T: Real>(_ x: T) -> T {
    switch self {
    case .negate: -x
    case .absolute: x.magnitude
    case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
    case .floor: x.rounded(.down)
    case .ceiling: x.rounded(.up)
    case .squareRoot: x < 0 ? .nan : x.squareRoot()
    case .exp: T.exp(x)
    case .expm1: T.expMinusOne(x)
    case .log: T.log(x)
    case .log1p: T.log(onePlus: x)
    case .log2: T.log2(x)
    case .log10: T.log10(x)
    case .sin: T.sin(x)
    case .cos: T.cos(x)
    case .tan: T.tan(x)
    case .asin: T.asin(x)
    case .acos: T.acos(x)
    case .atan: T.atan(x)
    case .sinh: T.sinh(x)
    case .cosh: T.cosh(x)
    case .tanh: T.tanh(x)
    case .asinh: T.asinh(x)
    case .acosh: T.acosh(x)
    case .atanh: T.atanh(x)
    case .erf: T.erf(x)
    case .logGamma: T.logGamma(x)
    }
  }
}

extension BinaryFunction {
  @inlinable public func value<T: Real>(_ a: T, _ b: T) -> T {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .power: T.power(a, b)
    // Of a NaN both comparisons are false: where it is `b` it is taken anyway.
    case .minimum: a < b || a != a ? a : b
    case .maximum: a > b || a != a ? a : b
    case .atan2: T.atan2(y: a, x: b)
    }
  }
}

extension Comparison {
  @inlinable public func holds<T: Real>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .equal: a == b
    case .notEqual: a != b
    }
  }
}

extension Connective {
  @inlinable public func holds(_ a: Bool, _ b: Bool) -> Bool {
    switch self {
    case .and: a && b
    case .or: a || b
    }
  }
}

extension Real {
  /// The C library's `pow`, which executors call: unlike `Real.pow`, it has values for a negative base with a whole
  /// exponent and for the exponent 0.
  ///
  /// Edge cases (C17, F.10.4.4): x⁰ and 1ʸ are 1 even for a NaN; odd whole exponents keep the sign of −0 and −∞; a
  /// negative base with any other finite exponent gives NaN.
  @inlinable static func power(_ x: Self, _ y: Self) -> Self {
    if y == 0 || x == 1 { return 1 }
    if x.isNaN || y.isNaN { return .nan }
    if y.isInfinite {
      if x.magnitude == 1 { return 1 }
      return (x.magnitude > 1) == (y > 0) ? .infinity : 0
    }
    let isWhole = y.rounded(.towardZero) == y
    let isOdd = isWhole && (y / 2).rounded(.towardZero) != y / 2
    if x == 0 || x.isInfinite {
      let magnitude: Self = (x == 0) == (y > 0) ? 0 : .infinity
      return isOdd && x.sign == .minus ? -magnitude : magnitude
    }
    if x > 0 { return Self.pow(x, y) }
    if !isWhole { return .nan }
    return isOdd ? -Self.pow(-x, y) : Self.pow(-x, y)
  }
}
