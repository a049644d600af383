extension Design {
  /// Members given one by one: member i takes element i of every column.
  ///
  /// The only design that lies in memory, as the caller has it there already.
  /// - Throws: ``SamplingError/unequalNamesAndColumns(names:columns:)``, ``SamplingError/unequalColumns(counts:)``,
  ///   ``SamplingError/cellNotFinite(column:row:found:)``, ``SamplingError/repeatedName(_:)``,
  ///   ``SamplingError/impossibleCount(method:found:)`` for a table without rows.
  public static func table(names: [String], columns: [[Double]]) throws(SamplingError) -> Design {
    guard names.count == columns.count else {
      throw .unequalNamesAndColumns(names: names.count, columns: columns.count)
    }
    let counts = Swift.zip(names, columns).map { SamplingError.AxisCount(name: $0, count: $1.count) }
    guard let count = counts.first?.count, count > 0 else { throw .impossibleCount(method: "table", found: 0) }
    guard counts.allSatisfy({ $0.count == count }) else { throw .unequalColumns(counts: counts) }
    for (name, column) in Swift.zip(names, columns) {
      if let row = column.firstIndex(where: { !$0.isFinite }) {
        throw .cellNotFinite(column: name, row: row + 1, found: column[row])
      }
    }
    return try Design(Table(names: names, count: count, table: columns))
  }
}

struct Table: MemberSource {
  let names: [String]
  let count: Int
  let table: [[Double]]

  var method: String { "table" }

  func fill(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    for (source, target) in Swift.zip(table, columns) {
      source.withUnsafeBufferPointer { source in
        target.update(from: source.baseAddress! + range.lowerBound, count: range.count)
      }
    }
  }
}
