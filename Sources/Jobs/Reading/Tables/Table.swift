import Foundation

/// Numbers in named columns, read from a CSV or TSV file.
///
/// The file has a header; its delimiter (tab, comma or semicolon) is told from the header. Lines that begin with `#`
/// and empty lines are skipped; texts may stand in double quotes, a quote inside being doubled; a byte-order mark and
/// any line ends are accepted. Only columns that are asked for must hold numbers.
public struct Table: Sendable, Equatable {
  /// Names of the columns that were read, in the order in which they were asked for.
  public let columns: [String]
  /// The numbers of each column, all of one length.
  public let values: [[Double]]

  public var rowCount: Int { values.first?.count ?? 0 }

  /// Reads a file piece by piece, so that only the numbers are ever held.
  ///
  /// - Parameter columns: chooses columns, given the header; throws if it lacks some.
  public static func read(
    path: String, columns: (_ header: [String]) throws(TableError) -> [String]
  ) throws(InvalidTable) -> Table {
    guard let file = fopen(path, "rb") else {
      throw InvalidTable(path: path, error: .unreadable(reason: String(cString: strerror(errno))), line: 0)
    }
    defer { fclose(file) }
    var parser = TableParser(path: path)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      try parser.consume(buffer[..<count], columns: columns)
    }
    if ferror(file) != 0 {
      throw InvalidTable(path: path, error: .unreadable(reason: String(cString: strerror(errno))), line: 0)
    }
    return try parser.finished(columns: columns)
  }

  /// Reads a table from bytes that another rank has read; `path` names it in messages.
  public init(bytes: [UInt8], path: String, columns: (_ header: [String]) throws(TableError) -> [String])
    throws(InvalidTable)
  {
    var parser = TableParser(path: path)
    try parser.consume(bytes[...], columns: columns)
    self = try parser.finished(columns: columns)
  }

  init(columns: [String], values: [[Double]]) {
    self.columns = columns
    self.values = values
  }
}
