extension Expression {
  /// Reads an expression.
  ///
  /// From loosest to tightest: `or` (`||`), `and` (`&&`), `not` (`!`), comparisons (which do not chain), `+ -`, `* /`,
  /// unary minus, `^` (`**`; right to left, so `-x^2` is `-(x^2)` and `2^-3` is an eighth), then calls and `u[3]`.
  ///
  /// - Parameters:
  ///   - text: what the user wrote.
  ///   - functions: functions beyond ``KnownFunction`` that may be called here, by name, with their arity.
  public static func parse(_ text: String, alsoCalling functions: [String: Arity] = [:]) throws(ExpressionError)
    -> Expression
  {
    var parser = try ExpressionParser(text, functions: functions)
    return try parser.whole()
  }

  /// Whether a text is a name that formulas and NetCDF files can use: a letter or `_`, then letters, digits or `_`.
  public static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, Lexer.beginsName(first) else { return false }
    return text.unicodeScalars.allSatisfy(Lexer.continuesName)
  }

  /// Words that mean something in every formula, so that nothing else can be called so.
  public static let reservedWords: Set<String> = Set(KnownFunction.allCases.map(\.rawValue))
    .union(constants.keys).union(["and", "or", "not", "true", "false"])
}

/// A precedence-climbing parser: one loop for all binary operators.
struct ExpressionParser {
  /// Brackets, signs and powers inside each other; each level is a few stack frames.
  static let maximumNesting = 150

  /// A tree and how deep it is.
  private typealias Part = (tree: Expression, depth: Int)

  private var lexer: Lexer
  private var token: Token
  private var nesting = 0
  private let functions: [String: Arity]

  init(_ text: String, functions: [String: Arity]) throws(ExpressionError) {
    lexer = Lexer(text)
    token = try lexer.next()
    self.functions = functions
  }

  mutating func whole() throws(ExpressionError) -> Expression {
    guard token.kind != .end else { throw ExpressionError(.empty, at: token.range) }
    let part = try expression(above: .lowest)
    guard token.kind == .end else { throw unexpected(wanted: "an operator or the end") }
    return part.tree
  }

  /// How tightly operators bind.
  private enum Precedence: Int {
    case lowest, or, and, not, comparison, sum, product, minus, power
  }

  private static func operation(_ token: Token) -> (BinaryOperator, Precedence)? {
    switch token.text {
    case "or", "||": (.or, .or)
    case "and", "&&": (.and, .and)
    case "+": (.add, .sum)
    case "-": (.subtract, .sum)
    case "*": (.multiply, .product)
    case "/": (.divide, .product)
    case "^", "**": (.power, .power)
    default: BinaryOperator(rawValue: token.text).map { ($0, .comparison) }
    }
  }

  /// Reads operands joined by operators that bind tighter than `limit`.
  private mutating func expression(above limit: Precedence) throws(ExpressionError) -> Part {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.maximumNesting else { throw ExpressionError(.nestedTooDeep, at: token.range) }
    var left = try prefix(above: limit)
    while let (operation, precedence) = Self.operation(token), precedence.rawValue > limit.rawValue {
      try advance()
      // A power takes a power on its right (right to left), and a sign too: 2^-3.
      let right = try expression(above: operation == .power ? .minus : precedence)
      let range = left.tree.range.lowerBound..<right.tree.range.upperBound
      if operation.isComparison, let (next, _) = Self.operation(token), next.isComparison {
        throw try chained(left.tree, operation, right.tree)
      }
      left = try joined(.binary(operation, left.tree, right.tree, at: range), left.depth, right.depth)
    }
    return left
  }

  private mutating func prefix(above limit: Precedence) throws(ExpressionError) -> Part {
    let start = token.range.lowerBound
    switch token.text {
    case "-":
      try advance()
      let operand = try expression(above: .product)
      return try joined(.negate(operand.tree, at: start..<operand.tree.range.upperBound), operand.depth)
    case "+":
      try advance()
      return try expression(above: .product)
    case "not", "!":
      // After a tighter operator, as in `1 + not x`, the operand of `not` would swallow what follows it.
      guard limit.rawValue <= Precedence.not.rawValue else { throw unexpected(wanted: "a number, a name or '('") }
      try advance()
      let operand = try expression(above: .and)
      return try joined(.not(operand.tree, at: start..<operand.tree.range.upperBound), operand.depth)
    default:
      return try postfix()
    }
  }

