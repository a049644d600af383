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
  /// Over parameters, states, lets and `t`; for `count` the name of an event.
  public let expression: Expression
  /// The time of `at`; `nil` for other functions.
  public let time: Double?
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

  var arity: Arity { self == .at ? .exactly(2) : .exactly(1) }
}
