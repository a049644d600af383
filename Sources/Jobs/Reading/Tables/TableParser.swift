import Programs

/// Reads the bytes of a table, in pieces of any size, into columns of numbers.
struct TableParser {
  /// Longer cells are a missing quote, not data.
  static let longestCell = 1 << 16

  private enum State: Equatable {
    case lineStart, cellStart, inCell, inQuotes, quoteInQuotes, inComment
  }

  private let path: String
  private var state = State.lineStart
  private var line = 1
  private var rowLine = 1
  /// Rows of numbers seen; -1 before the header.
  private var row = -1
  private var delimiter: UInt8?
  private var cell: [UInt8] = []
  private var cells: [String] = []
  /// The header is kept as bytes until its end shows what the delimiter is.
  private var headerBytes: [UInt8] = []
  private var header: [String] = []
  private var wanted: [Int] = []
  private var values: [[Double]] = []
  private var place = 0
  private var bytesSeen = 0

  init(path: String) { self.path = path }

  typealias Columns = (_ header: [String]) throws(TableError) -> [String]

  mutating func consume(_ bytes: ArraySlice<UInt8>, columns: Columns) throws(InvalidTable) {
    for byte in bytes {
      bytesSeen += 1
      // A byte-order mark: the three bytes that begin many files from spreadsheets.
      if bytesSeen <= 3, byte == [0xEF, 0xBB, 0xBF][bytesSeen - 1], state == .lineStart, row < 0 { continue }
      if delimiter == nil { try consumeHeader(byte, columns) } else { try consumeBody(byte) }
    }
  }

  mutating func finished(columns: Columns) throws(InvalidTable) -> Table {
    if delimiter == nil, !headerBytes.isEmpty { try endHeader(columns) }
    guard delimiter != nil else { throw invalid(.noHeader) }
    if state == .inQuotes { throw invalid(.unclosedQuote(row: row + 1)) }
    if state != .lineStart, state != .inComment { try endRow() }
    guard row > 0 else { throw invalid(.noRows) }
    return Table(columns: wanted.map { header[$0] }, values: values)
  }

  // MARK: Header

  private mutating func consumeHeader(_ byte: UInt8, _ columns: Columns) throws(InvalidTable) {
    let isLineEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    switch state {
    case .inComment where isLineEnd:
      state = .lineStart
    case .inComment:
      break
    case .lineStart where byte == UInt8(ascii: "#"):
      state = .inComment
    case .lineStart where isLineEnd:
      break
    default:
      let quotes = headerBytes.count { $0 == UInt8(ascii: "\"") }
      if isLineEnd, quotes % 2 == 0 {
        try endHeader(columns)
      } else {
        state = .inCell
        headerBytes.append(byte)
        if headerBytes.count > 64 * Self.longestCell { throw invalid(.cellTooLong(row: 0)) }
      }
    }
    if byte == UInt8(ascii: "\n") { line += 1 }
  }

  private mutating func endHeader(_ columns: Columns) throws(InvalidTable) {
    delimiter = Self.delimiter(of: headerBytes)
    rowLine = line
    var names: [String] = []
    // The header is read like any row, with every column wanted as text.
    state = .lineStart
    for byte in headerBytes { try consumeText(byte, { names.append($0) }) }
    if state == .inQuotes { throw invalid(.unclosedQuote(row: 0)) }
    names.append(try text())
    for (place, name) in names.enumerated() where name.isEmpty {
      throw invalid(.emptyColumnName(column: place + 1))
    }
    header = names
    let chosen: [String]
    do { chosen = try columns(names) } catch { throw invalid(error) }
    for name in chosen {
      let places = names.indices.filter { names[$0] == name }
      guard let place = places.first else {
        throw invalid(.missingColumn(name, nearest: NearestName.to(name, among: names), columns: names))
      }
      if places.count > 1 { throw invalid(.duplicateColumn(name)) }
      wanted.append(place)
    }
    values = Array(repeating: [], count: wanted.count)
    (state, cell, row, headerBytes) = (.lineStart, [], 0, [])
  }

