import Programs
import Testing

@Suite struct PrintingTests {
  @Test func programsReadAsTheyAreWritten() throws {
    let program = try Program.trace(
      "decay", inputs: [.init("y", ValueType()), .init("rate", ValueType(.real, .scalar, .shared))]
    ) { inputs in
      let steps = whileLoop("steps", [inputs[0]]) {
        $0[0] .> 0.5
      } body: {
        [$0[0] * -inputs[1]]
      }
      return [("y", steps[0]), ("limits", Staged([0.5, 2]))]
    }
    #expect(
      program.description == """
        program decay (%0 y: member real, %1 rate: shared real)
          %2 = negate %1 : shared real
          %3 = while %2 %0 : member real
            region steps.condition (%0 outer0: shared real, %1 carry0: member real)
              %2 = constant 0.5 : shared real
              %3 = less %2 %1 : member bool
              return condition: %3
            region steps.body (%0 outer0: shared real, %1 carry0: member real)
              %2 = multiply %1 %0 : member real
              return carry0: %2
          %4 = constant [0.5, 2.0] : shared real[2]
          return y: %3, limits: %4

        """)
  }

  @Test func longConstantsAreAbbreviated() throws {
    let program = try Program.trace("p", inputs: []) { _ in [("x", Staged((0..<100).map(Double.init)))] }
    #expect(program.description.contains("… 100 in all"))
  }

  @Test func everyFunctionHasAWordOfItsOwn() {
    let words =
      UnaryFunction.allCases.map { Operation.unary($0).name }
      + BinaryFunction.allCases.map { Operation.binary($0).name }
      + Comparison.allCases.map { Operation.compare($0).name } + Connective.allCases.map { Operation.logic($0).name }
    #expect(Set(words).count == words.count)
  }
}
