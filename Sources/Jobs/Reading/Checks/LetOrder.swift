import Programs

/// Puts lets in an order in which each uses only those before it.
struct LetOrder {
  /// Places in the given list, in an order of evaluation; those in or behind a cycle are left out.
  private(set) var order: [Int] = []
  /// Cycles, each as places that use the next, the last using the first.
  private(set) var cycles: [[Int]] = []

  /// - Note: Kahn's algorithm, without recursion, so that a chain of lets may be as long as it likes.
  init(names: [String], expressions: [Expression]) {
    let places = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    let uses = expressions.map { expression in
      Set(expression.names.compactMap { places[$0.name] }).sorted()
    }
    var usedBy = Array(repeating: [Int](), count: names.count)
    var waitingFor = uses.map(\.count)
    for (user, used) in uses.enumerated() {
      for place in used { usedBy[place].append(user) }
    }
    order = names.indices.filter { waitingFor[$0] == 0 }
    var next = 0
    while next < order.count {
      for user in usedBy[order[next]] {
        waitingFor[user] -= 1
        if waitingFor[user] == 0 { order.append(user) }
      }
      next += 1
    }
    cycles = Self.cycles(uses: uses, among: Set(names.indices).subtracting(order))
  }

  /// Follows uses from each place that is left until a place repeats.
  private static func cycles(uses: [[Int]], among left: Set<Int>) -> [[Int]] {
    var cycles: [[Int]] = []
    var seen: Set<Int> = []
    for start in left.sorted() where !seen.contains(start) {
      var path: [Int] = []
      var positions: [Int: Int] = [:]
      var place = start
      while positions[place] == nil, !seen.contains(place) {
        positions[place] = path.count
        path.append(place)
        // Every place that is left uses another that is left, or it would be in the order.
        // One that was not yet followed is more likely part of a cycle of its own.
        let used = uses[place].filter(left.contains)
        guard let next = used.first(where: { !seen.contains($0) }) ?? used.first else { break }
        place = next
      }
      seen.formUnion(path)
      if let first = positions[place] { cycles.append(Array(path[first...])) }
    }
    return cycles
  }
}
