import Execution
import Programs
import Testing

@testable import Compiled

/// Called programs that stay calls, and what outlives the memory that it came from.
@Suite struct CallTests {
  /// Functions within functions are different functions.
  @Test func calledProgramsMayCallOthers() throws {
    func callee(_ name: String, _ count: Int, _ body: ([Staged]) -> Staged) throws -> Program {
      let inputs = (0..<count).map { Program.Input("x\($0)", ValueType()) }
      return try Program.trace(name, inputs: inputs) { [("y", body($0))] }
    }
    let double = try callee("double", 1) { 2 * $0[0] }
    let product = try callee("product", 2) { $0[0] * call(double, [$0[1]])[0] }
    let nested = try callee("nested", 2) { call(product, [$0[1], $0[0] + 1])[0] - call(double, [$0[0]])[0] }
    let program = try Program.trace("calls", inputs: [.init("a", ValueType()), .init("b", ValueType())]) {
      [("y", call(nested, $0)[0] + call(double, [$0[1]])[0])]
    }
    // Without simplification, which would inline such small ones.
    let compiled = try CompiledExecutor(vectorsPerTile: 1, environment: TestCache.quickEnvironment)
      .prepare(simple: program, precision: .double, outputOrders: [.componentMajor])
    let found = try compiled.outputs(for: Ensemble(members: 2, inputs: [[[3], [0.5]], [[5], [-1]]]))
    // a, b to (b · 2(a + 1) − 2a) + 2b
    #expect(found[0] == [[44], [-6]])
  }

  /// A large array that is only summed over members must last until the members are added.
  @Test(arguments: Engine.allCases) func summedArraysLastUntilTheyAreAdded(engine: Engine) throws {
    let program = try Program.trace("summed", inputs: [.init("x", ValueType(.real, [40]))]) { x in
      let moved = x[0].reshaped([8, 5]).transposed
      let total = (moved + 1).sumOverMembers()
      // These want memory after the last instruction that uses what is summed.
      let other = sin(moved).transposed
      return [("total", total), ("z", matrixProduct(other.transposed * 2, other * 3))]
    }
    let rows: [[Double]] = (0..<3).map { member in (0..<40).map { Double($0 * (member + 1)) } }
    let found = try engine.executor().outputs(program, Ensemble(members: 3, inputs: [rows]))
    for entry in 0..<40 {
      let (row, column) = (entry / 8, entry % 8)
      #expect(found[0][0][entry] == Double(6 * (column * 5 + row) + 3))
    }
  }
}
