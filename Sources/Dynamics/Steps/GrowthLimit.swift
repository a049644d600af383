import Foundation
import Programs

/// Keeps perturbations of a solution from growing by the method alone, and follows one as accurately as the solution.
///
/// Derivatives are those of the steps as they were taken. An explicit method amplifies a perturbation along an eigenvector
/// of the Jacobian with eigenvalue λ by R(hλ) a step, and the control of the solution's own error does not see it where the
/// solution does not move along that direction. So the step is bounded by h·|λ| ≤ β, with the largest eigenvalue estimated
/// by a power iteration that goes on from step to step, and β from the method's region of stability. Where the error of the
/// solution is far below its tolerance, a perturbation is carried along and its error counts as the solution's does.
///
/// - Source: estimates by power iteration in stabilised Runge–Kutta codes: B. P. Sommeijer, L. F. Shampine, J. G. Verwer,
///   J. Comput. Appl. Math. 88 (1998) 315–326; here from two vectors, so that pairs of complex eigenvalues are found too.
struct GrowthLimit {
  private let method: ButcherTableau
  private let control: StepControl
  private let region: StabilityRegion

  init(_ method: ButcherTableau, _ control: StepControl) {
    (self.method, self.control, region) = (method, control, StabilityRegion(method))
  }

  struct Carry {
    /// A unit vector and its predecessor in the iteration, `[n]`.
    var direction, previous: Staged
    /// How much longer the Jacobian made the predecessor.
    var stretch: Staged
    /// The estimate of the largest |λ|, and the longest step that it allows.
    var radius, limit: Staged
    /// Whether the absolute tolerance decides, 1 or 0.
    var isSmall: Staged
    /// Whether the Jacobian has become larger than it was estimated, as far as the stages of the last step tell, 1 or 0.
    var isSteeper: Staged
    /// The step for which this was estimated, how many steps are to go until the next estimate, and how many there were
    /// since something happened.
    var estimatedFor, wait, estimates: Staged
    /// Steps that the limit has made shorter.
    var limited: Staged
    /// The perturbation that is carried along, `[n]`, and whether one is.
    var probe, isProbing: Staged

    /// What an estimate changes.
    var estimate: [Staged] {
      get { [direction, previous, stretch, radius, limit, isSmall] }
      set {
        (direction, previous, stretch) = (newValue[0], newValue[1], newValue[2])
        (radius, limit, isSmall) = (newValue[3], newValue[4], newValue[5])
      }
    }

    var values: [Staged] { estimate + [estimatedFor, wait, estimates, limited, probe, isProbing, isSteeper] }

    func replaced(by values: [Staged]) -> Carry {
      var copy = self
      copy.estimate = Array(values.prefix(6))
      (copy.estimatedFor, copy.wait, copy.estimates) = (values[6], values[7], values[8])
      (copy.limited, copy.probe, copy.isProbing, copy.isSteeper) = (values[9], values[10], values[11], values[12])
      return copy
    }
  }

  /// Directions that are unlikely to be orthogonal to an eigenvector.
  private static func seed(_ count: Int) -> [Double] {
    let raw = (0..<count).map { 1 + 0.5 * sin(Double(7 * $0 + 3)) }
    let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return raw.enumerated().map { ($0.offset % 2 == 0 ? 1 : -1) * $0.element / norm }
  }

  private var relativeTolerance: Double { control.relativeTolerance }

  func start(_ state: Staged) -> Carry {
    let count = state.shape.count
    let seed = Staged(Self.seed(count), shape: state.shape)
    return Carry(
      direction: seed, previous: seed, stretch: 0, radius: 0, limit: 0, isSmall: 0, isSteeper: 0, estimatedFor: 0,
      wait: 0,
      estimates: 0,
      limited: 0,
      probe: seed, isProbing: 0)
  }

  /// Estimates become rarer, up to one in so many steps and one.
  private static let longestInterval = 15.0
  /// Steps that are shorter than the limit by more than this factor, and by which they may grow, need no new estimate.
  private static let margin = 1.5
  private static let growth = 2.0

