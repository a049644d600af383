import Differentiation
import Foundation
import Programs
import Testing

/// Walking a loop back computes again what its turns have computed, and must not decide anew.
@Suite struct RepetitionTests {
  /// A factor that is chosen, turn after turn, by the sign of a rounding error.
  ///
  /// d = x a − r, whose derivative is zero, is itself zero where the product is rounded before r, the same product, is taken from it, and a rounding error where
  /// both are one operation. In the loop the product has another use, which walking back has no need of, so a C compiler that
  /// fuses what it can decides otherwise there. The value tells how often k was taken and how often k²; so its derivative is
  /// known from the value itself.
  private static func program() throws -> Program {
    try Program.trace("undecided", inputs: ["x", "k"].map { .init($0, ValueType()) }) { inputs in
      let k = inputs[1]
      let a = Staged(1.1)
      let start: [Staged] = [inputs[0], inputs[0] * a, Staged(0), Staged(0)]
      let end = whileLoop("turns", start) { (carry: [Staged]) -> Staged in
        carry[3] .< Staged(40)
      } body: { (carry: [Staged]) -> [Staged] in
        let x = carry[0]
        let product = x * a
        let d = product - carry[1]
        let once: Staged = exp(d) * k
        let twice: Staged = once * k
        let next = x * select(d .> Staged(0), once, twice)
        let half = carry[2] * Staged(0.5)
        let other = half + product * x
        let turns = carry[3] + Staged(1)
        return [next, next * a, stopGradient(other), turns]
      }
      return [("y", end[0]), ("other", end[2])]
    }
  }

  @Test(arguments: Engine.allCases) func walkingBackDecidesAsTheTurnsHaveDecided(engine: Engine) throws {
    let members = 16
    let starts = (0..<members).map { [0.7 + 0.013 * Double($0)] }
    let factors = (0..<members).map { [1.01 + 0.001 * Double($0)] }
    for segments in [1, 4] {
      let program = try Self.program().valueWithGradient(
        of: "y", withRespectTo: ["k"], tapeCapacity: 64 / segments, tapeSegments: segments)
      let found = try engine.run(program, members: members, [starts, factors])
      for member in 0..<members {
        let (y, k) = (found["y"]![member][0], factors[member][0])
        let count = log(y / starts[member][0]) / log(k)
        let exact: Double = y * count / k
        let gradient = found["gradient.k"]![member][0]
        #expect(isNear(gradient, exact, 1e-11), "member \(member), \(segments) segments: \(gradient), not \(exact)")
      }
    }
  }
}
