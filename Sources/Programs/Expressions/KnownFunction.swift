/// The functions that a formula may call, each with its arity; the table that reading, evaluation and lowering share.
///
/// - Note: `log` is the natural logarithm. `step(x)` is 0 below zero and 1 from zero on, so `step(0)` is 1;
///   `heaviside(x)` is the same but for `heaviside(0)`, which is 1/2. `sign(0)` is 0. `mod(a, b)` is
///   `a - b*floor(a/b)`: it has the sign of `b`. `piecewise(c1, a, c2, b, …, otherwise)` is the value behind the first
///   condition that holds. `sum(u)` adds the elements of an array.
public enum KnownFunction: String, CaseIterable, Sendable {
  case exp, log, log10, log2, sqrt, cbrt, abs, sign, floor, ceil
  case min, max, pow
  case sin, cos, tan, asin, acos, atan, atan2
  case sinh, cosh, tanh, asinh, acosh, atanh
  case erf, lgamma, expm1, log1p, hypot
  case step, heaviside, piecewise, sum, mod

  /// How many arguments the function takes.
  public var arity: Arity {
    switch self {
    case .exp, .log, .log10, .log2, .sqrt, .cbrt, .abs, .sign, .floor, .ceil, .sin, .cos, .tan, .asin, .acos, .atan,
      .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .lgamma, .expm1, .log1p, .step, .heaviside, .sum:
      .exactly(1)
    case .pow, .atan2, .hypot, .mod: .exactly(2)
    case .min, .max: .atLeast(1)
    case .piecewise: .piecewise
    }
  }

  /// What people of other languages call these functions.
  static let foreignNames: [String: KnownFunction] = [
    "ln": .log, "fabs": .abs, "ceiling": .ceil, "arcsin": .asin, "arccos": .acos, "arctan": .atan, "arctan2": .atan2,
    "tg": .tan, "power": .pow, "fmod": .mod, "gammaln": .lgamma, "sgn": .sign, "signum": .sign, "if": .piecewise,
    "ifelse": .piecewise, "where": .piecewise, "minimum": .min, "maximum": .max, "fmin": .min, "fmax": .max,
  ]
}

/// How many arguments a function takes.
public enum Arity: Sendable, Equatable {
  case exactly(Int)
  case atLeast(Int)
  /// Pairs of a condition and a value, then the value otherwise: three, five, seven, …
  case piecewise

  /// Whether `count` arguments are right.
  public func allows(_ count: Int) -> Bool {
    switch self {
    case .exactly(let wanted): count == wanted
    case .atLeast(let least): count >= least
    case .piecewise: count >= 3 && count % 2 == 1
    }
  }

  /// The arity in words, to follow "takes".
  public var inWords: String {
    switch self {
    case .exactly(let wanted): wanted == 1 ? "1 argument" : "\(wanted) arguments"
    case .atLeast(let least): least == 1 ? "1 argument or more" : "\(least) arguments or more"
    case .piecewise: "pairs 'condition, value' and a last value (3, 5, 7, … arguments)"
    }
  }
}
