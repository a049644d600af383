/// A word of an expression: what the parser reads.
struct Token: Equatable {
  enum Kind: Equatable {
    case number(Double)
    case name
    case symbol
    case end
  }

  let kind: Kind
  let text: String
  let range: Range<Int>
}

/// Cuts a text into tokens, one at a time, so that a text with an early mistake costs nothing more.
struct Lexer {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The text between two offsets.
  func text(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[range])
    return String(text)
  }

  mutating func next() throws(ExpressionError) -> Token {
    while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
    let start = position
    guard start < scalars.count else { return Token(kind: .end, text: "", range: start..<start) }
    let first = scalars[start]
    if Self.isDigit(first) || (first == "." && Self.isDigit(peek(1))) { return try number(from: start) }
    if Self.beginsName(first) {
      while let scalar = peek(0), Self.continuesName(scalar) { position += 1 }
      return Token(kind: .name, text: text(start..<position), range: start..<position)
    }
    return try symbol(from: start)
  }

  private func peek(_ ahead: Int) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  private mutating func number(from start: Int) throws(ExpressionError) -> Token {
    skipDigits()
    if peek(0) == "." {
      position += 1
      skipDigits()
    }
    if peek(0) == "e" || peek(0) == "E" {
      let signed = peek(1) == "+" || peek(1) == "-"
      if Self.isDigit(peek(signed ? 2 : 1)) {
        position += signed ? 2 : 1
        skipDigits()
      }
    }
    // A letter or a second point glued to a number (0x1F, 2x, 1.2.3, 1_000) is no number, nor two tokens.
    let isClean = peek(0).map { !Self.continuesName($0) && $0 != "." } ?? true
    while let scalar = peek(0), Self.continuesName(scalar) || scalar == "." { position += 1 }
    let range = start..<position
    let written = text(range)
    guard isClean, let value = Double(written) ?? Double(written + "0") else {
      throw ExpressionError(.malformedNumber(written), at: range)
    }
    guard value.isFinite else { throw ExpressionError(.numberOutOfRange(written), at: range) }
    return Token(kind: .number(value), text: written, range: range)
  }

  private mutating func symbol(from start: Int) throws(ExpressionError) -> Token {
    let longSymbols = ["**", "<=", ">=", "==", "!=", "&&", "||"]
    if start + 2 <= scalars.count, longSymbols.contains(text(start..<start + 2)) {
      position += 2
    } else if "+-*/^<>(),[]!".unicodeScalars.contains(scalars[start]) {
      position += 1
    } else if scalars[start] == "=" {
      throw ExpressionError(.singleEquals, at: start..<start + 1)
    } else {
      throw ExpressionError(.unexpectedCharacter(Character(scalars[start])), at: start..<start + 1)
    }
    return Token(kind: .symbol, text: text(start..<position), range: start..<position)
  }

  private mutating func skipDigits() {
    while Self.isDigit(peek(0)) { position += 1 }
  }

  private static func isDigit(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { ("0"..."9").contains($0) } ?? false
  }

  /// Names are ASCII, so that they are names in every file format and in generated code.
  static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }

  static func continuesName(_ scalar: Unicode.Scalar) -> Bool { beginsName(scalar) || isDigit(scalar) }
}
