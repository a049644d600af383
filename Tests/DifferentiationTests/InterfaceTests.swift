import Differentiation
import Dynamics
import Programs
import Testing

/// Jacobians, Hessian products and what is told about requests that cannot be met.
@Suite struct InterfaceTests {
  static func springs() throws -> Program {
    let inputs: [Program.Input] = [
      .init("v", ValueType(.real, [2])), .init("m", ValueType(.real, [2, 2])),
      .init("s", ValueType(.real, .scalar, .shared)),
    ]
    return try Program.trace("springs", inputs: inputs) { x in
      let turns = whileLoop("turns", [x[0], 0]) {
        $0[1] .< 3
      } body: {
        [sin(matrixProduct(x[1], $0[0]) * x[2]), $0[1] + 1]
      }
      return [
        ("y", turns[0]), ("z", x[0][0] * x[0][0] * x[2]), ("sum", (x[0] * x[0] * x[2]).sum().sumOverMembers()),
        ("isLarge", x[0][0] .< 2), ("whole", floor(x[0][0])),
      ]
    }
  }

  static let values: [[[Double]]] = [
    [[0.3, -0.4], [0.8, 0.1]], [[0.5, 1, -0.7, 0.2], [1, 0.3, 0.4, -2]], [[1.3]],
  ]

  @Test(arguments: Engine.allCases) func jacobiansOfBothModesAgree(engine: Engine) throws {
    let options = DerivativeOptions(of: ["y", "z"])
    let forward = try engine.run(try Self.springs().jacobian(options, mode: .forward), members: 2, Self.values)
    let reverse = try engine.run(try Self.springs().jacobian(options, mode: .reverse), members: 2, Self.values)
    for (output, size) in [("y", 2), ("z", 1)] {
      for (input, columns) in [("v", 2), ("m", 4), ("s", 1)] {
        let (a, b) = (forward["jacobian.\(output).\(input)"]!, reverse["jacobian.\(output).\(input)"]!)
        for member in 0..<2 {
          #expect(a[member].count == size * columns)
          #expect(zip(a[member], b[member]).allSatisfy { isNear($0, $1, 1e-13) }, "\(output) by \(input)")
        }
      }
    }
    #expect(forward["jacobian.z.v"]![1] == [2 * 0.8 * 1.3, 0])
    #expect(forward["jacobian.z.s"]!.map { isNear($0[0], 0.09, 1e-15) }[0])
  }

  @Test func sharedInputsHaveTheGradientOfTheSum() throws {
    let found = try Engine.batched.run(try Self.springs().gradient(of: "sum"), members: 2, Self.values)
    #expect(isNear(found["gradient.s"]![0][0], 0.09 + 0.16 + 0.64 + 0.01, 1e-15))
    #expect(isNear(found["gradient.v"]![1][0], 2 * 0.8 * 1.3, 1e-15))
  }

  @Test(arguments: Engine.allCases) func hessianProductsOfASolutionAgreeWithDifferences(engine: Engine) throws {
    let program = try lorenz(tolerance: 1e-10, until: 0.5)
    let hessian = try program.hessianVectorProduct(of: "x")
    let direction = [0.3, -0.2, 0.5, 0.1, 0.7, -0.4]
    let x = LorenzTests.inputs(5)
    let found = try engine.run(hessian, members: 5, x + direction.map { [[$0]] })
    let gradient = try program.gradient(of: "x")
    let h = 1e-3
    let near = try [1.0, -1, 2, -2].map { factor in
      try engine.run(
        gradient, members: 5,
        zip(x, direction).map { values, slope in values.map { [$0[0] + factor * h * slope] } })
    }
    for name in LorenzTests.names {
      for member in 0..<5 {
        let values = near.map { $0["gradient." + name]![member][0] }
        let difference = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)
        #expect(isNear(found["hessianProduct." + name]![member][0], difference, 1e-4), "\(name)")
      }
    }
  }

  @Test func mistakesAreNamed() throws {
    let program = try Self.springs()
    func expect(_ word: String, _ body: () throws -> Program) {
      let error = #expect(throws: DifferentiationError.self) { _ = try body() }
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "") lacks \(word)")
    }
    expect("no input 'w'") { try program.gradient(of: "z", withRespectTo: ["w"]) }
    expect("no output 'q'") { try program.gradient(of: "q") }
    expect("has the shape [2]") { try program.gradient(of: "y") }
    expect("true or false") { try program.gradient(of: "isLarge") }
    expect("'whole' has no derivative") { try program.gradient(of: "whole") }
    expect("ask for its gradient") { try program.jacobian(.init(of: ["sum"])) }
    expect("'steps' has no derivative") { try lorenz().gradient(of: "steps") }
  }
}
