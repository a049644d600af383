import Testing

@testable import Programs

@Suite struct SimplificationTests {
  private static let number = ValueType()

  private func simplified(
    _ inputs: [Program.Input] = [.init("x", number), .init("y", number)], _ body: ([Staged]) -> [Staged]
  )
    throws -> Program
  {
    try Program.trace("p", inputs: inputs) { inputs in
      body(inputs).enumerated().map { ("out\($0.offset)", $0.element) }
    }.simplified()
  }

  @Test func equalInstructionsAreMergedInEitherOrder() throws {
    let program = try simplified { [sin($0[0] + $0[1]) * sin($0[1] + $0[0])] }
    #expect(program.instructions.map(\.operation.name) == ["add", "sin", "multiply"])
  }

  @Test func constantsOfEitherSignOfZeroStayApart() throws {
    let program = try simplified { [$0[0] + 0, $0[0] + Staged(-0.0), $0[0] - 0, $0[0] - Staged(-0.0)] }
    // x + (−0) and x − 0 are x for every x; x + 0 and x − (−0) turn −0 into 0.
    #expect(program.outputs[1].value == Value(0) && program.outputs[2].value == Value(0))
    #expect(program.outputs[0].value != Value(0) && program.outputs[3].value != Value(0))
  }

  @Test func loopsThatDifferInASignOfZeroStayApart() throws {
    func end(_ x: Staged, _ zero: Double) -> Staged {
      whileLoop("steps", [x]) {
        $0[0] .> 0.5
      } body: {
        [$0[0] / Staged(zero)]
      }[0]
    }
    let program = try simplified { [end($0[0], 0), end($0[0], -0.0), end($0[0], 0)] }
    #expect(program.outputs[0].value != program.outputs[1].value)
    #expect(program.outputs[0].value == program.outputs[2].value)
  }

  /// Every identity's result, to the last bit, for values that break careless ones.
  @Test func identitiesKeepIEEEResults() throws {
    let rules: [(String, (Staged) -> Staged)] = [
      ("x·1", { $0 * 1 }), ("1·x", { 1 * $0 }), ("x·(−1)", { $0 * -1 }), ("x/1", { $0 / 1 }), ("x/8", { $0 / 8 }),
      ("x/0.25", { $0 / 0.25 }), ("x/3", { $0 / 3 }), ("x + 0", { $0 + 0 }), ("x − 0", { $0 - 0 }),
      ("x + (−0)", { $0 + Staged(-0.0) }), ("0 − x", { 0 - $0 }), ("0·x", { 0 * $0 }), ("x − x", { $0 - $0 }),
      ("x/x", { $0 / $0 }), ("−−x", { -(-$0) }), ("3 + −x", { 3 + -$0 }), ("3 − −x", { 3 - -$0 }),
      ("−x + 3", { -$0 + 3 }),
      ("x¹", { pow($0, 1) }), ("x⁰", { pow($0, 0) }), ("min(x, x)", { min($0, $0) }), ("max(x, 0)", { max($0, 0) }),
      ("select", { select($0 .< 0, $0, $0) }), ("not", { select(.!($0 .< 0), $0, 1) }), ("x·2⁻¹⁰⁷⁴", { $0 / 0x1p1023 }),
    ]
    let tiny = Double.leastNonzeroMagnitude
    let values = [
      0.0, -0.0, 1, -1, .infinity, -.infinity, .nan, tiny, -tiny, .greatestFiniteMagnitude, tiny * 12345, 7.3,
    ]
    for (name, rule) in rules {
      let program = try simplified { [rule($0[0])] }
      let unsimplified = try Program.trace("p", inputs: [.init("x", Self.number)]) { [("out0", rule($0[0]))] }
      for value in values {
        let (a, b) = (unsimplified.value(at: [value]), program.value(at: [value, 0]))
        #expect(a == b || (a.isNaN && b.isNaN), "\(name) at \(value): \(a) and \(b)")
        #expect(a.isNaN || a.sign == b.sign, "\(name) at \(value): sign")
      }
    }
  }

