import Testing

@testable import Programs

@Suite struct ExpressionParsingTests {
  /// A text, and the same with every operator in parentheses.
  @Test(arguments: [
    ("-x^2", "-(x^2)"), ("2^3^2", "2^(3^2)"), ("2^-x^2", "2^(-(x^2))"), ("2^-x*3", "(2^(-x))*3"),
    ("a - b - c", "(a - b) - c"), ("a/b*c", "(a/b)*c"), ("a + b*c^d", "a + (b*(c^d))"), ("-a*b", "(-a)*b"),
    ("a*-b", "a*(-b)"), ("+a - +b", "a - b"), ("x**2", "x^2"),
    ("a < b and c < d or e < f", "((a < b) and (c < d)) or (e < f)"),
    ("a < b || c < d && e < f", "(a < b) or ((c < d) and (e < f))"),
    ("not a < b and c < d", "(not (a < b)) and (c < d)"), ("!(a < b)", "not (a < b)"),
    ("a + 1 < b*2", "(a + 1) < (b*2)"), ("u[3]^2", "(u[3])^2"), ("2e-3*x", "0.002*x"), (".5 + 5.", "0.5 + 5"),
  ])
  func operatorsBindAsDocumented(text: String, meaning: String) throws {
    #expect(try Expression.parse(text) == Expression.parse(meaning))
  }

  @Test func positionsPointIntoTheText() throws {
    let expression = try Expression.parse("sigma*(y - x) + sin(y)")
    #expect(expression.names.map(\.name) == ["sigma", "y", "x", "y"])
    #expect(expression.names.map(\.at) == [0..<5, 7..<8, 11..<12, 20..<21])
    guard case .binary(.add, let left, let right, let range) = expression else {
      Issue.record("not a sum")
      return
    }
    #expect(range == 0..<22)
    #expect(left.range == 0..<12)
    #expect(right.range == 16..<22)
  }

  /// A wrong text, a part of the message, and where it points.
  @Test(arguments: [
    ("", "is empty", 0..<0),
    ("  ", "is empty", 2..<2),
    ("x +", "ends where a number, a name or '(' was expected", 3..<3),
    ("x * / y", "has '/' where a number", 4..<5),
    ("(x + y", "has a '(' that is never closed", 0..<1),
    ("x + y)", "has ')' where an operator or the end was expected", 5..<6),
    ("x y", "has 'y' where an operator", 2..<3),
    ("2x", "has '2x', which is not a number. A product needs its '*'", 0..<2),
    ("0x1F", "Numbers are decimal", 0..<4),
    ("1.2.3", "has '1.2.3', which is not a number", 0..<5),
    ("1_000", "has '1_000', which is not a number", 0..<5),
    ("1e999", "beyond double precision", 0..<5),
    ("1:30:00", "no expression has, ':'", 1..<2),
    ("x = 1", "Did you mean '=='?", 2..<3),
    ("x ≤ 1", "no expression has, '≤'", 2..<3),
    ("a < b < c", "Did you mean 'a < b and b < c'?", 0..<9),
    ("sgrt(x)", "calls 'sgrt', which is not a function. Did you mean 'sqrt'?", 0..<4),
    ("ln(x)", "Did you mean 'log'?", 0..<2),
    ("frobnicate(x)", "calls 'frobnicate', which is not a function.", 0..<10),
    ("sin(x, y)", "calls 'sin' with 2 arguments, but it takes 1 argument", 0..<9),
    ("max()", "calls 'max' with 0 arguments, but it takes 1 argument or more", 0..<5),
    ("piecewise(x > 0, 1)", "pairs 'condition, value' and a last value", 0..<19),
    ("sin + 1", "uses the function 'sin' without arguments", 0..<3),
    ("sin(x,)", "has ')' where an argument was expected", 6..<7),
    ("u[i]", "has the index 'i'", 2..<3),
    ("u[1.5]", "has the index '1.5'", 2..<5),
    ("u[-1]", "has the index '-'", 2..<3),
    ("1 + not x", "has 'not' where", 4..<7),
    ("x and", "ends where", 5..<5),
    ("x; rm -rf", "no expression has, ';'", 1..<2),
    ("\"x\"", "no expression has, '\"'", 0..<1),
  ])
  func mistakesAreNamedWithTheirPlace(text: String, message: String, range: Range<Int>) {
    let error = #expect(throws: ExpressionError.self) { try Expression.parse(text) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
    #expect(error?.range == range)
  }

  @Test(arguments: [
    String(repeating: "(", count: 100_000) + "x" + String(repeating: ")", count: 100_000),
    String(repeating: "-", count: 100_000) + "x",
    String(repeating: "sin(", count: 100_000),
    "x" + String(repeating: "^x", count: 100_000),
    String(repeating: "not ", count: 100_000) + "x",
  ])
  func nestingWithoutEndIsAnErrorAndNotACrash(text: String) {
    let error = #expect(throws: ExpressionError.self) { try Expression.parse(text) }
    #expect(error?.problem == .nestedTooDeep)
  }

  @Test func aSumOfAThousandTermsIsReadAndOneOfAHundredThousandRefused() throws {
    let long = Array(repeating: "x", count: 1000).joined(separator: " + ")
    #expect(try Expression.parse(long).names.count == 1000)
    #expect(try Expression.parse(long).description == long)
    let tooLong = Array(repeating: "x", count: 100_000).joined(separator: " + ")
    let error = #expect(throws: ExpressionError.self) { try Expression.parse(tooLong) }
    #expect(error?.problem == .tooLong)
    let indexed = "u" + String(repeating: "[0]", count: 100_000)
    #expect(throws: ExpressionError.self) { try Expression.parse(indexed) }
  }

  @Test func furtherFunctionsCanBeAllowed() throws {
    let expression = try Expression.parse(
      "final(x) - at(x, 2)", alsoCalling: ["final": .exactly(1), "at": .exactly(2)])
    #expect(expression.description == "final(x) - at(x, 2)")
    #expect(throws: ExpressionError.self) { try Expression.parse("final(x)") }
  }

  @Test(arguments: [
    ("sigme", "sigma"), ("Sigma", "sigma"), ("bta", "beta"), ("ehta", "etha"), ("tolerance", "relative_tolerance"),
    ("unt", "until"), ("zzz", nil), ("q", nil), ("x1", "x"),
  ])
  func nearestNamesAreThoseAnEditAway(typed: String, meant: String?) {
    let names = ["sigma", "beta", "etha", "until", "relative_tolerance", "x", "y"]
    #expect(NearestName.to(typed, among: names) == meant)
  }

  @Test(arguments: ["x", "_a1", "Rho"]) func namesAreAsciiWords(text: String) {
    #expect(Expression.isName(text))
  }

  @Test(arguments: ["", "1x", "x.start", "x y", "é", "x-y"]) func otherTextsAreNotNames(text: String) {
    #expect(!Expression.isName(text))
  }
}
