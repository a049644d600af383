extension ButcherTableau {
  /// The classical method of order 4, for fixed steps; between steps a cubic of order 3.
  ///
  /// - Source: W. Kutta, Z. Math. Phys. 46 (1901) 435–453.
  public static let rk4 = known {
    let weights: [Double] = [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6]
    return try ButcherTableau(
      name: "rk4", order: 4, nodes: [0, 0.5, 0.5, 1], stages: [[0.5], [0, 0.5], [0, 0, 1]], weights: weights,
      interpolant: .hermite(weights: weights))
  }

  /// Euler's method of order 1, for fixed steps; between steps a straight line.
  public static let euler = known {
    try ButcherTableau(
      name: "euler", order: 1, nodes: [0], stages: [], weights: [1],
      interpolant: Interpolant(order: 1, polynomials: [[1], [0]]))
  }
}
