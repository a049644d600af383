import Programs

/// A number that a job keeps of every member.
public struct OutputDescription: Sendable {
  public let name: Located<String>
  public let specification: OutputSpecification
  /// Where the specification stands.
  public let location: Location
  public let units: String?
  public let description: String?
}

/// What an output is: reductions of expressions over the solution, and how they are combined into one number.
public struct OutputSpecification: Sendable, Equatable {
  /// The distinct reductions, in the order of the text; none in an output over parameters alone.
  public let reductions: [Reduction]
  /// Arithmetic over parameters, lets over parameters, and the reductions: the name ``placeholder(_:)`` of `k` stands
  /// for the value of `reductions[k]`.
  public let combination: Expression
  /// The output as the user wrote it.
  public let text: String

  /// The name in ``combination`` of the value of a reduction; no user's name can be the same.
  public static func placeholder(_ reduction: Int) -> String { "%\(reduction)" }
}

/// One number of a whole solution.
public struct Reduction: Sendable, Hashable {
  public let function: ReductionFunction
  /// Over parameters, states, lets and `t`; for `count` and `time_of` the name of an event.
  public let expression: Expression
  /// The time of `at`; `nil` for other functions.
  public var time: TimeValue?
  /// The part of the solution that counts; the whole of it if `nil`.
  public var from: TimeValue?
  public var until: TimeValue?
  /// Of `time_of`: whether the last of the event's times is meant, not the first.
  public var isLast = false
}

/// How a solution becomes a number.
public enum ReductionFunction: String, Sendable, CaseIterable {
  case final, initial, maximum, minimum, mean, integral
  case timeOfMaximum = "time_of_maximum"
  case timeOfMinimum = "time_of_minimum"
  /// The value at a given time, which must be constant.
  case at
  /// How often an event has happened.
  case count
  /// When an event has happened first, or last.
  case timeOf = "time_of"

  var arity: Arity {
    switch self {
    case .at: .exactly(2)
    case .final, .initial, .count: .exactly(1)
    case .maximum, .minimum, .mean, .integral, .timeOfMaximum, .timeOfMinimum, .timeOf: .atLeast(1)
    }
  }

  /// Whether it looks at a part of the solution if one is given.
  var takesWindow: Bool {
    switch self {
    case .maximum, .minimum, .mean, .integral, .timeOfMaximum, .timeOfMinimum: true
    case .final, .initial, .at, .count, .timeOf: false
    }
  }

  /// Whether its argument is the name of an event.
  var isOfEvent: Bool { self == .count || self == .timeOf }
}
