import Batched
import Compiled
import Execution
import Programs
import Testing

/// Arrays too large to be C variables share memory by their lifetimes: what that could break.
@Suite struct LoopMemoryTests {
  /// The next carry is computed early in the body, and used when the body ends; what comes between must not take its
  /// memory.
  @Test(arguments: [33, 40, 129])
  func nextCarriesSurviveArraysComputedAfterThem(count: Int) throws {
    let program = try Program.trace("late", inputs: [.init("rate", ValueType())]) { inputs in
      let start = Staged((0..<count).map { 1 + Double($0) / Double(count) })
      let end = whileLoop("turns", [start, inputs[0] * 0, 0]) { carry in
        carry[1] .< 10
      } body: { carry in
        let grown = carry[0] + inputs[0] * carry[0]
        let isEven = carry[1] - 2 * floor(carry[1] * 0.5) .== 0
        let next = select(isEven, grown, carry[0])
        // Enough arrays after `next` to fill whatever is free.
        let (a, b) = (grown * grown, grown * 0.5)
        let c = Staged.concatenate([a[1..<count], b[0..<1]])
        let d = Staged.concatenate([c[1..<count], a[0..<1]])
        return [next, carry[1] + 1, carry[2] + (c * d).sum() * 1e-3]
      }
      return [("end", end[0]), ("total", end[2])]
    }
    let ensemble = Ensemble(members: 19, inputs: [(0..<19).map { [Double($0) * 0.01] }])
    let compiled = try CompiledExecutor(environment: TestCache.environment).outputs(program, ensemble)
    let batched = try BatchedExecutor().outputs(program, ensemble)
    for member in 0..<19 {
      let growth = (0..<5).reduce(1.0) { factor, _ in factor * (1 + Double(member) * 0.01) }
      for component in 0..<count {
        let exact = (1 + Double(component) / Double(count)) * growth
        #expect(abs(compiled[0][member][component] - exact) <= 1e-14 * exact)
        #expect(abs(batched[0][member][component] - exact) <= 1e-14 * exact)
      }
      #expect(abs(compiled[1][member][0] - batched[1][member][0]) <= 1e-12 * abs(batched[1][member][0]))
    }
  }
}
