/// The derivatives that a job asks for.
public struct GradientDescription: Sendable {
  /// What is differentiated: outputs, and saved states over time; nil for all outputs.
  public let of: [Located<String>]?
  /// What it is differentiated by, whether it varies or not; nil for all parameters and all starts that are numbers.
  public let withRespectTo: [Located<VariedName>]?
  public let mode: Located<GradientMode>
  public let location: Location
}

/// How derivatives are computed.
public enum GradientMode: String, Sendable, CaseIterable {
  case auto
  /// All derivatives of one output at a time, by walking the solution back.
  case reverse
  /// The derivatives of everything by one name at a time, along with the solution.
  case forward
}
