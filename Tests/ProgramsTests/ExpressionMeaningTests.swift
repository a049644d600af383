import Testing

@testable import Programs

@Suite struct ExpressionMeaningTests {
  static let values: [(String, Double)] = [
    ("8/3", 8.0 / 3), ("2*pi", 2 * Double.pi), ("-2^2", -4), ("2^3^2", 512), ("2^-1", 0.5), ("1 - 2 - 3", -4),
    ("exp(1)", 2.718281828459045), ("log(exp(2))", 2), ("min(3, 1, 2)", 1), ("max(3)", 3), ("hypot(3, 4)", 5),
    ("atan2(1, 1)", Double.pi / 4), ("mod(-1, 3)", 2), ("mod(5.5, 2)", 1.5), ("step(0)", 1), ("heaviside(0)", 0.5),
    ("step(-1e-9)", 0), ("sign(-2)", -1), ("sign(0)", 0), ("piecewise(1 > 2, 10, 2 > 1, 20, 30)", 20),
    ("piecewise(1 > 2 or not 1 < 2, 10, 30)", 30), ("cbrt(27)", 3), ("floor(-0.5)", -1), ("ceil(0.5)", 1),
    ("abs(-3)", 3), ("lgamma(5)", 3.1780538303479458), ("inf", Double.infinity), ("1e-3", 0.001),
  ]

  @Test(arguments: values)
  func constantsAreEvaluated(text: String, value: Double) throws {
    let found = try Expression.parse(text).evaluated()
    #expect(found == value || abs(found - value) <= 4 * value.ulp)
  }

  @Test func everyFunctionHasAValueForItsFewestArguments() throws {
    for function in KnownFunction.allCases where function != .piecewise {
      let count = (1...3).first { function.arity.allows($0) } ?? 1
      let text = "\(function)(\(Array(repeating: "0.5", count: count).joined(separator: ", ")))"
      let value = try Expression.parse(text).evaluated()
      // acosh is not defined below one.
      #expect(value.isFinite || function == .acosh, "\(text) is \(value)")
    }
  }

  @Test func givenConstantsCountAndUnknownNamesDoNot() throws {
    #expect(try Expression.parse("2*a").evaluated(constants: ["a": 3]) == 6)
    let error = #expect(throws: ExpressionError.self) { try Expression.parse("2*a").evaluated() }
    #expect(error?.range == 2..<3)
  }

  /// A text and the part of it that has the wrong kind.
  @Test(arguments: [
    ("1 + (x > 0)", "has the condition 'x > 0' where a number is needed"),
    ("piecewise(x, 1, 2)", "has the number 'x' where a condition"),
    ("x and x > 0", "has the number 'x' where a condition"),
    ("not x", "has the number 'x' where a condition"),
    ("(x > 0) == (x < 1)", "has the condition 'x > 0' where a number"),
    ("sin(x < 1)", "has the condition 'x < 1' where a number"),
    ("x[0]", "indexes a number"),
    ("u > 0", "An array gives a number by sum(u) or an index"),
  ])
  func kindsThatDoNotFitAreRefused(text: String, message: String) {
    let error = #expect(throws: ExpressionError.self) { try Expression.parse(text).kind(where: Self.kinds) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
  }

  @Test(arguments: [
    ("x > 0 and not x < 1", ExpressionKind.condition), ("u*x", .array), ("sum(u*u)", .number), ("u[2]", .number),
    ("piecewise(x > 0, u, 0)", .array), ("pi*x", .number), ("(u + 1)[0]", .number),
  ])
  func kindsFollowFromTheParts(text: String, kind: ExpressionKind) throws {
    #expect(try Expression.parse(text).kind(where: Self.kinds) == kind)
  }

  private static func kinds(_ name: String) -> ExpressionKind? {
    switch name {
    case "x": .number
    case "u": .array
    default: nil
    }
  }

  @Test(arguments: 0..<40) func randomExpressionsReadBackAsTheyAreWritten(seed: Int) throws {
    var random = RandomExpressions(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    for _ in 0..<50 {
      let expression = random.expression(depth: 6)
      let text = expression.description
      #expect(try Expression.parse(text) == expression, "seed \(seed): \(text)")
      #expect(try Expression.parse(text).description == text, "seed \(seed)")
    }
  }

  @Test func parenthesesAreFew() throws {
    #expect(try Expression.parse("((a)*(b)) + (-(c^(d))) - (e + f)").description == "a*b + -c^d - (e + f)")
  }
}

/// Random trees, well formed but not well typed: printing does not care for kinds.
private struct RandomExpressions {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }

  mutating func expression(depth: Int) -> Expression {
    switch depth == 0 ? below(2) : below(8) {
    case 0: return .number([0, 1, 2.5, 1e-8, 1e22, 0.1][below(6)], at: 0..<0)
    case 1: return .name(["x", "y", "rho"][below(3)], at: 0..<0)
    case 2: return .negate(expression(depth: depth - 1), at: 0..<0)
    case 3: return .not(expression(depth: depth - 1), at: 0..<0)
    case 4:
      return .call("hypot", [expression(depth: depth - 1), expression(depth: depth - 1)], at: 0..<0)
    case 5: return .index(expression(depth: depth - 1), below(9), at: 0..<0)
    default:
      let operation = BinaryOperator.allCases[below(BinaryOperator.allCases.count)]
      return .binary(operation, expression(depth: depth - 1), expression(depth: depth - 1), at: 0..<0)
    }
  }
}