  /// The likeliest delimiter of a header.
  private static func delimiter(of header: [UInt8]) -> UInt8 {
    if header.contains(UInt8(ascii: "\t")) { return UInt8(ascii: "\t") }
    let hasComma = header.contains(UInt8(ascii: ","))
    return !hasComma && header.contains(UInt8(ascii: ";")) ? UInt8(ascii: ";") : UInt8(ascii: ",")
  }

  // MARK: Rows

  private mutating func consumeBody(_ byte: UInt8) throws(InvalidTable) {
    let isLineEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    if state == .lineStart { rowLine = line }
    switch state {
    case .inComment: if isLineEnd { state = .lineStart }
    case .lineStart where byte == UInt8(ascii: "#"): state = .inComment
    case .lineStart where isLineEnd: break
    case .lineStart, .cellStart, .inCell, .quoteInQuotes, .inQuotes:
      if isLineEnd, state != .inQuotes {
        try endRow()
      } else if state == .lineStart, byte == UInt8(ascii: " ") {
        break
      } else {
        var ended: String?
        try consumeText(byte, { ended = $0 })
        if let ended { try take(ended) }
      }
    }
    if byte == UInt8(ascii: "\n") { line += 1 }
  }

  /// One byte of a cell; gives the cell's text when a delimiter ends it.
  private mutating func consumeText(_ byte: UInt8, _ end: (String) -> Void) throws(InvalidTable) {
    let quote = UInt8(ascii: "\"")
    switch state {
    case .inQuotes:
      if byte == quote { state = .quoteInQuotes } else { cell.append(byte) }
    case .quoteInQuotes where byte == quote:
      cell.append(quote)
      state = .inQuotes
    case .lineStart, .cellStart, .inCell, .quoteInQuotes, .inComment:
      if byte == delimiter {
        end(try text())
        state = .cellStart
      } else if state == .quoteInQuotes {
        guard byte == UInt8(ascii: " ") else { throw invalid(.textAfterQuote(row: row + 1)) }
      } else if byte == quote, cell.allSatisfy({ $0 == UInt8(ascii: " ") }) {
        cell = []
        state = .inQuotes
      } else {
        cell.append(byte)
        state = .inCell
      }
    }
    if cell.count > Self.longestCell { throw invalid(.cellTooLong(row: row + 1)) }
  }

  /// The text of the cell that ends here, without spaces around it.
  private mutating func text() throws(InvalidTable) -> String {
    defer { cell.removeAll(keepingCapacity: true) }
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let trimmed = cell.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    guard let text = String(validating: trimmed, as: UTF8.self) else { throw invalid(.notUTF8(row: row + 1)) }
    return text
  }

  private mutating func take(_ text: String) throws(InvalidTable) {
    defer { place += 1 }
    guard wanted.contains(place) else { return }
    guard !text.isEmpty else { throw invalid(.emptyCell(row: row + 1, column: header[place])) }
    // Swift's own reading of numbers takes hexadecimals, infinities and `nan` too.
    guard text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let number = Double(text), number.isFinite
    else { throw invalid(.notANumber(row: row + 1, column: header[place], found: text)) }
    // A column can give several things.
    for column in wanted.indices where wanted[column] == place { values[column].append(number) }
  }

  private mutating func endRow() throws(InvalidTable) {
    let last = try text()
    // A row that is too short is told as such, rather than as a cell that is missing.
    if place + 1 < header.count {
      throw invalid(.wrongCellCount(row: row + 1, found: place + 1, expected: header.count))
    }
    try take(last)
    guard place == header.count else {
      throw invalid(.wrongCellCount(row: row + 1, found: place, expected: header.count))
    }
    (place, state) = (0, .lineStart)
    row += 1
  }

  private func invalid(_ error: TableError) -> InvalidTable {
    InvalidTable(path: path, error: error, line: row < 0 ? max(line, 1) : rowLine)
  }
}