  /// The longest step that the estimate allows, after one more iteration where it may have become too long.
  ///
  /// - Parameters:
  ///   - wanted: the step that accuracy allows.
  ///   - start: the state at its start, without derivatives.
  ///   - slope: the Jacobian at a state times a vector.
  func limited(
    _ carry: Carry, wanted: Staged, from start: Staged, peaks: Staged?, slope: (Staged, Staged) -> Staged
  ) -> Carry {
    let wanted = stopGradient(wanted)
    let isOld = (carry.wait .<= 0) .| (wanted .> Staged(Self.growth) * carry.estimatedFor)
    let isDue = isOld .| (Staged(Self.margin) * wanted .> carry.limit) .| (carry.isSteeper .> 0)
    var next = carry
    next.estimate = wherever("radius", isDue, carry.estimate) { values, here in
      var old = carry
      old.estimate = values
      refresh(&old)
      let start = here(start)
      var new = iterated(old, image: stopGradient(slope(start, old.direction)))
      // Where the absolute tolerance decides, the solution's error says nothing of what is relative to a perturbation.
      let relative = start * Staged(relativeTolerance)
      let absolute = control.absoluteScale(peaks: peaks.map { here(stopGradient($0)) })
      let count = Double(start.shape.count)
      let allowed = absolute.shape.isScalar ? Staged(count) * absolute * absolute : (absolute * absolute).sum()
      new.isSmall = select((relative * relative).sum() .< 1e-2 * allowed, 1, 0)
      return new.estimate
    }
    next.estimatedFor = select(isDue, bounded(wanted, below: next.limit), carry.estimatedFor)
    let interval = bounded(carry.estimates * carry.estimates, below: Staged(Self.longestInterval))
    next.wait = select(isDue, interval, carry.wait - 1)
    next.estimates = select(isDue, carry.estimates + 1, carry.estimates)
    return next
  }

  /// Puts every component back into the vector, now and then and after something has happened. A direction in which the
  /// Jacobian does little fades from it, and would not be there when the Jacobian changes.
  private func refresh(_ carry: inout Carry) {
    let seed = Staged(Self.seed(carry.direction.shape.count), shape: carry.direction.shape)
    let isFirst = carry.estimates .== 0
    let third = carry.estimates * Staged(1.0 / 3)
    let isWanted = isFirst .| (floor(third + 0.5) - third .> 0.25)
    let mixed = carry.direction + Staged(Self.share) * seed
    let vector = select(isFirst, seed, mixed)
    let length = sqrt((vector * vector).sum())
    carry.direction = select(isWanted, vector * (1 / length), carry.direction)
    carry.stretch = select(isWanted, 0, carry.stretch)
  }

  /// Of all components, beside the vector of the iteration.
  private static let share = 0.3

  /// Whether the stages of a step tell of a Jacobian for which it was nearly too long: how the rates differ between the two
  /// stages at its end, over how their states do.
  ///
  /// - Source: the test of stiffness in DOPRI5, E. Hairer, G. Wanner, Solving ODEs II, IV.2.
  func isSteep(_ trial: Integration.Trial) -> Staged {
    let stages = trial.stages
    guard let last = method.nodes.indices.last(where: { method.nodes[$0] == 1 && $0 > 0 }) else { return 0 }
    let rates = stopGradient(stages.finalRate) - stopGradient(stages.rates[last])
    let states = stopGradient(stages.state) - stopGradient(stages.points[last - 1].state)
    let least = Staged(min(region.real, region.imaginary) / Self.margin)
    let length = stopGradient(trial.length)
    let ratio = length * length * (rates * rates).sum()
    return select(ratio .> least * least * (states * states).sum(), 1, 0)
  }

