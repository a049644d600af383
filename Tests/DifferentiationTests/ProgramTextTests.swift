import Differentiation
import Programs
import Testing

/// Solvers of random models with events are read from their texts as they were, and so are their Jacobians in both modes and
/// functions with rules of their own.
@Suite struct ProgramTextTests {
  private func expectReadAgain(_ program: Program, _ comment: String) throws {
    let text = program.text
    let read = try Program(text: text)
    #expect(read == program, "\(comment)")
    #expect(read.text == text, "\(comment)")
  }

  @Test(arguments: 200..<202) func solversAndTheirJacobiansAreReadAgain(seed: Int) throws {
    let model = try RandomEventModel(seed: seed)
    try expectReadAgain(model.program, "seed \(seed)")
    let options = DerivativeOptions(of: model.outputs, tapeCapacity: 512, isStrict: false)
    for mode in [JacobianMode.forward, .reverse] {
      try expectReadAgain(try model.program.jacobian(options, mode: mode), "seed \(seed), \(mode)")
    }
  }

  @Test func rulesAreReadAgain() throws {
    let root = try CustomDerivativeTests.root()
    let program = try Program.trace(
      "ruled", inputs: [.init("x", ValueType()), .init("a", ValueType(.real, [2, 2]))]
    ) { inputs in
      [("y", root([inputs[0]])[0]), ("l", cholesky(inputs[1]).sum().sum()), ("d", determinant(inputs[1]))]
    }
    #expect(program.text.contains("\"root\" tangents=0\n"))
    #expect(program.text.contains("\"cholesky\" rule=cholesky\n"))
    try expectReadAgain(program, "rules")
    for mode in [JacobianMode.forward, .reverse] {
      try expectReadAgain(try program.jacobian(DerivativeOptions(tapeCapacity: 64), mode: mode), "\(mode)")
    }
  }
}
