import Foundation

/// Where the tool prints: results to standard output, everything else to standard error, whole lines at a time.
enum Terminal {
  static func print(_ text: String) { write(text + "\n", to: .standardOutput) }

  /// Progress and remarks.
  static func note(_ text: String) { write(text + "\n", to: .standardError) }

  static func printError(_ message: String) { write("error: \(message)\n", to: .standardError) }

  /// One `write` a text, so that lines of several processes do not mix.
  static func write(_ text: String, to file: FileHandle) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file.fileDescriptor, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Whether a person is watching standard error.
  static var isInteractive: Bool { isatty(2) == 1 }

  /// 12345678 as 12,345,678.
  static func count(_ number: Int) -> String {
    let digits = String(abs(number))
    var parts: [Substring] = []
    var rest = digits[...]
    while rest.count > 3 {
      parts.insert(rest.suffix(3), at: 0)
      rest = rest.dropLast(3)
    }
    return (number < 0 ? "-" : "") + ([rest] + parts).joined(separator: ",")
  }

  /// "1 member", "2 members".
  static func count(_ number: Int, _ noun: String) -> String { "\(count(number)) \(noun)\(number == 1 ? "" : "s")" }

  /// How many there were a second, or how long one took where that is longer.
  static func rate(_ number: Int, _ seconds: Double) -> String {
    let rate = Double(number) / Swift.max(seconds, 1e-9)
    return rate < 10 ? "\(duration(1 / Swift.max(rate, 1e-9))) each" : "\(count(Int(rate))) a second"
  }

  /// A number of bytes with a fitting unit, in powers of 1000.
  static func bytes(_ count: Int) -> String {
    var (value, unit) = (Double(count), 0)
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit])
  }

  /// A number of seconds as people say it.
  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: seconds < 10 ? "%.2f s" : "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// A number to six significant digits; a NaN has no sign to show.
  static func number(_ value: Double) -> String { value.isNaN ? "nan" : String(format: "%.6g", value) }

  /// A statistic, which too few values do not have: then it is no number.
  static func statistic(_ value: Double) -> String { value.isNaN ? "-" : number(value) }

  /// Columns padded to the widest entry, the first left-aligned.
  static func table(_ rows: [[String]], alignLeft: Set<Int> = [0]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return alignLeft.contains(column) ? cell + padding : padding + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
