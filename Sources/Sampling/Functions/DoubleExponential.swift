import Foundation

/// Quadrature on (0, 1) that bears singularities at both ends.
///
/// - Source: H. Takahasi, M. Mori, Publ. RIMS Kyoto Univ. 9 (1974) 721–741: the trapezoidal rule in t after
///   x = 1 / (1 + exp(−π sinh t)).
enum DoubleExponential {
  struct Node {
    var x: Double
    /// 1 − x, to full precision.
    var complement: Double
    var weight: Double
  }

  /// Visits the nodes; the integral of f is the sum of weight · f(x).
  static func forEachNode(_ body: (Node) -> Void) {
    let step = 1.0 / 16
    // At |t| = 6 the smaller of x and 1 − x is 10⁻²⁷⁵.
    for index in -96...96 {
      let t = Double(index) * step
      let e = exp(-Double.pi * sinh(abs(t)))
      let (near, far) = (e / (1 + e), 1 / (1 + e))
      let weight = step * .pi * cosh(t) * near * far
      body(Node(x: t < 0 ? near : far, complement: t < 0 ? far : near, weight: weight))
    }
  }
}
