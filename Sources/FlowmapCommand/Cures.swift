import Dynamics
import Jobs

extension Dynamics.Status {
  /// The status in words.
  var words: String { name.split(separator: "_").joined(separator: " ") }

  /// Whether the values of a member that ends with this status are right, be its derivatives missing or not.
  var hasValues: Bool {
    switch self {
    case .success, .tapeFull, .gradientNotFinite: true
    case .tooManySteps, .stepTooSmall, .notFinite, .tooManyEvents, .toleranceTooSmall, .belowZero: false
    }
  }

  /// What helps most often against members that end with this status; nil for those that succeed.
  var cure: String? {
    switch self {
    case .success: nil
    case .tooManySteps:
      "allow more by solve.maximum_steps, or loosen the tolerances; a stiff model needs many steps, as all methods are explicit"
    case .stepTooSmall:
      "steps became as small as the precision allows: end before the solution grows without bound (solve.until, an event "
        + "with end), or loosen the tolerances"
    case .toleranceTooSmall:
      "steps became as small as the precision allows though the solution hardly changes: loosen solve.relative_tolerance or "
        + "absolute_tolerance"
    case .belowZero:
      "a state under solve.nonnegative became negative however short the step: its rate does not vanish at zero, so stop "
        + "it there by an event, or take the promise back"
    case .notFinite:
      "rates or starts are infinite or not a number: look for a division by zero, or a root, logarithm or power of a "
        + "negative number"
    case .tooManyEvents:
      "events follow each other without time going on: let an event move the state away from its condition, or end the "
        + "solution"
    case .tapeFull: "the values are right, the derivatives need more memory: --memory"
    case .gradientNotFinite:
      "the values are right, a derivative is infinite or not a number: look for a root or power at zero, or leave that "
        + "derivative out"
    }
  }
}

extension SweepSummary {
  /// The status that most of the failed members ended with; of equals, the first in the table of statuses.
  var commonestFailure: Dynamics.Status? {
    let most = statuses.filter { $0.status != .success }.map(\.count).max() ?? 0
    return most == 0 ? nil : statuses.first { $0.status != .success && $0.count == most }?.status
  }

  /// Whether there are members, and not one of them has values.
  var isAllFailed: Bool {
    let valueless = statuses.reduce(0) { $0 + ($1.status.hasValues ? 0 : $1.count) }
    return members > 0 && valueless == members
  }
}

/// A run that is complete, with more failed members than the user takes. The results are kept like any others.
struct MembersFailed: Error, CustomStringConvertible {
  let name: String
  let summary: SweepSummary

  /// - Parameter requiringSuccess: whether one failed member is one too many.
  init?(_ name: String, _ summary: SweepSummary, requiringSuccess: Bool) {
    guard summary.isAllFailed || requiringSuccess && summary.failed > 0 else { return nil }
    (self.name, self.summary) = (name, summary)
  }

  var description: String {
    let members = Terminal.count(summary.members, "member")
    let failed =
      summary.isAllFailed
      ? "none of \(members) succeeded"
      : "\(Terminal.count(summary.failed)) of \(members) did not succeed (--require-success)"
    let cure = summary.commonestFailure.flatMap { status in status.cure.map { "\(status.words): \($0)" } }
    return "\(name): \(failed). \(cure.map { "Most often \($0)" } ?? "")"
  }
}
