extension Design {
  /// Every combination of the axes' levels; the last axis varies fastest. No axes make one member without values.
  ///
  /// - Throws: ``SamplingError/countMissing(axis:)`` for an axis without levels, ``SamplingError/repeatedName(_:)``,
  ///   ``SamplingError/designTooLarge(method:count:limit:)`` with the exact number of combinations.
  public static func grid(_ axes: [Axis]) throws(SamplingError) -> Design {
    try Design(Grid(factors: axes.map { .axis($0) }, method: "grid"))
  }

  /// Every combination of factors, each an axis or a group whose axes advance together; the last factor varies fastest.
  ///
  /// - Throws: as ``grid(_:)``, and ``SamplingError/unequalCounts(group:counts:)``, ``SamplingError/emptyGroup(_:)``.
  public static func zip(_ factors: [Factor]) throws(SamplingError) -> Design {
    try Design(Grid(factors: factors, method: "zip"))
  }

  /// What a grid crosses with the rest.
  public enum Factor: Sendable {
    case axis(Axis)
    /// Axes of equal counts: member i of the group takes level i of every one.
    case group(name: String, axes: [Axis])

    var axes: [Axis] {
      switch self {
      case .axis(let axis): [axis]
      case .group(_, let axes): axes
      }
    }

    func count() throws(SamplingError) -> Int {
      var counts: [SamplingError.AxisCount] = []
      for axis in axes {
        guard let count = axis.count else { throw .countMissing(axis: axis.name) }
        counts.append(.init(name: axis.name, count: count))
      }
      guard let first = counts.first else {
        guard case .group(let name, _) = self else { preconditionFailure("an axis is one") }
        throw .emptyGroup(name)
      }
      guard counts.allSatisfy({ $0.count == first.count }) else {
        guard case .group(let name, _) = self else { preconditionFailure("an axis has one count") }
        throw .unequalCounts(group: name, counts: counts)
      }
      return first.count
    }
  }
}

/// The full factorial of its factors.
struct Grid: MemberSource {
  /// An axis of up to so many levels keeps them; a longer one computes them.
  static let largestTable = 1 << 16

  let names: [String]
  let count: Int
  let method: String
  private let columns: [Column]

  fileprivate struct Column: Sendable {
    var axis: Axis
    /// All levels, or none if there are too many.
    var levels: [Double]
    var count: Int
    /// How many members in a row have the same level.
    var run: Int
  }

  init(factors: [Design.Factor], method: String) throws(SamplingError) {
    var counts: [Int] = []
    for factor in factors { counts.append(try factor.count()) }
    let total = DecimalProduct(of: counts)
    guard let total = total.exactly else {
      throw .designTooLarge(method: method, count: total.description, limit: Int.max)
    }
    var columns: [Column] = []
    var run = total
    for (factor, count) in Swift.zip(factors, counts) {
      run /= count
      for axis in factor.axes {
        let levels = count <= Self.largestTable ? (0..<count).map(axis.level) : []
        columns.append(Column(axis: axis, levels: levels, count: count, run: run))
      }
    }
    self.names = columns.map(\.axis.name)
    self.count = total
    self.method = method
    self.columns = columns
  }

  func fill(_ range: Range<Int>, columns targets: [UnsafeMutablePointer<Double>]) {
    for (column, target) in Swift.zip(columns, targets) {
      if column.levels.isEmpty {
        column.fill(range, into: target) { column.axis.level($0) }
      } else {
        column.levels.withUnsafeBufferPointer { levels in
          column.fill(range, into: target) { levels[$0] }
        }
      }
    }
  }
}

extension Grid.Column {
  /// Walks from level to level: one division at the start instead of two a member.
  @inline(__always)
  func fill(_ range: Range<Int>, into target: UnsafeMutablePointer<Double>, level: (Int) -> Double) {
    var index = range.lowerBound / run % count
    var left = run - range.lowerBound % run
    var next = 0
    while next < range.count {
      let length = min(left, range.count - next)
      (target + next).update(repeating: level(index), count: length)
      next += length
      left = run
      index += 1
      if index == count { index = 0 }
    }
  }
}
