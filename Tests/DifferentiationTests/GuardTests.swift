import Differentiation
import Programs
import Testing

/// What a select does not take must not reach a derivative, whatever it is: zero times what is not a number would.
@Suite struct GuardTests {
  /// Functions of k, u `[3]` and v `[40]` whose value is a number everywhere, though a part of them is not.
  private static let functions: [(name: String, body: @Sendable (Staged, Staged, Staged) -> Staged)] = [
    ("scalar", { k, _, _ in select(k .> 0, log(k) * k, -k * k) }),
    ("opposite", { k, u, _ in select(k .> 0, -k * u[0], sqrt(-k) * u[0]) }),
    ("array under one condition", { k, u, _ in select(k .> 0, k * sqrt(k * u * u), u).sum() }),
    ("large array under one condition", { k, _, v in select(k .> 0, k * sqrt(k * v * v), v).sum() }),
    ("a condition a component", { k, u, _ in select(u .> 0, k * sqrt(u), u * u).sum() }),
    ("a condition a component of many", { k, _, v in select(v .> 0, k * sqrt(v) * k, v * v).sum() }),
    ("a scalar for components", { k, u, _ in select(u .> 0, k / (u + abs(u)), k * k).sum() }),
    ("the same twice", { k, u, _ in select(u .> 0, k, k).sum() + select(u .> 0, u, u).sum() }),
    (
      "one in another",
      { k, u, _ in
        select(k .> 0, select(u[0] .> 0, k * log(u[0]), sqrt(k) * log(-u[0])), u[0] * select(u[1] .> 0, sqrt(u[1]), k))
      }
    ),
    ("what is shared", { k, u, _ in select(k .> 0, sqrt(k) * u[0], u[0]) + k * u[0] }),
    ("products", { k, u, _ in select(k .> 0, matrixProduct(log(k) * u, u), u.sum()) }),
    ("sums of taken components", { k, u, _ in select(k .> 0, select(u .> 0, sqrt(u), k * u).sum() * log(k), k) }),
    (
      "loops",
      { k, u, _ in
        let end = whileLoop("turns", [u, 0]) {
          $0[1] .< 4
        } body: {
          [select($0[1] .< 2, sin($0[0]) * k, select($0[0] .> 0, sqrt($0[0]), $0[0] * k)), $0[1] + 1]
        }
        let rows = scan("rows", length: 3, [u[0]]) { carry, _ in
          ([select(k .> 0, carry[0] * log(k), carry[0] * k)], [carry[0] * carry[0]])
        }
        return end[0].sum() + rows.rows[0].sum()
      }
    ),
  ]

  @Test(arguments: Engine.allCases) func whatIsNotTakenHasNoInfluence(engine: Engine) throws {
    let inputs: [Program.Input] = [
      .init("k", ValueType()), .init("u", ValueType(.real, [3])), .init("v", ValueType(.real, [40])),
    ]
    let program = try Program.trace("selected", inputs: inputs) { x in
      Self.functions.map { ($0.name, $0.body(x[0], x[1], x[2])) }
    }
    let members = 9
    var numbers = Numbers(4)
    let x = [1, 3, 40].map { count in (0..<members).map { _ in numbers.array(count) } }
    #expect(x[0].contains { $0[0] > 0 } && x[0].contains { $0[0] < 0 })
    let forward = try engine.run(program.jacobian(mode: .forward), members: members, x)
    let reverse = try engine.run(program.jacobian(mode: .reverse), members: members, x)
    for (name, _) in Self.functions {
      for input in inputs.map(\.name) {
        guard let a = forward["jacobian.\(name).\(input)"], let b = reverse["jacobian.\(name).\(input)"] else {
          continue
        }
        for (a, b) in zip(a.joined(), b.joined()) {
          #expect(a.isFinite && b.isFinite && isNear(a, b, 1e-13), "\(name) by \(input): forward \(a), reverse \(b)")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func secondDerivativesSeeOnlyWhatIsTaken(engine: Engine) throws {
    let program = try Program.trace("selected", inputs: [.init("k", ValueType()), .init("x", ValueType())]) {
      [("y", select($0[1] .> 0, $0[0] * sqrt($0[1]), $0[0] * $0[0] * $0[1]))]
    }
    let (k, x) = ([2.0, 2, 2], [4.0, -1, 0.25])
    let found = try engine.run(
      program.hessianVectorProduct(of: "y"), members: 3, [k.map { [$0] }, x.map { [$0] }, [[1]], [[0]]])
    #expect(found["hessianProduct.k"]!.joined().elementsEqual([0, -2, 0]))
    #expect(zip(found["hessianProduct.x"]!.joined(), [0.25, 4, 1]).allSatisfy { isNear($0, $1, 1e-14) })
  }
}
