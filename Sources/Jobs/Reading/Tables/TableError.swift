/// What can be wrong with a table file. Rows are counted from 1, without the header, comments and empty lines.
public enum TableError: Error, Equatable, Sendable {
  case unreadable(reason: String)
  case noHeader
  case noRows
  case emptyColumnName(column: Int)
  case duplicateColumn(String)
  case missingColumn(String, nearest: String?, columns: [String])
  case columnNamesNothing(String, nearest: String?)
  case notUTF8(row: Int)
  case unclosedQuote(row: Int)
  case textAfterQuote(row: Int)
  case wrongCellCount(row: Int, found: Int, expected: Int)
  case emptyCell(row: Int, column: String)
  case notANumber(row: Int, column: String, found: String)
  case cellTooLong(row: Int)

  /// The problem in words.
  public var message: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read: \(reason)"
    case .noHeader:
      "the table is empty. It needs a header with the names of its columns"
    case .noRows:
      "the table has a header but no rows"
    case .emptyColumnName(let column):
      "column \(column) of the header has no name"
    case .duplicateColumn(let name):
      "the header has the column '\(name)' twice"
    case .missingColumn(let name, let nearest, let columns):
      "the table has no column '\(name)'.\(didYouMean(nearest)) Its columns are \(list(columns))"
    case .columnNamesNothing(let name, let nearest):
      "the column '\(name)' is not a parameter or the start of a state (such as 'x.start').\(didYouMean(nearest)) "
        + "Say under 'columns' in the job which columns to take"
    case .notUTF8(let row):
      (row == 0 ? "the header" : "row \(row)") + " is not UTF-8 text"
    case .unclosedQuote(let row):
      "row \(row) has a quote that is never closed"
    case .textAfterQuote(let row):
      "row \(row) has text behind a closing quote; a quote inside a quoted text must be doubled"
    case .wrongCellCount(let row, let found, let expected):
      "row \(row) has \(found) cell\(found == 1 ? "" : "s"), but the header has \(expected)"
    case .emptyCell(let row, let column):
      "row \(row) has nothing in column '\(column)', where a number is needed"
    case .notANumber(let row, let column, let found):
      "row \(row) has '\(found.shortened)' in column '\(column)', which is not a finite number"
    case .cellTooLong(let row):
      "row \(row) has a cell of more than \(TableParser.longestCell) bytes"
    }
  }

  private func didYouMean(_ name: String?) -> String { name.map { " Did you mean '\($0)'?" } ?? "" }

  private func list(_ columns: [String]) -> String {
    let named = columns.prefix(12).map { "'\($0.shortened)'" }.joined(separator: ", ")
    return columns.count > 12 ? "\(named), …" : named
  }
}

/// A ``TableError`` with the file and the line.
public struct InvalidTable: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let error: TableError
  /// From 1; zero when the problem is with the file itself.
  public let line: Int

  public var description: String { (line > 0 ? "\(path):\(line): " : "\(path): ") + error.message }
}
