import Programs

extension SweepDerivatives {
  /// Derivatives that are zero by construction.
  var notes: [String] {
    if jumps.isEmpty { return [] }
    let names = jumps.prefix(6).map { "'\($0.output)' by '\($0.input)'" }.joined(separator: ", ")
    return [
      "zero are the derivatives of \(names)\(jumps.count > 6 ? " and \(jumps.count - 6) more" : ""): there is a dependence, "
        + "but only through comparisons, floor, sign or their like, and between their jumps nothing changes"
    ]
  }
}

extension Model {
  /// Events at times that no solution comes to.
  func notes(from: Double, until: Double) -> [String] {
    events.compactMap { event in
      guard case .times(let times) = event.trigger else { return nil }
      let never = !times.contains { $0 >= from && $0 < until }
      let missed = never ? times : times.filter { $0 < from || $0 > until }
      guard !missed.isEmpty else { return nil }
      let named = missed.prefix(4).map(Expression.shortest).joined(separator: ", ")
      let listed = missed.count > 4 ? "\(named) and \(missed.count - 4) more" : named
      let (begin, end) = (Expression.shortest(from), Expression.shortest(until))
      return never
        ? "event '\(event.name)' never happens: solutions begin at \(begin) and have no events from \(end) on; it is at \(listed)"
        : "event '\(event.name)' does not happen at \(listed): solutions go from \(begin) to \(end)"
    }
  }
}
