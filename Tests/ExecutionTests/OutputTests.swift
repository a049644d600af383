import Execution
import Programs
import Testing

@Suite struct OutputTests {
  /// The order of a buffer is where its components stand, not what they are.
  @Test(arguments: Engine.allCases, Precision.allCases) func bothOrdersHoldTheSameNumbers(
    engine: Engine, precision: Precision
  )
    throws
  {
    let program = try Program.trace("orders", inputs: [.init("x", ValueType(.real, [3, 5]))]) { inputs in
      let times = Staged((0..<40).map { Double($0) / 39 })
      let loop = whileLoop("turns", [0, 0, Staged(-1).broadcast(to: [2, 40])]) {
        $0[0] .< 1
      } body: { carry in
        let (series, cursor) = tabulate(
          series: carry[2], cursor: carry[1], times: times, until: carry[0] + 0.5, origin: carry[0], scale: 2,
          coefficients: .stack([inputs[0][0][0..<2], inputs[0][1][0..<2]]))
        return [carry[0] + 0.5, cursor, series]
      }
      return [
        ("small", inputs[0] * 2), ("large", .stack([inputs[0], inputs[0], inputs[0]])), ("series", loop[2]),
        ("flags", inputs[0] .< 1),
      ]
    }
    let ensemble = Ensemble(
      members: 70, inputs: [(0..<70).map { member in (0..<15).map { Double(member) - Double($0) / 4 } }])
    let results = try [Buffer.Order.componentMajor, .memberMajor].map { order in
      try engine.executor().prepare(program, precision: precision, outputOrders: program.outputs.map { _ in order })
        .outputs(for: ensemble)
    }
    #expect(bits(results[0]) == bits(results[1]))
    #expect(results[0][0][7] == ensemble.inputs[0][7].map { $0 * 2 })
    let last = results[0][2][9]
    #expect(last[0] == 9 && abs(last[39] - (9 + 7.75)) < 1e-5)
  }

  /// Adding members one after the other, from the first, in the program's precision.
  @Test(arguments: Engine.allCases, Precision.allCases) func membersAreSummedInTheirOrder(
    engine: Engine, precision: Precision
  )
    throws
  {
    let program = try Program.trace(
      "sum", inputs: [.init("x", ValueType(.real, [2])), .init("s", ValueType(.real, .scalar, .shared))]
    ) { inputs in
      [("sum", inputs[0].sumOverMembers()), ("shared", inputs[1].sumOverMembers()), ("x", inputs[0])]
    }
    var generator = SplitMix(seed: 2)
    for members in [1, 7, 64, 1300] {
      let values = (0..<members).map { _ in
        (0..<2).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
      }
      let outputs = try engine.executor().outputs(
        program, Ensemble(members: members, inputs: [values, [[0.1]]]), precision: precision)
      for component in 0..<2 {
        let sum =
          precision == .double
          ? values.reduce(0.0) { $0 + $1[component] } : Double(values.reduce(Float(0)) { $0 + Float($1[component]) })
        #expect(outputs[0][0][component] == sum, "\(members) members")
      }
      let repeated =
        precision == .double
        ? (0..<members).reduce(0.0) { sum, _ in sum + 0.1 }
        : Double((0..<members).reduce(Float(0)) { sum, _ in sum + 0.1 })
      #expect(outputs[1][0][0] == repeated)
    }
  }

  @Test(arguments: Engine.allCases) func wrongBuffersAreRefused(engine: Engine) throws {
    let program = try Program.trace("half", inputs: [.init("x", ValueType())]) { [("y", $0[0] * 0.5)] }
    let prepared = try engine.executor().prepare(program)
    let short = prepared.makeInputs(members: 3)
    #expect(throws: ExecutionError.self) {
      try prepared.run(members: 200, inputs: short, outputs: prepared.makeOutputs(members: 200))
    }
    #expect(throws: ExecutionError.self) {
      try prepared.run(members: 3, inputs: [], outputs: prepared.makeOutputs(members: 3))
    }
  }

  @Test(arguments: Engine.allCases) func manyThreadsRunOneProgram(engine: Engine) async throws {
    let program = try RandomProgram.batch(seeds: 32_000..<32_003, operations: 20).program
    let prepared = try engine.executor().prepare(program)
    let expected = try (0..<4).map { bits(try prepared.outputs(for: RandomProgram.ensemble(seed: $0, members: 40))) }
    try await withThrowingTaskGroup(of: (Int, [[[UInt64]]]).self) { group in
      for turn in 0..<16 {
        group.addTask {
          (turn % 4, bits(try prepared.outputs(for: RandomProgram.ensemble(seed: turn % 4, members: 40))))
        }
      }
      for try await (ensemble, found) in group { #expect(found == expected[ensemble]) }
    }
  }
}
