import Archive
import Dynamics
import Programs

/// What a user should know of a job or of its results, kept with the variables that it speaks of.
public typealias SweepNote = ResultsNote

extension SweepPlan {
  /// What a complete run notes of its results.
  ///
  /// A function of the members alone, whatever computed them: the merged file has the notes among its attributes, and the
  /// same bytes for any number of ranks.
  ///
  /// - Parameters:
  ///   - tally: of all members.
  ///   - failed: members that ended with another status than success.
  func notes(on tally: SweepTally, failed: Int) -> [SweepNote] {
    missing(tally, failed: failed) + stiffness(tally) + watched.notes(tally.small)
  }

  /// Members whose steps the limit for derivatives has made.
  private func stiffness(_ tally: SweepTally) -> [SweepNote] {
    guard tally.stiff > 0 else { return [] }
    let members = tally.stiff == 1 ? "1 member was" : "\(tally.stiff) members were"
    return [
      SweepNote(
        "\(members) limited by stability in more than half of the steps: perhaps stiff. 'limited' counts such steps; all "
          + "methods are explicit, so these members take more of them than accuracy needs",
        on: ["limited"])
    ]
  }

  private func missing(_ tally: SweepTally, failed: Int) -> [SweepNote] {
    zip(tally.names, tally.statistics).filter { $1.missing > failed }.map { name, values in
      let members = values.missing == 1 ? "1 member" : "\(values.missing) members"
      let others = failed == 0 ? "none of them failed" : "only \(failed) failed"
      return SweepNote("'\(name)' is not a number in \(members), but \(others)", on: [name])
    }
  }
}

extension SweepDerivatives {
  /// Derivatives that are zero by construction.
  var notes: [SweepNote] {
    let jumps = self.jumps
    if jumps.isEmpty { return [] }
    let names = jumps.prefix(6).map { "'\($0.output)' by '\($0.input)'" }.joined(separator: ", ")
    return [
      SweepNote(
        "zero are the derivatives of \(names)\(jumps.count > 6 ? " and \(jumps.count - 6) more" : ""): there is a dependence, "
          + "but only through comparisons, floor, sign or their like, and between their jumps nothing changes",
        on: jumps.map { SweepLayout.derivative(of: $0.output, by: $0.input) })
    ]
  }
}

extension Model {
  /// Events at times that no solution comes to.
  func notes(from: Double, until: Double) -> [SweepNote] {
    events.compactMap { event in
      guard case .times(let times) = event.trigger else { return nil }
      let never = !times.contains { $0 >= from && $0 < until }
      let missed = never ? times : times.filter { $0 < from || $0 > until }
      guard !missed.isEmpty else { return nil }
      let named = missed.prefix(4).map(Expression.shortest).joined(separator: ", ")
      let listed = missed.count > 4 ? "\(named) and \(missed.count - 4) more" : named
      let (begin, end) = (Expression.shortest(from), Expression.shortest(until))
      return SweepNote(
        never
          ? "event '\(event.name)' never happens: solutions begin at \(begin) and have no events from \(end) on; it is at \(listed)"
          : "event '\(event.name)' does not happen at \(listed): solutions go from \(begin) to \(end)")
    }
  }
}
