import Execution

extension Precision {
  /// The smallest relative tolerance that can be met: ten times the machine epsilon.
  public var smallestTolerance: Double {
    switch self {
    case .double: 10 * Double.ulpOfOne
    case .single: 10 * Double(Float.ulpOfOne)
    }
  }

  /// Tolerances for jobs that give none: relative, absolute.
  public var defaultTolerances: (relative: Double, absolute: Double) {
    switch self {
    case .double: (1e-6, 1e-9)
    case .single: (1e-4, 1e-6)
    }
  }

  /// The smallest absolute tolerance: the smallest normal number.
  public var smallestAbsoluteTolerance: Double {
    switch self {
    case .double: Double.leastNormalMagnitude
    case .single: Double(Float.leastNormalMagnitude)
    }
  }
}
