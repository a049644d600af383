/// Which values every member of an ensemble gets: a pure function of the member's number.
///
/// A design is never laid out in memory: any member is computed when asked for, so that 10¹² of them cost nothing until
/// they run, and a member's values have the same bits whoever asks, alone or in a range. Numbers are recorded in files;
/// what makes them is named by ``method``.
///
/// Make one with ``grid(_:)``, ``zip(_:)``, ``random(_:count:seed:)``, ``latinHypercube(_:count:seed:)``,
/// ``sobol(_:count:seed:)``, ``table(names:columns:)`` or ``union(_:base:)``.
public struct Design: Sendable {
  let source: any MemberSource

  /// What is varied, in the order of the columns.
  public let names: [String]
  /// How many members there are.
  public let count: Int
  /// How members get their values, generator and versions included, in words for the files.
  public var method: String { source.method }

  init(_ source: some MemberSource) throws(SamplingError) {
    var seen: Set<String> = []
    for name in source.names where !seen.insert(name).inserted { throw .repeatedName(name) }
    self.source = source
    names = source.names
    count = source.count
  }

  /// Writes the values of members `range`, column-major: name number j of member `range.lowerBound + i` goes to
  /// `buffer[j * stride + i]`. Elements between the columns are left alone.
  ///
  /// - Precondition: the range lies within 0 ..< count, stride ≥ range.count, and the last column fits.
  public func fill(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Double>, stride: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "members \(range) of a design of \(count)")
    guard !range.isEmpty, !names.isEmpty else { return }
    precondition(stride >= range.count, "stride \(stride) is less than the \(range.count) members")
    precondition(
      buffer.count >= (names.count - 1) * stride + range.count,
      "\(buffer.count) elements cannot hold \(names.count) columns of \(range.count) at stride \(stride)")
    let base = buffer.baseAddress!
    source.fill(range, columns: names.indices.map { base + $0 * stride })
  }

  /// The values of one member, in the order of ``names``.
  public func values(of member: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: names.count) { buffer, initialized in
      fill(member..<member + 1, into: UnsafeMutableBufferPointer(rebasing: buffer[..<names.count]), stride: 1)
      initialized = names.count
    }
  }
}

/// A method of design: one type for each.
protocol MemberSource: Sendable {
  var names: [String] { get }
  var count: Int { get }
  var method: String { get }
  /// Writes the values of members `range`, which lie inside and are not none, to the start of every column.
  func fill(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>])
}

/// A method that places members in the unit cube; the axes then turn probabilities into values.
protocol UnitSource: MemberSource {
  var axes: [Axis] { get }
  /// Writes coordinates strictly between 0 and 1.
  func fillUnits(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>])
}

extension UnitSource {
  var names: [String] { axes.map(\.name) }

  func fill(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    // In pieces that stay in the first-level cache between the two passes for up to eight axes.
    let piece = 512
    var columns = columns
    var first = range.lowerBound
    while first < range.upperBound {
      let count = min(piece, range.upperBound - first)
      fillUnits(first..<first + count, columns: columns)
      for (axis, column) in Swift.zip(axes, columns) {
        axis.transform(UnsafeMutableBufferPointer(start: column, count: count))
      }
      for index in columns.indices { columns[index] += count }
      first += count
    }
  }
}
