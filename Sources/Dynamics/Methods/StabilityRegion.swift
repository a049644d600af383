import Foundation

/// How far from zero an explicit Runge–Kutta method damps y′ = λy, λ with a negative real part.
struct StabilityRegion {
  /// The largest h·|λ| for real λ.
  let real: Double
  /// The largest h·|λ| for λ on the imaginary axis, and for those that lean from it by `lean` at least.
  let imaginary: Double
  let leaning: Double

  /// The cosine of the angle with the imaginary axis, of 9 degrees.
  static let lean = 0.156

  /// The part of the region that is used, since estimates of λ lag behind.
  private static let safety = 0.9

  init(_ method: ButcherTableau) {
    let coefficients = Self.amplification(method)
    func reach(_ angle: Double, slack: Double) -> Double {
      var radius = 0.0
      while radius < 100 {
        let (x, y) = ((radius + 0.01) * cos(angle), (radius + 0.01) * sin(angle))
        // Horner's rule in complex numbers.
        var (real, imaginary) = (0.0, 0.0)
        for coefficient in coefficients.reversed() {
          (real, imaginary) = (real * x - imaginary * y + coefficient, real * y + imaginary * x)
        }
        if (real * real + imaginary * imaginary).squareRoot() > 1 + slack { break }
        radius += 0.01
      }
      return radius
    }
    real = Self.safety * reach(.pi, slack: 0)
    // On the imaginary axis itself some methods amplify a little from zero on.
    imaginary = Self.safety * reach(.pi / 2, slack: 1e-3)
    let angles = (1...9).map { Double.pi * (0.5 + 0.05 * Double($0)) }
    leaning = Self.safety * angles.map { reach($0, slack: 1e-3) }.min()!
  }

  /// R(z) = 1 + Σ zᵏ · b Aᵏ⁻¹ 1, constant first.
  private static func amplification(_ method: ButcherTableau) -> [Double] {
    var vector = method.nodes.map { _ in 1.0 }
    var coefficients = [1.0]
    for _ in method.nodes {
      coefficients.append(zip(method.weights, vector).reduce(0) { $0 + $1.0 * $1.1 })
      vector = [0] + method.stages.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    return coefficients
  }
}
