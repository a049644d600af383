import Programs
import Testing

@Suite struct TracingTests {
  private static let number = ValueType()
  private static let shared = ValueType(.real, .scalar, .shared)

  @Test func aResultIsMemberIfAnyOperandIs() throws {
    let program = try Program.trace("p", inputs: [.init("m", Self.number), .init("s", Self.shared)]) { inputs in
      [("a", inputs[0] + inputs[1]), ("b", inputs[1] * 2), ("c", Staged(3.0)), ("d", inputs[0].sumOverMembers())]
    }
    #expect(program.outputTypes.map(\.extent) == [.member, .shared, .shared, .shared])
  }

  @Test func knownNumbersAreComputedWhileTracing() throws {
    let program = try Program.trace("p", inputs: []) { _ in
      let table = Staged([1, 2, 3, 4, 5, 6], shape: [2, 3])
      let product = matrixProduct(table, table.transposed)
      #expect(product.literal == [14, 32, 32, 77])
      #expect(table.sum(axis: 0).literal == [5, 7, 9] && table.sum(axis: 1).literal == [6, 15])
      #expect(table.slice(1..<3, axis: 1).literal == [2, 3, 5, 6] && table[1].literal == [4, 5, 6])
      #expect(table[1, 2].literal == [6])
      #expect(Staged.concatenate([table, table], axis: 1).literal == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
      #expect(select(table .< 3, table, 0).literal == [1, 2, 0, 0, 0, 0])
      #expect(table.gather(Staged(.nan)).literal == [1, 2, 3] && table.gather(7.5).literal == [4, 5, 6])
      #expect(((Staged(1) .< 2) .& (.!(Staged(1) .< 2))).literal == [0])
      return [("x", product)]
    }
    #expect(program.instructions.count == 1)
  }

  /// `Program.trace` throws the first mistake, whatever is computed with its stand-in afterwards.
  private func mistake(_ body: ([Staged]) -> Staged) -> String {
    do {
      _ = try Program.trace("p", inputs: [.init("a", ValueType(.real, [3])), .init("b", ValueType(.real, [4]))]) {
        [("x", body($0))]
      }
    } catch {
      return "\(error)"
    }
    return "no mistake"
  }

  @Test func wrongShapesAreNamedWithTheLineOfTheModel() {
    let line = #line + 1
    let message = mistake { ($0[0] + $0[1]) * 2 }
    #expect(message.hasPrefix("add needs equal shapes, but got [3] and [4] ("))
    #expect(message.contains("TracingTests.swift"), "\(message)")
    // Where debug information is there, the very line.
    #expect(message.contains(":\(line))") || !message.contains(", at "), "\(message)")
  }

  @Test func everyKindOfMistakeIsWorded() {
    let cases: [(String, ([Staged]) -> Staged)] = [
      ("sum axis 1 needs an array with an axis 1, but got [3]", { $0[0].sum(axis: 1) }),
      ("index 3 needs an array with an entry 3, but got [3]", { $0[0][3] }),
      ("matrixProduct needs [m, k] and [k, n], or vectors, but got [3] and [4]", { matrixProduct($0[0], $0[1]) }),
      ("reshape needs 5 components, but got [3]", { $0[0].reshaped([5]) }),
      ("transpose needs a matrix, but got [3]", { $0[0].transposed }),
      ("broadcast needs a scalar, but got [3]", { $0[0].broadcast(to: [2]) }),
      ("stack needs equal shapes, but got [3] and [4]", { .stack($0) }),
      ("slice axis 0 2..<4 needs an array with entries 2 ..< 4 on axis 0, but got [3]", { $0[0][2..<4] }),
      ("not needs one of the booleans, but got [3]", { .!$0[0] }),
      ("exp needs one of the numbers, but got boolean [3]", { exp($0[0] .< 1) }),
      ("select needs a boolean condition and two values, but got [3] and [3] and [3]", { select($0[0], $0[0], $0[0]) }),
      (
        "gather needs a table with at least one entry and a scalar position, but got [3] and [4]",
        { $0[0].gather($0[1]) }
      ),
    ]
    for (expected, body) in cases {
      #expect(mistake(body).hasPrefix(expected), "\(mistake(body))")
    }
  }

  @Test func theFirstMistakeIsTheOneReported() {
    #expect(mistake { ($0[0] + $0[1]) + $0[0].transposed }.hasPrefix("add needs equal shapes, but got [3] and [4]"))
  }