  @Test func arraysTakenApartAndPutTogetherAreThemselves() throws {
    let program = try simplified([.init("v", ValueType(.real, [3]))]) { inputs in
      let v = inputs[0]
      return [
        .stack([v[0], v[1], v[2]]), Staged.stack([v[2], v[0]])[1], .concatenate([v, v])[4], v[1..<3][1],
        v.reshaped([3]),
      ]
    }
    #expect(program.outputs[0].value == Value(0) && program.outputs[4].value == Value(0))
    let names = program.instructions.map(\.operation.name)
    #expect(Set(names).isSubset(of: ["index 0", "index 1", "index 2"]), "\(names)")
  }

  @Test func deadInstructionsCarriesRowsAndCapturesGo() throws {
    let program = try simplified { inputs in
      let unused = exp(inputs[1])
      let results = whileLoop("turns", [0, inputs[0], unused, 1]) {
        $0[0] .< 3
      } body: { carry in
        // The third carry feeds itself only; the fourth feeds the second.
        [carry[0] + 1, carry[1] * carry[3], carry[2] + inputs[1], carry[3] + 1]
      }
      let rows = scan("rows", length: 4, [inputs[0], inputs[1]], over: [Staged([1, 2, 3, 4])]) { carry, entries in
        ([carry[0] + 1, carry[1] * 2], [carry[0], carry[1] + entries[0]])
      }
      return [results[1], rows.rows[0]]
    }
    guard case .whileLoop(let loop) = program.instructions.first(where: { $0.operation.name == "while" })?.operation,
      case .scan(let scan) = program.instructions.first(where: { $0.operation.name == "scan 4" })?.operation
    else {
      Issue.record("\(program)")
      return
    }
    #expect(loop.carryCount == 3 && loop.captureCount == 0)
    #expect(scan.carryCount == 1 && scan.rowCount == 1 && scan.body.inputs.count == scan.captureCount + 1)
    #expect(!program.description.contains("exp"))
    // Callers bind inputs by position: they stay.
    #expect(program.inputs.count == 2)
  }

  @Test func smallCallsAreInlinedLargeOnesStay() throws {
    func program(_ size: Int) throws -> Program {
      try simplified { inputs in
        let function = StagedFunction("f") { arguments in
          [(0..<size).reduce(arguments[0]) { x, _ in sin(x) }]
        }
        return [function([inputs[0]])[0] + function([inputs[1]])[0]]
      }
    }
    #expect(try !program(10).instructions.contains { $0.operation.name == "call f" })
    #expect(try program(Program.inlineLimit + 1).instructions.count { $0.operation.name == "call f" } == 2)
  }

  @Test func simplificationIsDoneOnce() throws {
    let program = try simplified { inputs in
      let results = whileLoop("turns", [0, inputs[0]]) {
        $0[0] .< inputs[1]
      } body: {
        [$0[0] + 1, $0[1] / 4 - -$0[0]]
      }
      return [results[1] * 1]
    }
    #expect(try program.simplified() == program)
  }

  @Test func theObserverSeesEveryPass() throws {
    var seen: [SimplificationPass] = []
    _ = try Program.trace("p", inputs: [.init("x", Self.number)]) { [("y", $0[0] * 1)] }
      .simplified { pass, _ in seen.append(pass) }
    #expect(seen == SimplificationPass.allCases)
  }

  @Test func instructionsBeforeMembersAreKnownDependOnNoLoopOverThem() throws {
    let shared = ValueType(.real, .scalar, .shared)
    let program = try simplified([.init("m", Self.number), .init("s", shared)]) { inputs in
      let loop = whileLoop("turns", [0, inputs[0]]) {
        $0[0] .< inputs[1]
      } body: {
        [$0[0] + 1, $0[1] * 2]
      }
      return [loop[0] * 3, loop[1], exp(inputs[1])]
    }
    let names = program.memberFreeInstructions.sorted().map { program.instructions[$0].operation.name }
    #expect(names.contains("exp") && !names.contains("multiply") && !names.contains("while"))
  }
}

extension Program {
  /// The first output of straight-line code of scalars.
  fileprivate func value(at inputs: [Double]) -> Double {
    var values = inputs.prefix(self.inputs.count).map { [$0] }
    let types = types
    for instruction in instructions {
      let operands = instruction.operands.map { (values: values[$0.number], type: types[$0.number]) }
      values.append(ConstantFolding.evaluate(instruction.operation, operands, instruction.results[0])!)
    }
    return values[outputs[0].value.number][0]
  }
}
