import Programs
import Testing

@testable import Differentiation

/// What is rewritten in the reverse of large vectors: products with scalars, and what is not used of them.
@Suite struct LargeVectorTests {
  private static let count = 40

  /// Turns of a loop over a vector `[40]` made of random slices, concatenations, products with scalars and functions.
  private static func program(seed: Int) throws -> Program {
    let inputs: [Program.Input] = [
      .init("u", ValueType(.real, [count])), .init("k", ValueType()), .init("w", ValueType(.real, [count])),
    ]
    return try Program.trace("vectors", inputs: inputs) { x in
      let end = whileLoop("turns", [x[0], 0]) {
        $0[1] .< 3
      } body: { carry in
        var numbers = Numbers(seed)
        func pick(_ bound: Int) -> Int { Int((numbers.next() + 1) / 2 * Double(bound)) % bound }
        var pool = [carry[0], x[2], carry[0] * x[1]]
        for _ in 0..<24 {
          let (a, b) = (pool[pick(pool.count)], pool[pick(pool.count)])
          let cut = 1 + pick(count - 1)
          switch pick(9) {
          case 0: pool.append(.concatenate([a[cut..<count], b[0..<cut]]))
          case 1: pool.append(.concatenate([sin(a)[0..<cut], a[0] * b[cut..<count]]))
          case 2: pool.append(Staged(numbers.next()) * (x[1] * a))
          case 3: pool.append(x[1] * (Staged(numbers.next()) * a) + b)
          case 4: pool.append(select(x[1] .> 0, a, sin(b)))
          case 5: pool.append(select(a .> b, a * b, cos(b)))
          case 6: pool.append(a[cut] * b - tanh(a[0..<cut].sum()) * a)
          case 7: pool.append(tanh(a * b))
          default: pool.append((a + b)[0..<cut].sum() * b * Staged(numbers.next()))
          }
        }
        return [tanh(pool.suffix(4).reduce(carry[0]) { $0 + $1 }), carry[1] + 1]
      }
      return [("y", (end[0] * end[0])[3..<count - 1].sum())]
    }
  }

  @Test(arguments: Engine.allCases, 0..<8) func reverseModeAgreesWithForwardMode(engine: Engine, seed: Int) throws {
    try OperationDerivativeTests.check(try Self.program(seed: seed), engine, seed: seed, "vectors \(seed)")
  }

  @Test func whatIsNotUsedOfALargeVectorIsNotComputed() throws {
    let inputs: [Program.Input] = [.init("u", ValueType(.real, [80])), .init("w", ValueType(.real, [40]))]
    let program = try Program.trace("half", inputs: inputs) { x in
      let whole = Staged.concatenate([exp(x[1]), sin(x[1])]) * 2 + x[0]
      return [("y", whole[0..<40])]
    }.narrowed()
    #expect(program.instructions.allSatisfy { $0.results[0].shape.count <= 40 })
    #expect(!program.instructions.contains { $0.operation == .unary(.sin) })
    let wanted = try Program.trace("half", inputs: inputs) { [("y", exp($0[1]) * 2 + $0[0][0..<40])] }.simplified()
    #expect(program == wanted, "\(program)")
  }

  @Test func scalesOneAfterTheOtherAreOne() throws {
    let inputs: [Program.Input] = [.init("h", ValueType()), .init("c", ValueType(.real, [40]))]
    let products = try Program.trace("scaled", inputs: inputs) { x in
      [("known", x[1] * x[0] * 3), ("unknown", x[1] * x[0] * x[0]), ("huge", x[1] * x[0] * Staged(0x1p900))]
    }
    func large(_ program: Program) -> Int { program.instructions.count { $0.results[0].shape.count == 40 } }
    #expect(large(products) == 6)
    // That of c and h is still needed for the other two.
    #expect(try large(products.joiningScales(from: 1).simplified()) == 4)
    #expect(try products.joiningScales(from: 2).simplified() == products.simplified())
  }
}
