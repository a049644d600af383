import Differentiation
import Programs
import RealModule
import Testing

/// Functions with rules of their own.
@Suite struct CustomDerivativeTests {
  /// The root y > 0 of y³ + y = x by Newton's method, with the derivative of the implicit function.
  static func root() throws -> DifferentiableFunction {
    try DifferentiableFunction("root", inputs: [.scalar], checkedAt: []) { x in
      let end = whileLoop("newton", [x[0], 0]) {
        $0[1] .< 60
      } body: {
        [$0[0] - ($0[0] * $0[0] * $0[0] + $0[0] - x[0]) / (3 * $0[0] * $0[0] + 1), $0[1] + 1]
      }
      return [end[0]]
    } tangents: { x, dx in
      // Written by Cardano's formula, so that the rule knows the root.
      let half = sqrt(x[0] * x[0] / 4 + Staged(1.0 / 27))
      let y = pow(half + x[0] / 2, Staged(1.0 / 3)) - pow(half - x[0] / 2, Staged(1.0 / 3))
      return [dx[0] / (3 * y * y + 1)]
    }
  }

  @Test(arguments: Engine.allCases) func aRuleServesBothModes(engine: Engine) throws {
    let root = try Self.root()
    let program = try Program.trace("rooted", inputs: [.init("x", ValueType()), .init("k", ValueType())]) { x in
      let loop = whileLoop("twice", [x[0], 0]) {
        $0[1] .< 2
      } body: {
        [root([$0[0] * x[1]])[0] + x[0], $0[1] + 1]
      }
      return [("y", loop[0])]
    }
    try OperationDerivativeTests.check(program, engine, seed: 8, "rule")
    // The rule took the place of the derivative of sixty turns: no tape of them is there.
    #expect(!"\(try program.gradient(of: "y"))".contains("newton.body.back"))
  }

  @Test func rulesAreCheckedAgainstDifferences() throws {
    func softplus(_ factor: Double) throws -> DifferentiableFunction {
      try DifferentiableFunction("softplus", inputs: [[2]], checkedAt: [[[0.3, -2]]]) {
        [max($0[0], 0) + log1p(exp(-abs($0[0])))]
      } tangents: { x, dx in
        [dx[0] * Staged(factor) / (1 + exp(-x[0]))]
      }
    }
    _ = try softplus(1)
    let wrong = #expect(throws: DifferentiationError.self) { _ = try softplus(1.1) }
    #expect(wrong?.description.contains("where differences give") == true)
  }

  @Test func rulesHaveTheRightShapeAndAreLinear() throws {
    let shape = #expect(throws: DifferentiationError.self) {
      _ = try DifferentiableFunction("f", inputs: [[2]], checkedAt: []) {
        [$0[0].sum()]
      } tangents: { _, dx in
        [dx[0]]
      }
    }
    #expect(shape?.description.contains("gives [[2]] for results of [[]]") == true)
    let linear = #expect(throws: DifferentiationError.self) {
      _ = try DifferentiableFunction("f", inputs: [.scalar], checkedAt: []) {
        $0
      } tangents: { _, dx in
        [dx[0] * dx[0]]
      }
    }
    #expect(linear?.description.contains("not linear") == true)
  }
}
