import Programs

/// dy/dt = f(t, y) from a start: traced, so parameters are whatever staged values the rates capture.
public struct InitialValueProblem {
  /// From time (a scalar) and state `[n]` to rates `[n]`.
  public var rates: (_ time: Staged, _ state: Staged) -> Staged
  /// The state `[n]` at time `from`.
  public var start: Staged
  public var from: Double
  /// Later or earlier than `from`.
  public var until: Double

  public init(from: Double, until: Double, start: Staged, rates: @escaping (Staged, Staged) -> Staged) {
    self.rates = rates
    self.start = start
    self.from = from
    self.until = until
  }
}

/// What a solution leaves behind, as staged values.
public struct Solution {
  /// The state at the end, `[n]`; NaN for a member that failed.
  public var final: Staged
  /// The states `[n, times]` at the saved times; NaN from the time on where a member failed.
  public var series: Staged?
  /// The observations, in order; NaN for a member that failed.
  public var observations: [Staged]
  /// A `Status` by its number.
  public var status: Staged
  public var acceptedSteps: Staged
  public var rejectedSteps: Staged
}
