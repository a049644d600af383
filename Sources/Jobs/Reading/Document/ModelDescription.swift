import Programs

/// The model of a job.
public enum ModelDescription: Sendable {
  /// Equations in the job file.
  case equations(EquationsModel)
  /// A model that a Swift program registered under a name.
  case registered(RegisteredModel)
}

/// Ordinary differential equations as a job file gives them. All names are distinct and resolve.
public struct EquationsModel: Sendable {
  /// In the order of the file.
  public let parameters: [ParameterDescription]
  /// In an order in which each depends only on those before it.
  public let lets: [LetDescription]
  /// In the order of the file; at least one.
  public let states: [StateDescription]
  /// In the order of the file, in which a solution begins with the first; empty if there is only the whole of it.
  public let phases: [PhaseDescription]
  /// In the order of the file, in which those of one time follow each other.
  public let events: [EventDescription]

  /// Parameters, and lets over them, with the values that they have where nothing varies.
  var constants: [String: Double] {
    var values = Dictionary(parameters.map { ($0.name.value, $0.value) }) { first, _ in first }
    for definition in lets where definition.dependence == .parameters && definition.kind == .number {
      if let value = try? definition.expression.value.evaluated(constants: values) {
        values[definition.name.value] = value
      }
    }
    return values
  }
}

/// A number that the equations use and a job may vary.
public struct ParameterDescription: Sendable {
  public let name: Located<String>
  public let value: Double
  public let units: String?
  public let description: String?
}

/// A named intermediate expression.
public struct LetDescription: Sendable {
  public let name: Located<String>
  public let expression: Located<Expression>
  /// A number or a condition.
  public let kind: ExpressionKind
  /// What its value depends on, directly or through other lets.
  public let dependence: Dependence
  public let units: String?
  public let description: String?
}

/// A quantity that changes in time.
public struct StateDescription: Sendable {
  public let name: Located<String>
  /// Over parameters, `t` (which is then the time the solution starts from) and lets over these.
  public let start: Located<Expression>
  /// Over everything.
  public let rate: Located<Expression>
  public let units: String?
  public let description: String?
}

/// A model registered from Swift, by name; the registry knows whether it exists.
public struct RegisteredModel: Sendable {
  public let name: Located<String>
  /// Values that replace the model's own.
  public let parameters: [(name: Located<String>, value: Double)]
}

/// What a value depends on; each case includes those before it.
public enum Dependence: Int, Sendable, Comparable {
  /// Only parameters: one value for a whole solution.
  case parameters
  case time
  case states

  public static func < (one: Dependence, other: Dependence) -> Bool { one.rawValue < other.rawValue }
}
