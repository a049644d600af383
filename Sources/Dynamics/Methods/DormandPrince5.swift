extension ButcherTableau {
  /// Dormand and Prince's pair of order 5(4), six stages and the final rate, with an interpolant of order 4.
  ///
  /// - Source: J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19–26; dense output: E. Hairer, S. P. Nørsett,
  ///   G. Wanner, Solving Ordinary Differential Equations I, II.6 and its program DOPRI5.
  public static let dopri5 = known {
    let weights: [Double] = [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84]
    let lower: [Double] = [
      5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40,
    ]
    // DOPRI5 writes y + θΔ + θ(1−θ)(hk₁ − Δ) + θ²(1−θ)(2Δ − hk₁ − hk₇) + θ²(1−θ)² h Σ dᵢkᵢ with Δ = h Σ bᵢkᵢ.
    let quartic: [Double] = [
      -12_715_105_075.0 / 11_282_082_432, 0, 87_487_479_700.0 / 32_700_410_799,
      -10_690_763_975.0 / 1_880_347_072, 701_980_252_875.0 / 199_316_789_632, -1_453_857_185.0 / 822_651_844,
      69_997_945.0 / 29_380_423,
    ]
    let polynomials = (0..<7).map { stage -> [Double] in
      let b = stage < 6 ? weights[stage] : 0
      let (first, last): (Double, Double) = (stage == 0 ? 1 : 0, stage == 6 ? 1 : 0)
      let d = quartic[stage]
      return [first, 3 * b - 2 * first - last + d, first + last - 2 * b - 2 * d, d]
    }
    return try ButcherTableau(
      name: "dopri5", order: 5,
      nodes: [0, 0.2, 0.3, 0.8, 8.0 / 9, 1],
      stages: [
        [0.2],
        [3.0 / 40, 9.0 / 40],
        [44.0 / 45, -56.0 / 15, 32.0 / 9],
        [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
        [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
      ],
      weights: weights,
      errorWeights: zip(weights + [0], lower).map { $0 - $1 },
      errorOrder: 5,
      interpolant: Interpolant(order: 4, polynomials: polynomials))
  }
}
