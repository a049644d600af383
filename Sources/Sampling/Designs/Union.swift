extension Design {
  /// The members of several designs, one design after another, over the names of all.
  ///
  /// Names come in the order in which they first appear. A design that does not vary one of them keeps it at its value
  /// in `base`. Members that occur twice are kept twice; random designs need unlike seeds to differ.
  /// - Throws: ``SamplingError/emptyUnion``, ``SamplingError/baseValueMissing(name:design:)``,
  ///   ``SamplingError/baseValueNotFinite(name:found:)``, ``SamplingError/designTooLarge(method:count:limit:)``.
  public static func union(_ designs: [Design], base: [String: Double]) throws(SamplingError) -> Design {
    try Design(Union(designs: designs, base: base))
  }
}

struct Union: MemberSource {
  let names: [String]
  let count: Int
  private let parts: [Part]

  private struct Part: Sendable {
    var design: Design
    /// The number of the union's first member that is this design's.
    var start: Int
    /// Where each of the design's columns goes.
    var targets: [Int]
    var constants: [(target: Int, value: Double)]
  }

  var method: String { "union of " + parts.map(\.design.method).joined(separator: "; ") }

  init(designs: [Design], base: [String: Double]) throws(SamplingError) {
    guard !designs.isEmpty else { throw .emptyUnion }
    var places: [String: Int] = [:]
    var names: [String] = []
    for name in designs.flatMap(\.names) where places[name] == nil {
      places[name] = names.count
      names.append(name)
    }
    var parts: [Part] = []
    var start = 0
    for (number, design) in designs.enumerated() {
      let varied = Set(design.names)
      var constants: [(target: Int, value: Double)] = []
      for (target, name) in names.enumerated() where !varied.contains(name) {
        guard let value = base[name] else { throw .baseValueMissing(name: name, design: number + 1) }
        guard value.isFinite else { throw .baseValueNotFinite(name: name, found: value) }
        constants.append((target, value))
      }
      parts.append(
        Part(design: design, start: start, targets: design.names.map { places[$0]! }, constants: constants))
      let (sum, overflow) = start.addingReportingOverflow(design.count)
      guard !overflow else {
        let exact = designs.reduce(into: UInt128(0)) { $0 += UInt128($1.count) }
        throw .designTooLarge(method: "union", count: "\(exact)", limit: Int.max)
      }
      start = sum
    }
    self.names = names
    self.parts = parts
    count = start
  }

  func fill(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    for part in parts {
      let members = range.clamped(to: part.start..<part.start + part.design.count)
      guard !members.isEmpty else { continue }
      let offset = members.lowerBound - range.lowerBound
      let local = members.lowerBound - part.start..<members.upperBound - part.start
      part.design.source.fill(local, columns: part.targets.map { columns[$0] + offset })
      for constant in part.constants {
        (columns[constant.target] + offset).update(repeating: constant.value, count: members.count)
      }
    }
  }
}
