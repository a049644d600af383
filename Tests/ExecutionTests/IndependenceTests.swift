import Execution
import Programs
import Testing

@testable import Batched

/// A member's bits depend on its own inputs and the shared ones, and on nothing else.
@Suite struct IndependenceTests {
  /// Programs whose members differ in trip counts, tables and arguments; sums over members are another matter.
  private static func program(seed: Int) throws -> Program {
    try RandomProgram.batch(seeds: seed..<seed + 2, operations: 20, depth: RandomProgram.outermostDepth - 1).program
  }

  /// The members' parts of all outputs: for each member the bits of everything that is its own.
  private func rows(_ program: Program, _ outputs: [[[Double]]], _ members: Int) -> [[UInt64]] {
    (0..<members).map { member in
      zip(program.outputTypes, outputs).flatMap { type, values in
        values[type.extent == .shared ? 0 : member].map(bits)
      }
    }
  }

  private func expectIndependence(_ prepared: any PreparedProgram, _ ensemble: Ensemble, _ comment: String) throws {
    let program = prepared.program
    let all = rows(program, try prepared.outputs(for: ensemble), ensemble.members)
    var generator = SplitMix(seed: 3)
    let members = ensemble.members
    let arrangements = [
      Array((0..<members).reversed()), (0..<members).shuffled(using: &generator), Array(1..<members),
      Array(0..<members / 3), [members - 1], [0], Array(repeating: members / 2, count: 19) + [0, 1, 2],
    ]
    for order in arrangements {
      let arranged = ensemble.arranged(order, program)
      let found = rows(program, try prepared.outputs(for: arranged), order.count)
      let differing = order.indices.first { found[$0] != all[order[$0]] }
      #expect(differing == nil, "\(comment): place \(differing ?? 0) of \(order.count) members")
    }
  }

  @Test(arguments: Engine.allCases, [Precision.double, .single])
  func bitsDoNotDependOnOtherMembers(engine: Engine, precision: Precision) throws {
    for (seed, vectors) in [(30_000, 1), (30_002, 2), (30_004, 4)] {
      let prepared = try engine.executor(vectorsPerTile: vectors)
        .prepare(Self.program(seed: seed), precision: precision)
      try expectIndependence(prepared, RandomProgram.ensemble(seed: seed, members: 131), "seed \(seed)")
    }
  }

  /// Vector libraries choose algorithms by the largest argument of a vector, unless asked not to.
  @Test(arguments: Engine.allCases, [Precision.double, .single])
  func bitsOfElementaryFunctionsDoNotDependOnLaneMates(engine: Engine, precision: Precision) throws {
    let program = try Program.trace("mixed", inputs: [.init("x", ValueType())]) { inputs in
      let x = inputs[0]
      return [
        ("sin", sin(x)), ("cos", cos(x)), ("tan", tan(x)), ("exp", exp(x)), ("log", log(x)), ("pow", pow(abs(x), 1.7)),
        ("erf", erf(x)), ("tanh", tanh(x)), ("lgamma", lgamma(x)), ("atan2", atan2(x, 2)),
      ]
    }
    let values: [Double] = [
      0.3, 1e22, 2.5, -1e5, 30, 1e-9, .infinity, .nan, 14, 15.5, 1e3, 3e6, -0.7, 125, 40_000, 1e300,
    ]
    let arguments: [[Double]] = (0..<67).map { (member: Int) -> [Double] in
      [values[member * 5 % 16] * Double(1 + member / 16)]
    }
    let ensemble = Ensemble(members: 67, inputs: [arguments])
    try expectIndependence(engine.executor().prepare(program, precision: precision), ensemble, "\(precision)")
  }

  @Test(arguments: [Precision.double, .single]) func blockWidthDoesNotChangeAnyBit(precision: Precision) throws {
    let program = try RandomProgram.batch(seeds: 31_000..<31_004, operations: 20).program
    let ensemble = RandomProgram.ensemble(seed: 5, members: 600)
    let results = try [256, 512, 1024].map {
      bits(try BatchedExecutor(width: $0).prepare(program, precision: precision).outputs(for: ensemble))
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  /// Products that OpenBLAS does, large enough for all its paths.
  @Test(arguments: [Precision.double, .single]) func bitsOfMatrixProductsDoNotDependOnOtherMembers(precision: Precision)
    throws
  {
    let program = try Program.trace(
      "layers", inputs: [.init("w", ValueType(.real, [37, 300], .shared)), .init("x", ValueType(.real, [300]))]
    ) { inputs in
      let hidden = matrixProduct(inputs[0], inputs[1])
      return [("hidden", hidden), ("back", matrixProduct(hidden, inputs[0]))]
    }
    var generator = SplitMix(seed: 8)
    func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in Double.random(in: -1...1, using: &generator) } }
    let ensemble = Ensemble(members: 70, inputs: [[numbers(37 * 300)], (0..<70).map { _ in numbers(300) }])
    let prepared = try BatchedExecutor().prepare(program, precision: precision)
    try expectIndependence(prepared, ensemble, "\(precision)")
    // Also in the second product of a block and in the second block.
    let order = (0..<600).map { $0 * 7 % 70 }
    let found = try prepared.outputs(for: ensemble.arranged(order, program))
    let all = try prepared.outputs(for: ensemble)
    for output in 0..<2 { #expect(order.indices.allSatisfy { found[output][$0] == all[output][order[$0]] }) }
  }
}
