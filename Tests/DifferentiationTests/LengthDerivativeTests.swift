import Differentiation
import Programs
import Testing

/// Derivatives of lengths and roots where their values are hard to come by.
@Suite struct LengthDerivativeTests {
  @Test(arguments: Engine.allCases, [JacobianMode.forward, .reverse])
  func lengthsHaveDerivativesHoweverLargeOrSmall(engine: Engine, mode: JacobianMode) throws {
    let program = try Program.trace("length", inputs: [.init("a", ValueType()), .init("b", ValueType())]) {
      [("y", hypot($0[0], $0[1]))]
    }
    let points = [(3.0, 4.0), (3e200, -4e200), (-3e-200, 4e-200), (5, 0), (0, 0)]
    let jacobian = try program.jacobian(DerivativeOptions(of: ["y"], isStrict: false), mode: mode)
    let found = try engine.run(jacobian, members: points.count, [points.map { [$0.0] }, points.map { [$0.1] }])
    let exact: [(Double, Double)] = [(0.6, 0.8), (0.6, -0.8), (-0.6, 0.8), (1, 0)]
    for (member, (a, b)) in exact.enumerated() {
      #expect(isNear(found["jacobian.y.a"]![member][0], a, 1e-15), "\(points[member])")
      #expect(isNear(found["jacobian.y.b"]![member][0], b, 1e-15), "\(points[member])")
    }
    // A cone has no slope at its tip.
    #expect(found["jacobian.y.a"]![4][0].isNaN && found["jacobian.y.b"]![4][0].isNaN)
  }

  @Test(arguments: Engine.allCases, [JacobianMode.forward, .reverse])
  func cubeRootsHaveTheirDerivatives(engine: Engine, mode: JacobianMode) throws {
    let program = try Program.trace("root", inputs: [.init("a", ValueType())]) { [("y", cbrt($0[0]))] }
    let roots = [4.0, -2, 3e-70, 1e90]
    let jacobian = try program.jacobian(DerivativeOptions(of: ["y"], isStrict: false), mode: mode)
    let found = try engine.run(jacobian, members: roots.count, [roots.map { [$0 * $0 * $0] }])
    for (root, derivative) in zip(roots, found["jacobian.y.a"]!) {
      #expect(abs(derivative[0] * (3 * root * root) - 1) <= 1e-13, "the root \(root): \(derivative[0])")
    }
  }
}