  @Test func aPlaceGivenByTheCallerIsNamed() {
    let error = #expect(throws: ProgramError.self) {
      try Program.trace("p", inputs: [.init("a", ValueType(.real, [3]))], place: Place("rate of 'x'")) {
        [("x", $0[0].transposed)]
      }
    }
    #expect(error?.description.contains("rate of 'x'") == true)
  }

  @Test func aValueOfAnotherTraceIsRefused() throws {
    var stray: Staged?
    _ = try Program.trace("first", inputs: [.init("a", Self.number)]) { inputs in
      stray = inputs[0]
      return [("x", inputs[0])]
    }
    let error = #expect(throws: ProgramError.self) {
      try Program.trace("second", inputs: [.init("b", Self.number)]) { [("x", $0[0] + stray!)] }
    }
    #expect(error?.description.contains("value of another trace") == true, "\(String(describing: error))")
  }

  @Test func loopsCaptureFromSeveralLevels() throws {
    let program = try Program.trace("p", inputs: [.init("a", Self.number), .init("b", Self.shared)]) { inputs in
      let doubled = inputs[0] * 2
      let outer = whileLoop("outer", [0, 0]) {
        $0[0] .< inputs[1]
      } body: { outer in
        let here = outer[0] + doubled
        let inner = whileLoop("inner", [0]) {
          $0[0] .< here
        } body: {
          [$0[0] + doubled + inputs[1] + outer[1]]
        }
        return [outer[0] + 1, outer[1] + inner[0]]
      }
      return [("x", outer[1])]
    }
    try program.check()
    guard case .whileLoop(let outer) = program.instructions.last?.operation,
      case .whileLoop(let inner) = outer.body.instructions.first(where: { $0.operation.name == "while" })?.operation
    else {
      Issue.record("no nested loops in\n\(program)")
      return
    }
    // The outer loop captures b (its condition) and a·2, the inner loop all four that it uses.
    #expect(outer.captureCount == 2 && inner.captureCount == 4)
    #expect(try program.simplified().outputTypes == [Self.number])
  }

  @Test func carriesThatBecomeMembersAreMemberFromTheStart() throws {
    let program = try Program.trace("p", inputs: [.init("a", Self.number)]) { inputs in
      // The third carry becomes member only through the second, a turn later.
      let results = whileLoop("turns", [0, 0, 0, 0]) {
        $0[0] .< 3
      } body: {
        [$0[0] + 1, inputs[0], $0[1], $0[3] + 1]
      }
      return results.enumerated().map { ("x\($0.offset)", $0.element) }
    }
    #expect(program.outputTypes.map(\.extent) == [.shared, .member, .member, .shared])
    let masked = try Program.trace("p", inputs: [.init("a", Self.number)]) { inputs in
      // The trip count differs by member, and so does everything that is counted.
      whileLoop("turns", [0, 0]) {
        $0[0] .< inputs[0]
      } body: {
        [$0[0] + 1, $0[1] + 2]
      }.map { ("x", $0) }
    }
    #expect(masked.outputTypes.map(\.extent) == [.member, .member])
  }

  @Test func aCarryThatChangesItsShapeIsNamed() {
    let message = mistake { inputs in
      whileLoop("steps", [0, inputs[0]]) {
        $0[0] .< 1
      } body: {
        [$0[0] + 1, inputs[1]]
      }[1]
    }
    #expect(
      message.hasPrefix("carry 1 of steps must keep its type member real[3], but its body returns member real[4] ("),
      "\(message)")
  }

  @Test func whatALoopComputesFromOuterValuesStandsBeforeIt() throws {
    let program = try Program.trace("p", inputs: [.init("a", Self.number)]) { inputs in
      let results = whileLoop("turns", [0]) {
        $0[0] .< 3
      } body: {
        [$0[0] + exp(inputs[0])]
      }
      return [("x", results[0])]
    }
    #expect(program.instructions.contains { $0.operation == .unary(.exp) })
  }

  @Test func aStagedFunctionIsTracedOnceForEachTypes() throws {
    var traced = 0
    _ = try Program.trace("p", inputs: [.init("a", Self.number), .init("v", ValueType(.real, [2]))]) { inputs in
      let function = StagedFunction("square") { arguments in
        traced += 1
        return [arguments[0] * arguments[0] + inputs[0]]
      }
      let values = [function([inputs[0]])[0], function([inputs[0] + 1])[0], function([inputs[1]])[0]]
      return values.enumerated().map { ("x\($0.offset)", $0.element) }
    }
    #expect(traced == 2)
  }

  @Test func wholePowersAreProducts() throws {
    let program = try Program.trace("p", inputs: []) { _ in
      for exponent in -3...7 { #expect(power(Staged(2), exponent).literal == [Staged.twoToThe(exponent)]) }
      #expect(power(Staged([1, 2]), 0).literal == [1, 1])
      return []
    }
    #expect(program.instructions.isEmpty)
  }
}

extension Staged {
  fileprivate static func twoToThe(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