  private mutating func postfix() throws(ExpressionError) -> Part {
    var part = try primary()
    while token.text == "[" {
      try advance()
      let start = token.range.lowerBound
      guard case .number(let value) = token.kind, let index = Int(exactly: value), index >= 0 else {
        throw ExpressionError(.malformedIndex(token.text), at: token.range)
      }
      try advance()
      guard token.text == "]" else {
        throw ExpressionError(.malformedIndex(lexer.text(start..<token.range.upperBound)), at: token.range)
      }
      let range = part.tree.range.lowerBound..<token.range.upperBound
      try advance()
      part = try joined(.index(part.tree, index, at: range), part.depth)
    }
    return part
  }

  private mutating func primary() throws(ExpressionError) -> Part {
    let first = token
    switch first.kind {
    case .number(let value):
      try advance()
      return (.number(value, at: first.range), 1)
    case .name where !["and", "or", "not"].contains(first.text):
      try advance()
      if token.text == "(" { return try call(first) }
      if KnownFunction(rawValue: first.text) != nil || functions[first.text] != nil {
        throw ExpressionError(.functionWithoutArguments(first.text), at: first.range)
      }
      return (.name(first.text, at: first.range), 1)
    case .symbol where first.text == "(":
      try advance()
      let inner = try expression(above: .lowest)
      try close(first)
      return inner
    default:
      throw unexpected(wanted: "a number, a name or '('")
    }
  }

  private mutating func call(_ function: Token) throws(ExpressionError) -> Part {
    guard let arity = functions[function.text] ?? KnownFunction(rawValue: function.text)?.arity else {
      let known = KnownFunction.allCases.map(\.rawValue) + functions.keys.sorted()
      let nearest =
        KnownFunction.foreignNames[function.text]?.rawValue ?? NearestName.to(function.text, among: known)
      throw ExpressionError(.unknownFunction(function.text, nearest: nearest), at: function.range)
    }
    let bracket = token
    try advance()
    var arguments: [Expression] = []
    var depth = 0
    while token.text != ")" {
      let argument = try expression(above: .lowest)
      arguments.append(argument.tree)
      depth = Swift.max(depth, argument.depth)
      guard token.text == "," else { break }
      try advance()
      // A comma promises another argument.
      if token.text == ")" { throw unexpected(wanted: "an argument") }
    }
    let range = function.range.lowerBound..<token.range.upperBound
    try close(bracket)
    guard arity.allows(arguments.count) else {
      throw ExpressionError(
        .wrongArgumentCount(function: function.text, takes: arity, found: arguments.count), at: range)
    }
    return try joined(.call(function.text, arguments, at: range), depth)
  }

  private mutating func close(_ bracket: Token) throws(ExpressionError) {
    if token.kind == .end { throw ExpressionError(.unclosed(bracket.text), at: bracket.range) }
    guard token.text == ")" else { throw unexpected(wanted: "an operator, ',' or ')'") }
    try advance()
  }

  private mutating func advance() throws(ExpressionError) { token = try lexer.next() }

  private func joined(_ tree: Expression, _ depths: Int...) throws(ExpressionError) -> Part {
    let depth = depths.reduce(0, Swift.max) + 1
    guard depth <= Expression.maximumDepth else { throw ExpressionError(.tooLong, at: tree.range) }
    return (tree, depth)
  }

  private func unexpected(wanted: String) -> ExpressionError {
    token.kind == .end
      ? ExpressionError(.unexpectedEnd(wanted: wanted), at: token.range)
      : ExpressionError(.unexpected(token.text, wanted: wanted), at: token.range)
  }

  private mutating func chained(_ left: Expression, _ operation: BinaryOperator, _ middle: Expression)
    throws(ExpressionError) -> ExpressionError
  {
    let next = token.text
    try advance()
    let last = try expression(above: .comparison)
    return ExpressionError(
      .chainedComparison(
        first: "\(left) \(operation.rawValue) \(middle)", middle: "\(middle)", last: " \(next) \(last.tree)"),
      at: left.range.lowerBound..<last.tree.range.upperBound)
  }
}
