import Programs

/// How a member's solution ended. The numbers are those in files.
public enum Status: Int, CaseIterable, Sendable {
  case success = 0
  case tooManySteps = 1
  case stepTooSmall = 2
  case notFinite = 3
  case tooManyEvents = 4
  /// The values are right; the derivatives are not known, as reverse mode needed more memory than it may use.
  case tapeFull = 5
  /// The values are right; a derivative is infinite or not a number.
  case gradientNotFinite = 6
  /// The step shrank until it no longer moved the clock, though the solution hardly changes there.
  case toleranceTooSmall = 7
  /// A state that is promised not to be negative became so, however short the step.
  case belowZero = 8

  /// The word in files (`flag_meanings`) and summaries.
  public var name: String {
    switch self {
    case .success: "success"
    case .tooManySteps: "too_many_steps"
    case .stepTooSmall: "step_too_small"
    case .notFinite: "not_finite"
    case .tooManyEvents: "too_many_events"
    case .tapeFull: "tape_full"
    case .gradientNotFinite: "gradient_not_finite"
    case .toleranceTooSmall: "tolerance_too_small"
    case .belowZero: "below_zero"
    }
  }

  var staged: Staged { Staged(Double(rawValue)) }
}
