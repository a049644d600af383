import Execution
import Programs
import Testing

@Suite struct LoopTests {
  private static let number = ValueType()

  @Test(arguments: Engine.allCases) func finishedMembersNeverChange(engine: Engine) throws {
    // After its end a member's turn would give NaN or infinity.
    let program = try Program.trace("end", inputs: [.init("turns", Self.number)]) { inputs in
      let results = whileLoop("turns", [0, 1, Staged([1, 2, 3])]) {
        $0[0] .< inputs[0]
      } body: { carry in
        let left = inputs[0] - carry[0]
        return [carry[0] + 1, carry[1] * left / left, carry[2] + 1 / left]
      }
      return [("count", results[0]), ("one", results[1]), ("sums", results[2])]
    }
    let turns = (0..<40).map { Double(($0 * 7) % 23) - 2 }
    let outputs = try engine.executor().outputs(program, Ensemble(members: 40, inputs: [turns.map { [$0] }]))
    for (member, turns) in turns.enumerated() {
      #expect(outputs[0][member] == [max(turns, 0)])
      #expect(outputs[1][member] == [1])
      let harmonic = turns > 0 ? (1...Int(turns)).reversed().reduce(0) { $0 + 1 / Double($1) } : 0
      #expect(abs(outputs[2][member][1] - 2 - harmonic) < 1e-13)
    }
  }

  @Test(arguments: Engine.allCases) func aConditionOnNaNIsFalse(engine: Engine) throws {
    let program = try Program.trace("nan", inputs: [.init("x", Self.number)]) { inputs in
      let results = whileLoop("turns", [inputs[0], 0]) {
        $0[0] .< 100
      } body: {
        [$0[0] * 2, $0[1] + 1]
      }
      return [("x", results[0]), ("turns", results[1])]
    }
    let outputs = try engine.executor().outputs(
      program, Ensemble(members: 4, inputs: [[[.nan], [1], [-.infinity * 0], [200]]]))
    #expect(outputs[1] == [[0], [7], [0], [0]])
    #expect(outputs[0][0][0].isNaN && outputs[0][1] == [128])
  }

  /// A finished member must not keep an inner loop running, which for its carry might never end.
  @Test(arguments: Engine.allCases) func innerLoopsRunForActiveMembersOnly(engine: Engine) throws {
    let program = try Program.trace("nested", inputs: [.init("n", Self.number)]) { inputs in
      let results = whileLoop("turns", [0, 0]) {
        $0[0] .< inputs[0]
      } body: { outer in
        // For a member that has reached n the inner step is zero.
        let step = inputs[0] - outer[0]
        let inner = whileLoop("turns", [0]) {
          $0[0] .< 1
        } body: {
          [$0[0] + step]
        }
        return [outer[0] + 1, outer[1] + inner[0]]
      }
      return [("sum", results[1])]
    }
    let outputs = try engine.executor().outputs(program, Ensemble(members: 5, inputs: [[[1], [2], [3], [0], [9]]]))
    #expect(outputs[0] == [[1], [3], [6], [0], [45]])
  }

  /// The same where the inner loop stands in a called program that is too large to be inlined.
  @Test(arguments: Engine.allCases) func calledLoopsRunForActiveMembersOnly(engine: Engine) throws {
    let program = try Program.trace("called", inputs: [.init("n", Self.number)]) { inputs in
      let function = StagedFunction("large") { arguments in
        let inner = whileLoop("turns", [0]) {
          $0[0] .< 1
        } body: {
          [$0[0] + arguments[0]]
        }
        var sum = inner[0]
        for term in 0..<Program.inlineLimit { sum = sin(sum) + Staged(Double(term)) }
        return [inner[0] + 0 * sum]
      }
      let results = whileLoop("turns", [0, 0]) {
        $0[0] .< inputs[0]
      } body: { outer in
        [outer[0] + 1, outer[1] + function([inputs[0] - outer[0]])[0]]
      }
      return [("sum", results[1])]
    }
    let outputs = try engine.executor().outputs(program, Ensemble(members: 5, inputs: [[[1], [2], [3], [0], [9]]]))
    #expect(outputs[0] == [[1], [3], [6], [0], [45]])
  }

  @Test(arguments: Engine.allCases) func carriesMayExchangePlaces(engine: Engine) throws {
    let large = (0..<40).map(Double.init)
    let program = try Program.trace("exchange", inputs: [.init("n", Self.number)]) { inputs in
      let zero = inputs[0] * 0
      let results = whileLoop("turns", [0, zero + 1, zero + 2, Staged(large) + zero, -Staged(large) + zero]) {
        $0[0] .< inputs[0]
      } body: {
        [$0[0] + 1, $0[2], $0[1], $0[4], .concatenate([$0[3][1..<40], $0[3][0..<1]])]
      }
      return [("a", results[1]), ("b", results[2]), ("c", results[3]), ("d", results[4])]
    }
    let outputs = try engine.executor().outputs(program, Ensemble(members: 3, inputs: [[[0], [1], [2]]]))
    let turned = Array(large[1...]) + [0]
    #expect(outputs[0] == [[1], [2], [1]] && outputs[1] == [[2], [1], [2]])
    #expect(outputs[2] == [large, large.map { -$0 }, turned])
    #expect(outputs[3] == [large.map { -$0 }, turned, turned.map { -$0 }])
  }

  /// A loop may carry a shared counter beside a member's state; the counter is known only after the loop.
  @Test(arguments: Engine.allCases) func sharedCarriesBesideMembersOnesCanBeOutputs(engine: Engine) throws {
    let program = try Program.trace(
      "mixed", inputs: [.init("x", Self.number), .init("n", ValueType(.real, .scalar, .shared))]
    ) { inputs in
      let results = whileLoop("turns", [0, inputs[0]]) {
        $0[0] .< inputs[1]
      } body: {
        [$0[0] + 1, $0[1] * 2]
      }
      return [("count", results[0]), ("twice", results[0] * 2), ("x", results[1]), ("n", inputs[1])]
    }
    #expect(program.outputTypes.map(\.extent) == [.shared, .shared, .member, .shared])
    let outputs = try engine.executor().outputs(program, Ensemble(members: 3, inputs: [[[1], [2], [3]], [[4]]]))
    #expect(outputs == [[[4]], [[8]], [[16], [32], [48]], [[4]]])
  }

  @Test(arguments: Engine.allCases) func scanStacksRowsAndCarries(engine: Engine) throws {
    let length = 50
    let program = try Program.trace("scan", inputs: [.init("x", Self.number)]) { inputs in
      let results = scan("rows", length: length, [inputs[0]], over: [Staged((0..<length).map(Double.init))]) {
        carry, entries in
        ([carry[0] + entries[0]], [carry[0], .stack([entries[0], carry[0]])])
      }
      return [("last", results.carry[0]), ("rows", results.rows[0]), ("pairs", results.rows[1])]
    }
    let outputs = try engine.executor().outputs(program, Ensemble(members: 2, inputs: [[[0], [100]]]))
    #expect(outputs[0] == [[1225], [1325]])
    let sums = (0..<length).map { Double($0 * ($0 - 1) / 2) }
    #expect(outputs[1][0] == sums && outputs[1][1] == sums.map { $0 + 100 })
    #expect(outputs[2][1] == (0..<length).flatMap { [Double($0), sums[$0] + 100] })
  }
}