  /// One more iteration.
  /// - Parameter image: the Jacobian times the direction.
  private func iterated(_ carry: Carry, image: Staged) -> Carry {
    let squared = (image * image).sum()
    let length = sqrt(squared)
    let along = (image * carry.direction).sum()
    let back = (image * carry.previous).sum()
    let cosine = (carry.direction * carry.previous).sum()
    // One division a quantity: these are what an iteration costs.
    // J·previous = stretch·direction and J·direction ≈ a·direction + b·previous: the eigenvalues of a 2 by 2 matrix.
    let determinant = 1 - cosine * cosine
    let isPlane = (determinant .> 1e-6) .& (carry.stretch .> 0)
    let inverse = 1 / select(isPlane, determinant, 1)
    let a = (along - cosine * back) * inverse
    let b = carry.stretch * ((back - cosine * along) * inverse)
    let discriminant = a * a + 4 * b
    let isReal = discriminant .>= 0
    let ritz = select(isReal, 0.5 * (abs(a) + sqrt(bounded(discriminant, above: 0))), sqrt(bounded(-b, above: 0)))
    // No vector was made longer than by these.
    let estimate = select(isPlane, bounded(ritz, below: bounded(length, above: carry.stretch)), length)
    let isFinite = (estimate * 0) .== 0
    // One vector alone says too much where units differ; it must do where nothing else is known.
    let isKnown = (carry.stretch .> 0) .| (carry.estimates .== 0) .| (carry.radius .== 0)
    // The second estimate takes the place of the first, which one vector gave.
    let least = select(carry.estimates .== 1, 0, 0.9 * carry.radius)
    let radius = select(isFinite .& isKnown, bounded(estimate, above: least), carry.radius)
    // A pair with the real part a/2: how far it leans from the imaginary axis.
    let leaning = bounded(0.5 * abs(a) / select(ritz .> 0, ritz, 1) * Staged(1 / StabilityRegion.lean), below: 1)
    let ofPair = Staged(region.imaginary) + Staged(region.leaning - region.imaginary) * leaning
    let bound = select(isPlane .& (.!isReal), ofPair, Staged(region.real))
    var next = carry
    let moves = (squared .> 0) .& isFinite .& (length .> 0)
    next.direction = select(moves, image * (1 / select(moves, length, 1)), carry.direction)
    next.previous = select(moves, carry.direction, carry.previous)
    next.stretch = select(moves, length, 0)
    next.radius = radius
    next.limit = select(radius .> 0, bound / select(radius .> 0, radius, 1), Staged(EventHandling.never))
    return next
  }

  /// Below this squared error a solution is at rest, or nearly so.
  private static let rest = 1e-4
  /// Where a step is this short against the fastest mode, every mode is followed anyway.
  private static let resolved = 0.05

  /// Carries a perturbation over the step of a solution at rest.
  /// - Returns: the carry if the step is kept, and the perturbation's squared error; zero where none was carried.
  func probed(
    _ carry: Carry, _ state: Integration.Carry, _ trial: Integration.Trial, _ integration: Integration,
    squaredError: Staged
  ) -> (Carry, Staged) {
    let length = stopGradient(trial.length)
    let start = stopGradient(state.state)
    let count = Double(start.shape.count)
    // The first step is short by design, so it takes two in a row to be at rest.
    let wasAtRest = (state.memory .< Staged(0.5 * log(Self.rest))) .| (carry.isProbing .> 0)
    let isAtRest = ((squaredError .< Staged(Self.rest)) .& wasAtRest) .| (carry.isSmall .> 0)
    let isWanted = isAtRest .& (length * carry.radius .> Staged(Self.resolved))
    let branches = trial.branches?.branches
    let probed = wherever("probe", isWanted, [carry.probe, Staged(0)]) { values, here in
      let (start, length) = (here(start), here(length))
      // The stages are computed again: to keep them for the few steps that are probed would cost every step.
      var still = state
      (still.state, still.time) = (start, here(stopGradient(state.time)))
      still.rate = here(stopGradient(state.rate))
      let points = integration.stages(still, length, branches).points.map {
        (time: stopGradient($0.time), state: stopGradient($0.state))
      }
      let norm = sqrt((start * start).sum() * Staged(1 / count))
      let scale = abs(start) + select(norm .> 0, 1e-3 * norm, 1)
      let seed = Staged(Self.seed(start.shape.count), shape: start.shape) * scale * Staged(count.squareRoot())
      let z = select(carry.isProbing .> 0, values[0], seed)
      func slope(_ time: Staged, _ at: Staged, _ along: Staged) -> Staged {
        stopGradient(integration.rateSlope(at: time, at, still, branches, along: along))
      }
      var all = [slope(still.time, start, z)]
      for (row, point) in zip(method.stages, points) {
        all.append(slope(point.time, point.state, z + length * combination(row, all)))
      }
      let after = z + length * combination(method.weights, all)
      all.append(slope(points[points.count - 1].time, points[points.count - 1].state, after))
      let error = length * combination(method.errorWeights ?? [], all)
      let size = z / scale
      let typical = sqrt((size * size).sum() * Staged(1 / count))
      let tolerance = Staged(relativeTolerance) * (bounded(abs(z), above: abs(after)) + 1e-3 * typical * scale)
      let ratio = error / tolerance
      return [after / typical, (ratio * ratio).sum() * Staged(1 / count)]
    }
    var next = carry
    next.probe = probed[0]
    next.isProbing = select(isWanted, 1, 0)
    return (next, probed[1])
  }
}
