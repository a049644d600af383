import Programs

/// How the steps of one solution are chosen.
public enum Stepping: Sendable {
  /// By the error estimate, for each member on its own.
  case adaptive(StepControl)
  /// Equal steps of about this length, as many as fill the interval.
  case fixed(step: Double)
}

/// Proportional–integral control of the step size: h' = h · 0.9 · err^(−α) · err₋₁^β, the error of the last accepted step
/// damping what the present one asks for.
///
/// - Source: K. Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533–554; E. Hairer, G. Wanner, Solving ODEs II, IV.2.
public struct StepControl: Sendable {
  public var relativeTolerance: Double
  public var absoluteTolerance: Double
  /// Absolute tolerances of the components of the state, where they differ.
  public var absoluteTolerances: [Double]?
  /// Whether a component that stays small has a smaller absolute tolerance: a thousandth of the relative tolerance times its
  /// largest value so far (or a millionth of the whole state's size).
  public var followsState = false
  /// Whether steps are so short that perturbations of the solution do not grow by the method alone, and are followed as
  /// accurately as the solution: for derivatives, which are those of the steps.
  public var limitsGrowth = false
  /// The first step's length; estimated from the rates if nil.
  public var firstStep: Double?
  public var maximumStep: Double?
  /// Accepted and rejected steps after which a member gives up.
  public var maximumSteps: Int

  public init(
    relativeTolerance: Double = 1e-6, absoluteTolerance: Double = 1e-9, firstStep: Double? = nil,
    maximumStep: Double? = nil, maximumSteps: Int = 100_000
  ) {
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
    self.firstStep = firstStep
    self.maximumStep = maximumStep
    self.maximumSteps = maximumSteps
  }

  /// The part of the wanted step that is taken, against rejections.
  static let safety = 0.9
  static let largestGrowth = 6.0
  static let largestShrinking = 0.2
  /// β in units of 1/k, k the order of the error estimate; α is 1/k − 0.75 β (docs/decisions/006-step-control.md).
  static let damping = 0.1

  /// The absolute tolerance of every component.
  /// - Parameter peaks: the largest magnitudes so far, if the tolerance follows them.
  func absoluteScale(peaks: Staged?) -> Staged {
    let given = absoluteTolerances.map { Staged($0) } ?? Staged(absoluteTolerance)
    guard followsState, let peaks else { return given }
    let size = sqrt((peaks * peaks).sum())
    let largest = bounded(peaks, above: 1e-6 * size)
    return select(size .> 0, bounded(given, below: Staged(1e-3 * relativeTolerance) * largest), given)
  }

  /// The error relative to the tolerances, squared and averaged over components; 1 is just acceptable.
  func squaredError(_ estimate: Staged, _ before: Staged, _ after: Staged, peaks: Staged?) -> Staged {
    let magnitude = bounded(abs(before), above: abs(after))
    let scale = absoluteScale(peaks: peaks) + Staged(relativeTolerance) * magnitude
    let ratio = estimate / scale
    return (ratio * ratio).sum() * Staged(1 / Double(estimate.shape.count))
  }

  /// Whether the solution changes by less than the tolerances while the clock moves by its last digit: no singularity.
  /// - Parameter time: the loop's, in which steps are taken.
  func isFlat(_ state: Staged, _ rate: Staged, time: Staged, peaks: Staged?) -> Staged {
    let change = rate * (Staged(0x1p-51) * abs(time))
    return squaredError(change, state, state, peaks: peaks) .<= 1
  }

  /// The factor to the next step's length and the memory for it.
  ///
  /// - Parameters:
  ///   - squaredError: of this step; a NaN counts as large.
  ///   - memory: logarithm of the last accepted step's error.
  func factor(squaredError: Staged, accepted: Staged, memory: Staged, order: Int) -> (factor: Staged, memory: Staged) {
    // An error below 1e-5 asks for more than the largest growth: the bound keeps the logarithm finite at zero. It is what is
    // compared, so that the error of a state outside of the domain of the rates stays a NaN.
    let logarithm = 0.5 * log(bounded(1e-10, above: squaredError))
    let beta = Self.damping / Double(order)
    let alpha = 1 / Double(order) - 0.75 * beta
    let exponent = Staged(beta) * memory - Staged(alpha) * logarithm
    let wanted = Staged(Self.safety) * exp(exponent)
    // A NaN shrinks the step the most.
    let least = bounded(wanted, above: Staged(Self.largestShrinking))
    let factor = bounded(least, below: Staged(Self.largestGrowth))
    let growing = select(accepted, factor, bounded(factor, below: 1))
    return (growing, select(accepted, logarithm, memory))
  }

  /// A first step for which a step of Euler's method is about as good as the tolerance asks.
  ///
  /// - Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving ODEs I, II.4, "starting step size".
  func firstStep(
    rates: (Staged, Staged) -> Staged, interval: Staged, state: Staged, rate: Staged, peaks: Staged?, order: Int
  ) -> Staged {
    if let firstStep { return bounded(Staged(firstStep), below: interval) }
    let scale = absoluteScale(peaks: peaks) + Staged(relativeTolerance) * abs(state)
    func norm(_ x: Staged) -> Staged {
      let ratio = x / scale
      return sqrt((ratio * ratio).sum() * Staged(1 / Double(x.shape.count)))
    }
    let (size, slope) = (norm(state), norm(rate))
    let isFlat = (size .< 1e-5) .| (slope .< 1e-5)
    // Rates that are not numbers bound nothing: the first step that is tried finds them.
    let trial = bounded(select(isFlat, 1e-6 * interval, 0.01 * (size / slope)), below: interval)
    let ahead = rates(trial, state + trial * rate)
    let curvature = norm(ahead - rate) / trial
    let steepest = bounded(slope, above: curvature)
    let exponent = Staged(1 / Double(order))
    let byCurvature = select(
      steepest .<= 1e-15, bounded(1e-6 * interval, above: trial * 1e-3), exp(log(0.01 / steepest) * exponent))
    let longest = maximumStep.map { bounded(Staged($0), below: interval) } ?? interval
    return bounded(bounded(100 * trial, below: byCurvature), below: longest)
  }
}
