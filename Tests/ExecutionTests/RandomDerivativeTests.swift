import Batched
import Compiled
import Differentiation
import Execution
import Programs
import Testing

/// Forward and reverse mode are each other's transpose on random programs, in both executors: ⟨w, J v⟩ = ⟨Jᵀ w, v⟩.
@Suite struct RandomDerivativeTests {
  /// The sum of products, and that of their magnitudes.
  private struct Pairing {
    var sum = 0.0
    var size = 0.0

    mutating func add(_ a: [[Double]], _ b: [[Double]]) {
      for (a, b) in zip(a.joined(), b.joined()) {
        sum += a * b
        size += abs(a * b)
      }
    }
  }

  private static func random(_ type: ValueType, _ members: Int, _ generator: inout SplitMix) -> [[Double]] {
    (0..<(type.extent == .shared ? 1 : members)).map { _ in
      (0..<type.shape.count).map { _ in Double(generator.below(2001) - 1000) / 1000 }
    }
  }

  @Test(arguments: 0..<12) func forwardAndReverseModeAreTransposed(batch: Int) throws {
    let seeds = RandomProgram.seeds(40_000 + 5 * batch..<40_000 + 5 * (batch + 1))
    let program = try RandomProgram.batch(seeds: seeds, operations: 10).program
    // An output that all members share is differentiated by itself, where shared inputs reach members as well.
    let numbers = zip(program.outputs, program.outputTypes).filter { $1.kind == .real }
    let own = numbers.filter { $1.extent == .member }.map(\.0.name)
    let shared = numbers.filter { $1.extent == .shared }.map(\.0.name).prefix(1)
    for outputs in [own] + shared.map({ [$0] }) { try expectTransposed(program, outputs, batch, "seeds \(seeds)") }
  }

  private func expectTransposed(_ program: Program, _ outputs: [String], _ batch: Int, _ comment: String) throws {
    let options = DerivativeOptions(of: outputs, tapeCapacity: 64, isStrict: false)
    let (forward, reverse) = (try program.jacobianVectorProduct(options), try program.vectorJacobianProduct(options))
    let members = 5
    var generator = SplitMix(seed: batch)
    let ensemble = RandomProgram.ensemble(seed: batch, members: members)
    let directions = program.inputs.map { Self.random($0.type, members, &generator) }
    let seedInputs = reverse.inputs.dropFirst(program.inputs.count)
    let weights = seedInputs.map { Self.random($0.type, members, &generator) }
    #expect(!weights.isEmpty)
    for engine in Engine.allCases {
      let executor: any Executor =
        engine == .batched ? BatchedExecutor() : try CompiledExecutor(environment: TestCache.quickEnvironment)
      func run(_ program: Program, _ more: [[[Double]]]) throws -> [String: [[Double]]] {
        let found = try executor.outputs(program, Ensemble(members: members, inputs: ensemble.inputs + more))
        return Dictionary(zip(program.outputs.map(\.name), found)) { a, _ in a }
      }
      let pushed = try run(forward, directions)
      let pulled = try run(reverse, weights)
      if let full = pulled[Program.tapeFull] { #expect(full.joined().allSatisfy { $0 == 0 }) }
      var (left, right) = (Pairing(), Pairing())
      for (input, weight) in zip(seedInputs, weights) {
        let output = String(input.name.dropFirst("cotangent.".count))
        left.add(weight, try #require(pushed["tangent." + output]))
      }
      for (input, direction) in zip(program.inputs, directions) {
        right.add(direction, try #require(pulled["cotangent." + input.name]))
      }
      #expect(left.size.isFinite && (outputs.count == 1 || left.size > 0))
      #expect(
        abs(left.sum - right.sum) <= 1e-12 * (left.size + right.size),
        "\(comment), \(outputs), \(engine): \(left.sum) and \(right.sum), of terms that add up to \(left.size)")
    }
  }
}
