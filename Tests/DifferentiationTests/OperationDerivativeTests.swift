import Differentiation
import Programs
import Testing

/// Every operation's derivatives: forward mode against central differences, reverse mode against forward mode, forward
/// over reverse against differences of reverse mode.
@Suite struct OperationDerivativeTests {
  static let members = 11

  static func traced(_ rows: [OperationRow]) throws -> Program {
    try Program.trace("rows", inputs: RowInputs.inputs) { staged in
      rows.flatMap { row in
        row.outputs(RowInputs(staged)).enumerated().map { ("\(row.description).\($0.offset)", $0.element) }
      }
    }
  }

  static func random(_ types: [ValueType], seed: Int) -> [[[Double]]] {
    var numbers = Numbers(seed)
    return types.map { type in
      (0..<(type.extent == .shared ? 1 : members)).map { _ in numbers.array(type.shape.count) }
    }
  }

  static func moved(_ x: [[[Double]]], along v: [[[Double]]], by h: Double) -> [[[Double]]] {
    zip(x, v).map { zip($0, $1).map { zip($0, $1).map { $0 + h * $1 } } }
  }

  /// Σ over all numbers of a·b.
  static func dot(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a.joined(), b.joined()).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// ⟨w, J v⟩ by forward mode and by reverse mode, and J v against differences.
  static func check(_ program: Program, _ engine: Engine, seed: Int, _ name: String) throws {
    let types = program.inputs.map(\.type)
    let (x, v) = (random(types, seed: seed), random(types, seed: seed + 1000))
    let forward = try program.jacobianVectorProduct()
    let pushed = try engine.run(forward, members: members, x + v)
    let h = 1e-5
    let ahead = try engine.run(program, members: members, moved(x, along: v, by: h))
    let back = try engine.run(program, members: members, moved(x, along: v, by: -h))
    let outputs = zip(program.outputs, program.outputTypes).filter { pushed["tangent." + $0.0.name] != nil }
    for (output, _) in outputs {
      let exact = pushed["tangent." + output.name]!
      for (a, (p, m)) in zip(exact.joined(), zip(ahead[output.name]!.joined(), back[output.name]!.joined())) {
        let difference = (p - m) / (2 * h)
        #expect(isNear(a, difference, 2e-8), "\(name) \(engine): \(output.name) forward \(a), difference \(difference)")
      }
    }
    let reverse = try program.vectorJacobianProduct()
    let w = random(outputs.map(\.1), seed: seed + 2000)
    let pulled = try engine.run(reverse, members: members, x + w)
    let fromForward = zip(outputs, w).reduce(0) { $0 + dot(pushed["tangent." + $1.0.0.name]!, $1.1) }
    let fromReverse = zip(program.inputs, v).reduce(0) { $0 + dot(pulled["cotangent." + $1.0.name]!, $1.1) }
    #expect(isNear(fromForward, fromReverse, 1e-12), "\(name) \(engine): ⟨w, Jv⟩ \(fromForward), ⟨Jᵀw, v⟩ \(fromReverse)")
    for flags in pulled[Program.tapeFull] ?? [] { #expect(flags == [0]) }
  }

  @Test(arguments: OperationRow.all) func forwardDifferencesAndReverseAgree(row: OperationRow) throws {
    for seed in 1...3 { try Self.check(try Self.traced([row]), .batched, seed: seed, row.description) }
  }

  @Test func allRowsAtOnceInCompiledCode() throws {
    for chunk in stride(from: 0, to: OperationRow.all.count, by: 12) {
      let rows = Array(OperationRow.all[chunk..<min(chunk + 12, OperationRow.all.count)])
      try Self.check(try Self.traced(rows), .compiled, seed: 4, rows.map(\.description).joined(separator: ", "))
    }
  }
}
