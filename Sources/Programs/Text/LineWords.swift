/// The words of one line of a program's text, read from left to right.
struct LineWords {
  let line: Int
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>, line: Int) {
    (self.line, rest) = (line, bytes)
    skipSpaces()
  }

  /// The next word, which is not taken; nil at the end of the line.
  var next: String? { rest.isEmpty ? nil : String(decoding: rest.prefix { $0 != Self.space }, as: UTF8.self) }

  /// - Parameter found: what stands there; the next word without it.
  func unexpected(_ expected: String, found: String? = nil) -> ProgramTextError {
    let shown = found ?? next
    let words = shown.map { "'\($0.count > 40 ? $0.prefix(39) + "…" : $0)'" } ?? "nothing more"
    return .unexpected(line: line, expected: expected, found: words)
  }

  func end() throws(ProgramTextError) {
    if !rest.isEmpty { throw unexpected("nothing more") }
  }

  /// Takes the next word if it is this one.
  mutating func take(_ word: String) -> Bool {
    guard next == word else { return false }
    drop(word)
    return true
  }

  mutating func require(_ word: String) throws(ProgramTextError) {
    guard take(word) else { throw unexpected("'\(word)'") }
  }

  /// One of the words of an enumeration.
  mutating func one<Choice: RawRepresentable>(of _: Choice.Type, _ expected: String) throws(ProgramTextError)
    -> Choice where Choice.RawValue == String
  {
    guard let word = next, let choice = Choice(rawValue: word) else { throw unexpected(expected) }
    drop(word)
    return choice
  }

  /// A count: no sign, and not too large to calculate with.
  mutating func count(_ expected: String) throws(ProgramTextError) -> Int {
    guard let word = next, let count = Self.count(word) else { throw unexpected(expected) }
    drop(word)
    return count
  }

  /// The value of a word `name=value`; nil, and nothing taken, if another word stands there.
  mutating func value(of name: String) -> String? {
    guard let word = next, word.hasPrefix(name + "=") else { return nil }
    drop(word)
    return String(word.dropFirst(name.count + 1))
  }

  /// A parameter that is a count.
  mutating func count(of name: String) throws(ProgramTextError) -> Int {
    let before = self
    guard let value = value(of: name), let count = Self.count(value) else {
      throw before.unexpected("'\(name)=' and a count")
    }
    return count
  }

  /// A parameter that is a count, or `none`.
  mutating func optionalCount(of name: String) throws(ProgramTextError) -> Int? {
    take("\(name)=none") ? nil : try count(of: name)
  }

  /// A parameter that is `true` or `false`.
  mutating func flag(of name: String) throws(ProgramTextError) -> Bool {
    if take("\(name)=true") { return true }
    guard take("\(name)=false") else { throw unexpected("'\(name)=true' or '\(name)=false'") }
    return false
  }

  /// A parameter that is a shape.
  mutating func shape(of name: String) throws(ProgramTextError) -> Shape {
    let before = self
    guard let value = value(of: name), let shape = Self.shape(value) else {
      throw before.unexpected("'\(name)=' and a shape such as [3,4]")
    }
    return shape
  }

  /// The values of a constant, to the last that is one.
  mutating func values() -> [Double] {
    var values: [Double] = []
    while let word = next, word.utf8.count <= 16, word.utf8.allSatisfy(Self.isLowercaseHexadecimal),
      let bits = UInt64(word, radix: 16)
    {
      drop(word)
      values.append(Double(bitPattern: bits))
    }
    return values
  }

  /// The values that follow, as far as there are any.
  mutating func operands() -> [Value] {
    var operands: [Value] = []
    while let word = next, word.hasPrefix("%"), let number = Self.count(word.dropFirst()) {
      drop(word)
      operands.append(Value(number))
    }
    return operands
  }

  mutating func operand() throws(ProgramTextError) -> Value {
    guard let word = next, word.hasPrefix("%"), let number = Self.count(word.dropFirst()) else {
      throw unexpected("a value such as %3")
    }
    drop(word)
    return Value(number)
  }

  mutating func type() throws(ProgramTextError) -> ValueType {
    let extent: Extent
    if take("member") {
      extent = .member
    } else {
      guard take("shared") else { throw unexpected("'member' or 'shared'") }
      extent = .shared
    }
    for (name, kind) in [("real", Kind.real), ("boolean", .boolean)] {
      if take(name) { return ValueType(kind, .scalar, extent) }
      guard let word = next, word.hasPrefix(name + "["), let shape = Self.shape(word.dropFirst(name.count)),
        !shape.isScalar
      else { continue }
      drop(word)
      return ValueType(kind, shape, extent)
    }
    throw unexpected("'real' or 'boolean' with a shape such as [3,4]")
  }

  /// A name between quotation marks.
  mutating func name() throws(ProgramTextError) -> String {
    let before = self
    guard rest.first == Self.quotationMark else { throw unexpected("a name between quotation marks") }
    rest.removeFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case Self.quotationMark:
        skipSpaces()
        return String(decoding: bytes, as: UTF8.self)
      case Self.backslash:
        guard let escaped = escapedByte() else {
          throw before.unexpected("a name with the escapes \\\", \\\\ and \\u{…}")
        }
        bytes.append(escaped)
      default: bytes.append(byte)
      }
    }
    throw before.unexpected("a name that ends in a quotation mark")
  }

  /// What a backslash stands before, or the control character whose code follows it.
  private mutating func escapedByte() -> UInt8? {
    guard let first = rest.popFirst() else { return nil }
    if first == Self.quotationMark || first == Self.backslash { return first }
    guard first == UInt8(ascii: "u"), rest.popFirst() == UInt8(ascii: "{") else { return nil }
    let digits = rest.prefix { $0 != UInt8(ascii: "}") }
    rest = rest.dropFirst(digits.count)
    guard rest.popFirst() != nil, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), code < 0x20
    else { return nil }
    return code
  }

  // MARK: Bytes

  private static let space = UInt8(ascii: " ")
  private static let quotationMark = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  private mutating func drop(_ word: String) {
    rest = rest.dropFirst(word.utf8.count)
    skipSpaces()
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == Self.space } }

  private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
  }

  private static func count(_ digits: some StringProtocol) -> Int? {
    guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let count = Int(digits) else {
      return nil
    }
    return count <= ProgramText.largest ? count : nil
  }

  /// A shape such as `[3,4]`.
  private static func shape(_ word: some StringProtocol) -> Shape? {
    guard word.hasPrefix("["), word.hasSuffix("]"), word.utf8.count >= 2 else { return nil }
    if word == "[]" { return .scalar }
    var dimensions: [Int] = []
    var size = 1
    for part in word.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false) {
      guard let dimension = count(part) else { return nil }
      dimensions.append(dimension)
      let (product, overflows) = size.multipliedReportingOverflow(by: max(1, dimension))
      guard !overflows, product <= ProgramText.largest else { return nil }
      size = product
    }
    return Shape(dimensions)
  }
}
