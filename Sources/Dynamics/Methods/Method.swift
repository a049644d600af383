/// The solvers by the names that users choose.
public enum Method: String, CaseIterable, Sendable {
  case tsit5
  case dopri5
  case vern7
  case rk4
  case euler

  public var tableau: ButcherTableau {
    switch self {
    case .tsit5: .tsit5
    case .dopri5: .dopri5
    case .vern7: .vern7
    case .rk4: .rk4
    case .euler: .euler
    }
  }

  /// Whether the method chooses its steps by tolerances; else it needs a step.
  public var isAdaptive: Bool { tableau.errorWeights != nil }
}
