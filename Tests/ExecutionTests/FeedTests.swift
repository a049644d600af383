import Execution
import Programs
import Testing

/// Members that are granted while a program runs.
@Suite struct FeedTests {
  /// Grants so many members at a time, over and over, up to a limit.
  private final class Grants: @unchecked Sendable {
    private let sizes: [Int]
    private let limit: Int
    private(set) var granted = 0
    private(set) var questions = 0

    init(_ sizes: [Int], upTo limit: Int) { (self.sizes, self.limit) = (sizes, limit) }

    func next() -> Int {
      let size = min(sizes[questions % sizes.count], limit - granted)
      questions += 1
      granted += size
      return size
    }
  }

  /// One loop over members, in which lanes take further members, with something before and after it.
  private static func powers() throws -> Program {
    try Program.trace("powers", inputs: [.init("x", ValueType())]) { inputs in
      let start = sin(inputs[0])
      let end = whileLoop("growth", [start * start + 0.01, 0]) {
        $0[0] .< 100
      } body: {
        [$0[0] * 1.1, $0[1] + 1]
      }
      return [("value", end[0] + start), ("turns", end[1])]
    }
  }

  private func expectPrefix(_ prepared: any PreparedProgram, _ ensemble: Ensemble, _ comment: String) throws {
    let all = bits(try prepared.outputs(for: ensemble))
    for (sizes, limit) in [
      ([16], 131), ([16], 48), ([1], 5), ([3, 1, 40], 131), ([7, 16], 100), ([200], 131), ([1], 0),
    ] {
      let (inputs, outputs) = (
        prepared.makeInputs(members: ensemble.members), prepared.makeOutputs(members: ensemble.members)
      )
      for (buffer, values) in zip(inputs, ensemble.inputs) {
        for (member, components) in values.enumerated() { buffer.set(components, member: member) }
      }
      let grants = Grants(sizes, upTo: limit)
      let count = try prepared.run(
        members: ensemble.members, from: MemberFeed { grants.next() }, inputs: inputs, outputs: outputs)
      #expect(count == limit && grants.granted == limit, "\(comment): \(sizes) up to \(limit)")
      for (output, buffer) in outputs.enumerated() where buffer.type.extent == .member {
        let differing = (0..<limit).first { buffer.values(member: $0).map { bits($0) } != all[output][$0] }
        #expect(differing == nil, "\(comment): member \(differing ?? 0) of \(limit), \(sizes) at a time")
      }
    }
  }

  @Test(arguments: Engine.allCases, [Precision.double, .single])
  func grantedMembersAreComputedAsIfAllWere(engine: Engine, precision: Precision) throws {
    let arguments = (0..<131).map { [0.1 * Double($0 * 37 % 131)] }
    let powers = Ensemble(members: 131, inputs: [arguments])
    let programs =
      [(try Self.powers(), powers)]
      + [40_000, 40_002].map { seed in
        (
          try! RandomProgram.batch(seeds: seed..<seed + 2, operations: 20, depth: RandomProgram.outermostDepth - 1)
            .program,
          RandomProgram.ensemble(seed: seed, members: 131)
        )
      }
    for (program, ensemble) in programs {
      for vectors in engine == .compiled ? [1, 2] : [1] {
        let prepared = try engine.executor(vectorsPerTile: vectors).prepare(program, precision: precision)
        try expectPrefix(prepared, ensemble, "\(program.name), \(vectors) vectors")
      }
    }
  }

  @Test(arguments: Engine.allCases) func sumsOverMembersAreOfThoseGranted(engine: Engine) throws {
    let program = try Program.trace("sum", inputs: [.init("x", ValueType())]) { [("sum", $0[0].sumOverMembers())] }
    let prepared = try engine.executor().prepare(program)
    let (inputs, outputs) = (prepared.makeInputs(members: 100), prepared.makeOutputs(members: 100))
    for member in 0..<100 { inputs[0].set([Double(member)], member: member) }
    let grants = Grants([16], upTo: 37)
    #expect(
      try prepared.run(members: 100, from: MemberFeed { grants.next() }, inputs: inputs, outputs: outputs) == 37)
    #expect(outputs[0].values() == [Double(36 * 37 / 2)])
  }
}
