import Execution
import Programs

/// Where vectors of elementary functions come from: SLEEF (1 ulp), else glibc's libmvec (4 ulp), else the C library, a
/// lane at a time.
///
/// SLEEF's `finz` entries are used because they compute every lane by itself. The usual entries choose one algorithm
/// for the whole vector by its largest lane, so a member's bits would depend on its lane mates.
public enum VectorLibrary: String, Sendable, CaseIterable {
  case sleef
  case libmvec
  case scalar
}

/// Declares the vector functions that one generated file uses.
struct VectorFunctions {
  let library: VectorLibrary
  let precision: Precision
  private(set) var used: Set<String> = []

  init(library: VectorLibrary, precision: Precision) {
    self.library = library
    self.precision = precision
  }

  /// The C text of a function of members' values.
  mutating func call(_ function: UnaryFunction, _ x: String) -> String {
    switch function {
    case .negate: "(-\(x))"
    case .absolute: "ABS(\(x))"
    case .sign: "SIGN(\(x))"
    case .floor: "FLOOR(\(x))"
    case .ceiling: "CEIL(\(x))"
    case .squareRoot: "SQRT(\(x))"
    case .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .logGamma:
      named(function.cName, [x])
    }
  }

  mutating func call(_ function: BinaryFunction, _ a: String, _ b: String) -> String {
    switch function {
    case .add: "(\(a) + \(b))"
    case .subtract: "(\(a) - \(b))"
    case .multiply: "(\(a) * \(b))"
    case .divide: "(\(a) / \(b))"
    case .minimum: "MIN(\(a), \(b))"
    case .maximum: "MAX(\(a), \(b))"
    case .power: named("pow", [a, b])
    case .atan2: named("atan2", [a, b])
    }
  }

  private mutating func named(_ name: String, _ arguments: [String]) -> String {
    used.insert(name)
    return "V\(name)(\(arguments.joined(separator: ", ")))"
  }

  /// Definitions of `Vexp` and its like, for every instruction set, chosen by the C compiler.
  var declarations: String { used.sorted().map(declaration).joined() }

  private func declaration(_ name: String) -> String {
    let isBinary = name == "pow" || name == "atan2"
    let parameters = isBinary ? "V a, V b" : "V a"
    let types = isBinary ? "V, V" : "V"
    let arguments = isBinary ? "a[l], b[l]" : "a[l]"
    let suffix = precision == .double ? "" : "f"
    let scalar = """
      \(precision == .double ? "double" : "float") \(name)\(suffix)(\(isBinary ? "T, T" : "T"));
      static inline V V\(name)(\(parameters)) { V r; for (int l = 0; l < W; l++) r[l] = \(name)\(suffix)(\(arguments)); return r; }

      """
    let widths = precision == .double ? ["8", "4", "2"] : ["16", "8", "4"]
    let kind = precision == .double ? "d" : "f"
    switch library {
    case .scalar: return scalar
    case .sleef:
      func sleef(_ width: String, _ set: String) -> String {
        let symbol = "Sleef_finz_\(name)\(kind)\(width)_u10\(set)"
        return "V \(symbol)(\(types));\n" + (ofLarge(name, symbol) ?? "#define V\(name) \(symbol)\n")
      }
      return "#if defined(__AVX512F__) && defined(__AVX512DQ__)\n" + sleef(widths[0], "avx512f")
        + "#elif defined(__AVX2__) && defined(__FMA__)\n" + sleef(widths[1], "avx2")
        + "#elif defined(__aarch64__)\n" + sleef(widths[2], "advsimd") + "#else\n" + scalar + "#endif\n"
    case .libmvec:
      guard Self.inLibmvec.contains(name) else { return scalar }
      let lanes = String(repeating: "v", count: isBinary ? 2 : 1)
      func mvec(_ letter: String, _ width: String) -> String {
        let symbol = "_ZGV\(letter)N\(width)\(lanes)_\(name)\(suffix)"
        return "V \(symbol)(\(types));\n#define V\(name) \(symbol)\n"
      }
      return "#if defined(__AVX512F__) && defined(__AVX512DQ__)\n" + mvec("e", widths[0])
        + "#elif defined(__AVX2__)\n" + mvec("d", widths[1]) + "#else\n" + scalar + "#endif\n"
    }
  }

  /// A function that SLEEF computes by the square of its argument, which overflows; nil for the others.
  ///
  /// There asinh x = acosh x = log 2x but for less than rounding, which is twice the value at √(x/2).
  private func ofLarge(_ name: String, _ symbol: String) -> String? {
    guard name == "asinh" || name == "acosh" else { return nil }
    let magnitude = name == "asinh" ? "ABS(a)" : "a"
    let signed = name == "asinh" ? "SEL(LT(a, BC(0)), -(r + r), r + r)" : "r + r"
    return """
      static inline V V\(name)(V a) {
        const M large = LT(BC((T)\(precision == .double ? "0x1p510" : "0x1p62")), \(magnitude));
        if (!ANY(large)) return \(symbol)(a);
        const V r = \(symbol)(SEL(large, SQRT(ABS(a) * BC((T)0.5)), a));
        return SEL(large, \(signed), r);
      }

      """
  }

  /// What glibc 2.35 and later have as vectors on x86 (https://sourceware.org/glibc/wiki/libmvec, NEWS for 2.35).
  private static let inLibmvec: Set<String> = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "asinh", "acosh", "atanh", "erf", "pow", "atan2",
  ]
}

extension UnaryFunction {
  /// The C library's name.
  var cName: String {
    switch self {
    case .negate, .sign: rawValue
    case .absolute: "fabs"
    case .floor: "floor"
    case .ceiling: "ceil"
    case .squareRoot: "sqrt"
    case .logGamma: "lgamma"
    case .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf:
      rawValue
    }
  }

  /// The C text for a value that all members share.
  func scalar(_ x: String, _ precision: Precision) -> String {
    switch self {
    case .negate: "(-\(x))"
    case .sign: "(\(x) > 0 ? (T)1 : \(x) < 0 ? (T)-1 : \(x))"
    case .absolute, .floor, .ceiling, .squareRoot, .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin,
      .acos, .atan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .logGamma:
      "__builtin_\(cName)\(precision == .double ? "" : "f")(\(x))"
    }
  }
}

extension BinaryFunction {
  /// The C text for values that all members share.
  func scalar(_ a: String, _ b: String, _ precision: Precision) -> String {
    let suffix = precision == .double ? "" : "f"
    return switch self {
    case .add: "(\(a) + \(b))"
    case .subtract: "(\(a) - \(b))"
    case .multiply: "(\(a) * \(b))"
    case .divide: "(\(a) / \(b))"
    case .minimum: "(\(a) < \(b) || \(a) != \(a) ? \(a) : \(b))"
    case .maximum: "(\(a) > \(b) || \(a) != \(a) ? \(a) : \(b))"
    case .power: "__builtin_pow\(suffix)(\(a), \(b))"
    case .atan2: "__builtin_atan2\(suffix)(\(a), \(b))"
    }
  }
}
