import Dynamics
import Foundation
import Testing

@Suite struct TableauTests {
  /// Σ bᵢ cᵢᵏ = 1/(k + 1) up to the order: the quadrature conditions. (Row sums are checked by every tableau itself.)
  @Test(arguments: Method.allCases) func weightsIntegratePolynomialsUpToTheOrder(method: Method) {
    let tableau = method.tableau
    for power in 0..<tableau.order {
      let sum = zip(tableau.weights, tableau.nodes).reduce(0) { $0 + $1.0 * pow($1.1, Double(power)) }
      #expect(abs(sum - 1 / Double(power + 1)) < 1e-13, "\(method), power \(power)")
    }
  }

  /// The error estimate vanishes for polynomials that the lower method of the pair integrates.
  @Test(arguments: Method.allCases.filter(\.isAdaptive)) func errorWeightsAnnihilateLowPowers(method: Method) {
    let tableau = method.tableau
    let nodes = tableau.nodes + [1]
    for power in 0..<tableau.errorOrder {
      let sum = zip(tableau.errorWeights!, nodes).reduce(0) { $0 + $1.0 * pow($1.1, Double(power)) }
      if power < tableau.errorOrder - 1 {
        #expect(abs(sum) < 1e-12, "\(method), power \(power)")
      } else {
        #expect(abs(sum) > 1e-6, "\(method): the lower order is \(tableau.errorOrder - 1)")
      }
    }
  }

  /// ∫₀^θ cᵏ up to the interpolant's order, everywhere on the step.
  @Test(arguments: Method.allCases) func interpolantsIntegratePolynomialsUpToTheirOrder(method: Method) {
    let tableau = method.tableau
    let interpolant = tableau.interpolant
    let nodes = tableau.nodes + [1] + interpolant.extraNodes
    for power in 0..<interpolant.order {
      for theta in [0.1, 0.35, 0.5, 0.77, 1] {
        let weights = interpolant.polynomials.map { polynomial in
          polynomial.enumerated().reduce(0) { $0 + $1.element * pow(theta, Double($1.offset + 1)) }
        }
        let sum = zip(weights, nodes).reduce(0) { $0 + $1.0 * pow($1.1, Double(power)) }
        #expect(abs(sum - pow(theta, Double(power + 1)) / Double(power + 1)) < 2e-12, "\(method), power \(power)")
      }
    }
  }

  @Test func anInconsistentTableauIsRefused() {
    func tableau(stage: Double = 0.5, weight: Double = 1, polynomial: Double = 1) throws -> ButcherTableau {
      try ButcherTableau(
        name: "midpoint", order: 2, nodes: [0, 0.5], stages: [[stage]], weights: [0, weight],
        interpolant: .init(order: 1, polynomials: [[0], [polynomial], [0]]))
    }
    #expect(throws: Never.self) { try tableau() }
    for make in [{ try tableau(stage: 0.4) }, { try tableau(weight: 0.9) }, { try tableau(polynomial: 0.9) }] {
      #expect(throws: ButcherTableau.Inconsistency.self) { try make() }
    }
  }
}
