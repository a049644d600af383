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
    /// The estimate of the largest |λ|.
    var radius: Staged
    /// Steps that the limit has made shorter.
    var limited: Staged
    /// The perturbation that is carried along, `[n]`, and whether one is.
    var probe, isProbing: Staged

    var values: [Staged] { [direction, previous, stretch, radius, limited, probe, isProbing] }

    func replaced(by values: [Staged]) -> Carry {
      Carry(
        direction: values[0], previous: values[1], stretch: values[2], radius: values[3], limited: values[4],
        probe: values[5], isProbing: values[6])
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
      direction: seed, previous: seed, stretch: 0, radius: 0, limited: 0, probe: seed, isProbing: 0)
  }

  /// The longest step that the estimate allows, after one more iteration.
  /// - Parameter slope: the Jacobian at the step's start times a vector.
  func limit(_ carry: Carry, slope: (Staged) -> Staged) -> (limit: Staged, Carry) {
    let image = stopGradient(slope(carry.direction))
    let squared = (image * image).sum()
    let length = sqrt(squared)
    let along = (image * carry.direction).sum()
    let back = (image * carry.previous).sum()
    let cosine = (carry.direction * carry.previous).sum()
    // J·previous = stretch·direction and J·direction ≈ a·direction + b·previous: the eigenvalues of a 2 by 2 matrix.
    let determinant = 1 - cosine * cosine
    let isPlane = (determinant .> 1e-6) .& (carry.stretch .> 0)
    let divisor = select(isPlane, determinant, 1)
    let a = (along - cosine * back) / divisor
    let b = carry.stretch * ((back - cosine * along) / divisor)
    let discriminant = a * a + 4 * b
    let isReal = discriminant .>= 0
    let ritz = select(isReal, 0.5 * (abs(a) + sqrt(max(discriminant, 0))), sqrt(max(-b, 0)))
    // No vector was made longer than by these.
    let bounded = min(ritz, max(length, carry.stretch))
    let estimate = select(isPlane, bounded, length)
    let isFinite = (estimate * 0) .== 0
    let radius = select(isFinite, max(estimate, 0.9 * carry.radius), carry.radius)
    // A pair with the real part a/2: how far it leans from the imaginary axis.
    let leaning = min(0.5 * abs(a) / select(ritz .> 0, ritz, 1) * Staged(1 / StabilityRegion.lean), 1)
    let ofPair = Staged(region.imaginary) + Staged(region.leaning - region.imaginary) * leaning
    let bound = select(isPlane .& (.!isReal), ofPair, Staged(region.real))
    var next = carry
    let moves = (squared .> 0) .& isFinite .& (length .> 0)
    next.direction = select(moves, image / select(moves, length, 1), carry.direction)
    next.previous = select(moves, carry.direction, carry.previous)
    next.stretch = select(moves, length, 0)
    next.radius = radius
    let limit = select(radius .> 0, bound / select(radius .> 0, radius, 1), Staged(EventHandling.never))
    return (limit, next)
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
    let (start, end) = (stopGradient(state.state), stopGradient(trial.stages.state))
    let count = Double(start.shape.count)
    // Where the absolute tolerance decides, the solution's error says nothing of what is relative to a perturbation.
    let relative = start * Staged(relativeTolerance)
    let absolute = control.absoluteScale(peaks: state.peaks.first)
    let allowed = absolute.shape.isScalar ? Staged(count) * absolute * absolute : (absolute * absolute).sum()
    let isSmall = (relative * relative).sum() .< 1e-2 * allowed
    let isWanted = ((squaredError .< Staged(Self.rest)) .| isSmall) .& (length * carry.radius .> Staged(Self.resolved))
    let norm = sqrt((start * start).sum() * Staged(1 / count))
    let scale = abs(start) + select(norm .> 0, 1e-3 * norm, 1)
    var still = state
    still.state = start
    let branches = trial.branches?.branches
    let seed = Staged(Self.seed(start.shape.count), shape: start.shape) * scale * Staged(count.squareRoot())
    let probe = select(carry.isProbing .> 0, carry.probe, seed)
    let points = trial.stages.points.map { (time: stopGradient($0.time), state: stopGradient($0.state)) }
    let began = stopGradient(state.time)
    let probed = wherever("probe", isWanted, [probe, Staged(0)]) { values in
      let z = values[0]
      func slope(_ time: Staged, _ at: Staged, _ along: Staged) -> Staged {
        stopGradient(integration.rateSlope(at: time, at, still, branches, along: along))
      }
      var all = [slope(began, start, z)]
      for (row, point) in zip(method.stages, points) {
        all.append(slope(point.time, point.state, z + length * combination(row, all)))
      }
      let after = z + length * combination(method.weights, all)
      all.append(slope(points[points.count - 1].time, end, after))
      let error = length * combination(method.errorWeights ?? [], all)
      let size = z / scale
      let typical = sqrt((size * size).sum() * Staged(1 / count))
      let tolerance = Staged(relativeTolerance) * (max(abs(z), abs(after)) + 1e-3 * typical * scale)
      let ratio = error / tolerance
      return [after / typical, (ratio * ratio).sum() * Staged(1 / count)]
    }
    var next = carry
    next.probe = select(isWanted, probed[0], probe)
    next.isProbing = select(isWanted, 1, 0)
    return (next, select(isWanted, probed[1], 0))
  }
}
