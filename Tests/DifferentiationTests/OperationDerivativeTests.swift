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

  /// Reverse mode of rows, with names that reverse mode does not give once more.
  static func reversed(_ rows: [OperationRow]) throws -> Program {
    var program = try traced(rows).vectorJacobianProduct()
    for output in program.outputs.indices { program.outputs[output].name += "'" }
    return program
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
    // Central differences of order 4: their error is about h⁴.
    let h = 2e-5
    let near = try [1.0, -1, 2, -2].map { try engine.run(program, members: members, moved(x, along: v, by: $0 * h)) }
    let outputs = zip(program.outputs, program.outputTypes).filter { pushed["tangent." + $0.0.name] != nil }
    for (output, _) in outputs {
      let exact = pushed["tangent." + output.name]!
      let values = near.map { Array($0[output.name]!.joined()) }
      for (place, a) in exact.joined().enumerated() {
        let difference = (8 * (values[0][place] - values[1][place]) - (values[2][place] - values[3][place])) / (12 * h)
        #expect(isNear(a, difference, 1e-8), "\(name) \(engine): \(output.name) forward \(a), difference \(difference)")
      }
    }
    let reverse = try program.vectorJacobianProduct()
    let w = random(outputs.map(\.1), seed: seed + 2000)
    let pulled = try engine.run(reverse, members: members, x + w)
    let fromForward = zip(outputs, w).reduce(0) { $0 + dot(pushed["tangent." + $1.0.0.name]!, $1.1) }
    let fromReverse = zip(program.inputs, v).reduce(0) { $0 + dot(pulled["cotangent." + $1.0.name]!, $1.1) }
    #expect(
      isNear(fromForward, fromReverse, 1e-12), "\(name) \(engine): ⟨w, Jv⟩ \(fromForward), ⟨Jᵀw, v⟩ \(fromReverse)")
    for flags in pulled[Program.tapeFull] ?? [] { #expect(flags == [0]) }
  }

  @Test(arguments: OperationRow.all) func forwardDifferencesAndReverseAgree(row: OperationRow) throws {
    for seed in 1...3 { try Self.check(try Self.traced([row]), .batched, seed: seed, row.description) }
  }

  @Test(arguments: OperationRow.all) func secondDerivativesAgree(row: OperationRow) throws {
    try Self.check(try Self.reversed([row]), .batched, seed: 5, row.description + " reversed")
  }

  /// Rows whose results are one for all members, and the others.
  @Test(arguments: [Extent.shared, .member]) func manyRowsAtOnceInCompiledCode(extent: Extent) throws {
    let all = try OperationRow.all.filter { try Self.traced([$0]).outputTypes[0].extent == extent }
    // What one input gets from shared and from member results is not asked for at once.
    let size = extent == .shared ? 1 : 12
    for chunk in stride(from: 0, to: all.count, by: size) {
      let rows = Array(all[chunk..<min(chunk + size, all.count)])
      try Self.check(try Self.traced(rows), .compiled, seed: 4, rows.map(\.description).joined(separator: ", "))
    }
  }

  @Test func loopsReversedTwiceInCompiledCode() throws {
    let rows = OperationRow.all.filter { $0.description.contains("while") || $0.description.contains("tabulate") }
    try Self.check(try Self.reversed(rows), .compiled, seed: 6, "reversed loops")
  }

  @Test func stopGradientHasNoDerivative() throws {
    let program = try Program.trace("stopped", inputs: [.init("a", ValueType()), .init("b", ValueType())]) {
      [("y", $0[0] * stopGradient($0[1]) - stopGradient($0[0] * $0[1]))]
    }
    let found = try Engine.batched.run(program.gradient(of: "y"), members: 1, [[[3]], [[5]]])
    #expect(found["gradient.a"] == [[5]] && found["gradient.b"] == [[0]])
  }
}
