import Batched
import Execution
import Programs
import Testing

@testable import Compiled

/// Random programs give the same results in both executors. To run one seed again: `FLOWMAP_SEED=17 swift test --filter
/// AgreementTests`.
@Suite struct AgreementTests {
  /// A program's sensitivity to rounding shows in what single precision makes of it: its distance from double precision,
  /// in units of its rounding error, for the member where that is largest.
  private static func sensitivity(_ double: [[Double]], _ single: [[Double]]) -> Double {
    var largest = 0.0
    for (a, b) in zip(double.joined(), single.joined()) where a.isFinite && b.isFinite {
      largest = max(largest, abs(a - b))
    }
    return largest / Double(Float.ulpOfOne)
  }

  /// Both sums and sums over members of values up to 4 round by this much at least.
  private static func floor(_ members: Int) -> Double { 64 + Double(members) }

  private static func expectSame(
    _ expected: [[[Double]]], _ found: [[[Double]]], sensitivities: [Double], _ rounding: Double, seeds: [Int],
    _ comment: String, _ program: Program
  ) {
    let shown = RandomProgram.isSingle ? program.description : ""
    for (output, seed) in seeds.enumerated() {
      let tolerance = 16 * rounding * (sensitivities[output] + floor(expected[output].count))
      var worst: (Int, Int, Double, Double)?
      for (member, (a, b)) in zip(expected[output], found[output]).enumerated() {
        for (component, (a, b)) in zip(a, b).enumerated() where !(abs(a - b) <= tolerance) && bits(a) != bits(b) {
          worst = worst ?? (member, component, a, b)
        }
      }
      if let (member, component, a, b) = worst {
        Issue.record(
          "seed \(seed), output \(output), member \(member), component \(component): \(a) and \(b), \(comment)\n\(shown)"
        )
      }
    }
  }

  private func expectAgreement(
    _ program: Program, _ owners: [Int], _ compiled: any PreparedProgram, ensemble: Ensemble, _ comment: String
  ) throws {
    let double = try Engine.batched.executor().outputs(program, ensemble)
    let single = try Engine.batched.executor().outputs(program, ensemble, precision: .single)
    Self.expectSame(
      compiled.precision == .double ? double : single, try compiled.outputs(for: ensemble),
      sensitivities: zip(double, single).map(Self.sensitivity),
      compiled.precision == .double ? Double.ulpOfOne : Double(Float.ulpOfOne), seeds: owners,
      "\(comment), \(compiled.precision)", program)
  }

  /// The vectors of a batch: all of this processor's in turn, each with every vector library.
  private static func width(_ batch: Int) -> VectorWidth {
    VectorWidth.available[batch / 3 % VectorWidth.available.count]
  }

  /// Thousands of small programs; compiled without optimisation, as only the written C is in question.
  @Test(arguments: 0..<20) func executorsAgreeOnRandomPrograms(batch: Int) throws {
    let seeds = RandomProgram.seeds(100 * batch..<100 * (batch + 1))
    let (program, owners) = try RandomProgram.callees(seeds: seeds, operations: 10)
    let library = VectorLibrary.allCases[batch % 3]
    let executor = try CompiledExecutor(
      library: library, vectorsPerTile: 1, width: Self.width(batch), environment: TestCache.quickEnvironment)
    let compiled = try executor.prepare(
      simple: program, precision: batch % 4 == 3 ? .single : .double,
      outputOrders: program.outputs.map { _ in .componentMajor })
    try expectAgreement(
      program, owners, compiled, ensemble: RandomProgram.ensemble(seed: batch, members: 21),
      "\(library), \(Self.width(batch))")
  }

  /// Larger programs as users run them: optimised, inlined, with one, two or four vectors a tile.
  @Test(arguments: 0..<24) func executorsAgreeOnOptimisedPrograms(batch: Int) throws {
    let seeds = RandomProgram.seeds(20_000 + 3 * batch..<20_000 + 3 * (batch + 1))
    let (program, owners) = try RandomProgram.batch(seeds: seeds, operations: 20)
    let vectors = [1, 2, 4][batch % 3]
    // Each number of vectors with each library and each width, as far as 24 programs go.
    let library = VectorLibrary.allCases[(batch + batch / 9) % 3]
    let compiled = try CompiledExecutor(
      library: library, vectorsPerTile: vectors, width: Self.width(batch), environment: TestCache.environment
    ).prepare(program, precision: batch % 4 == 3 ? .single : .double)
    try expectAgreement(
      program, owners, compiled, ensemble: RandomProgram.ensemble(seed: batch, members: 69),
      "\(library), \(vectors) vectors of \(Self.width(batch))")
  }

  @Test func batchedExecutorAgreesWithTracingOnKnownNumbers() throws {
    let seeds = RandomProgram.seeds(10_000..<10_400)
    let (program, owners) = try RandomProgram.batch(seeds: seeds, operations: 24, depth: 0)
    let ensemble = RandomProgram.ensemble(seed: 1, members: 3)
    let found = try Engine.batched.executor().outputs(program, ensemble)
    for member in 0..<ensemble.members {
      var output = 0
      for seed in seeds {
        let known = zip(ensemble.inputs, RandomProgram.inputs).map { values, input in
          Staged(input.type.extent == .shared ? values[0] : values[member], shape: input.type.shape)
        }
        var random = RandomProgram(seed: seed, inputs: known, depth: 0)
        random.add(24)
        for value in random.outputs(2) {
          #expect(owners[output] == seed)
          let literal = try #require(value.literal, "seed \(seed)")
          // The same operations in the same order in the same precision, but that simplification may turn a division
          // into a multiplication: exact for powers of two.
          let row = found[output].count == 1 ? found[output][0] : found[output][member]
          #expect(
            zip(literal, row).allSatisfy { abs($0 - $1) <= 1e-12 },
            "seed \(seed), member \(member): \(literal) \(row) \(value.type)")
          output += 1
        }
      }
    }
  }
}
