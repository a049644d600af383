import Testing

@testable import Programs

/// Programs that no trace would record; transformations might.
@Suite struct CheckingTests {
  private static let number = ValueType()
  private static let vector = ValueType(.real, [3])
  private static let shared = ValueType(.real, .scalar, .shared)
  private static let boolean = ValueType(.boolean)

  private func reason(
    _ instructions: [Instruction], inputs: [ValueType] = [number, vector, shared], outputs: [Int] = [0]
  ) -> String {
    let program = Program(
      name: "p", inputs: inputs.enumerated().map { .init("i\($0.offset)", $0.element) }, instructions: instructions,
      outputs: outputs.enumerated().map { .init("o\($0.offset)", Value($0.element)) })
    do {
      try program.check()
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  private static func region(_ inputs: [ValueType], _ instructions: [Instruction], _ outputs: [Int]) -> Program {
    Program(
      name: "region", inputs: inputs.enumerated().map { .init("i\($0.offset)", $0.element) },
      instructions: instructions,
      outputs: outputs.enumerated().map { .init("o\($0.offset)", Value($0.element)) })
  }

  @Test func operandsComeBeforeTheirUse() {
    let add = Instruction(.binary(.add), [Value(0), Value(4)], [Self.number])
    #expect(reason([add, add]).contains("add uses %4 before it is defined"))
    #expect(reason([], outputs: [7]).contains("output 'o0' is not defined"))
  }

  @Test func resultsHaveTheTypesThatOperationsGive() {
    let wrong = [
      Instruction(.binary(.add), [Value(0), Value(2)], [Self.shared]),
      Instruction(.unary(.exp), [Value(1)], [Self.number]),
      Instruction(.compare(.less), [Value(0), Value(2)], [Self.number]),
      Instruction(.stack, [Value(0), Value(0)], [Self.vector]),
    ]
    for instruction in wrong { #expect(reason([instruction]).contains("has results"), "\(reason([instruction]))") }
  }

  @Test func operandsAreCounted() {
    let wrong = [
      Instruction(.unary(.exp), [Value(0), Value(0)], [Self.number]), Instruction(.unary(.exp), [], [Self.number]),
      Instruction(.binary(.add), [Value(0)], [Self.number]),
      Instruction(.select, [Value(0), Value(0)], [Self.number]), Instruction(.not, [], [Self.boolean]),
      Instruction(.index(0), [Value(1), Value(1)], [Self.number]), Instruction(.index(0), [], [Self.number]),
      Instruction(.reshape([3]), [Value(1), Value(0)], [Self.vector]),
      Instruction(.broadcast([3]), [Value(0), Value(0)], [Self.vector]), Instruction(.stack, [], [Self.vector]),
      Instruction(.transpose, [], [Self.vector]), Instruction(.gather, [Value(1)], [Self.number]),
      Instruction(.slice(axis: 0, start: 0, count: 3), [Value(1), Value(0)], [Self.vector]),
      Instruction(.sum(axis: 0), [Value(1), Value(1)], [Self.number]),
      Instruction(.matrixProduct, [Value(1)], [Self.number]),
      Instruction(.linearAlgebra(.triangularFactors), [Value(1)], [Self.vector, Self.vector]),
      Instruction(.linearAlgebra(.solve(isTransposed: false)), [Value(1), Value(1)], [Self.vector]),
      Instruction(.linearAlgebra(.symmetricEigen), [Value(1), Value(1)], [Self.vector, Self.vector]),
      Instruction(.stopGradient, [], [Self.number]),
      Instruction(.tabulate, [Value(1)], [Self.vector, Self.number]),
      Instruction(.constant([1]), [Value(0)], [Self.shared]),
    ]
    for instruction in wrong {
      #expect(reason([instruction]).contains("needs"), "\(instruction): \(reason([instruction]))")
    }
  }

  @Test func sumsOverMembersAreOutputsOfTheOutermostProgram() {
    let sum = Instruction(.sumOverMembers, [Value(0)], [Self.shared])
    #expect(reason([sum], outputs: [3]) == "accepted")
    let used = Instruction(.unary(.exp), [Value(3)], [Self.shared])
    #expect(reason([sum, used], outputs: [4]).contains("only when all members have ended"))
    let callee = Self.region([Self.number], [Instruction(.sumOverMembers, [Value(0)], [Self.shared])], [1])
    #expect(
      reason([Instruction(.call(callee), [Value(0)], [Self.shared])]).contains("inside a loop or a called program"))
  }

  @Test func loopsKeepTheirCarries() {
    let condition = Self.region(
      [Self.number], [Instruction(.compare(.less), [Value(0), Value(0)], [Self.boolean])], [1])
    func loop(_ condition: Program, _ body: Program, _ operands: [Int], captures: Int = 0, _ results: [ValueType])
      -> String
    {
      reason([
        Instruction(
          .whileLoop(WhileLoop(condition: condition, body: body, captureCount: captures)), operands.map { Value($0) },
          results)
      ])
    }
    let identity = Self.region([Self.number], [], [0])
    #expect(loop(condition, identity, [0], [Self.number]) == "accepted")
    #expect(loop(identity, identity, [0], [Self.number]).contains("a condition that is one boolean scalar"))
    #expect(loop(condition, identity, [1], [Self.number]).contains("needs"))
    #expect(loop(condition, identity, [0, 0], [Self.number]).contains("1 operands"))
    for captures in [-1, 2] {
      #expect(loop(condition, identity, [0], captures: captures, [Self.number]).contains("among its 1 operands"))
    }
    // A member's carry under a shared type, by the body or by the condition.
    let shares = Self.region(
      [Self.shared], [Instruction(.compare(.less), [Value(0), Value(0)], [ValueType(.boolean, .scalar, .shared)])], [1])
    let escapes = Self.region([Self.number, Self.shared], [], [0])
    let asks = Self.region(
      [Self.number, Self.shared], [Instruction(.compare(.less), [Value(0), Value(1)], [Self.boolean])], [2])
    let keeps = Self.region([Self.number, Self.shared], [], [1])
    let sharedCondition = Self.region(
      [Self.number, Self.shared],
      [Instruction(.compare(.less), [Value(1), Value(1)], [ValueType(.boolean, .scalar, .shared)])], [2])
    #expect(loop(shares, Self.region([Self.shared], [], [0]), [2], [Self.shared]) == "accepted")
    #expect(loop(sharedCondition, escapes, [0, 2], captures: 1, [Self.shared]).contains("shared carries shared"))
    #expect(loop(asks, keeps, [0, 2], captures: 1, [Self.shared]).contains("because its condition does"))
    // Regions of unequal inputs.
    #expect(
      loop(
        Self.region([], [Instruction(.constant([1]), [], [ValueType(.boolean, .scalar, .shared)])], [0]), identity, [0],
        [Self.number]
      ).contains("needs"))
  }

  @Test func scansReadEntriesOfTheirArrays() {
    func scan(
      _ body: Program, _ operands: [Int], length: Int = 3, captures: Int = 0, carries: Int = 0, _ results: [ValueType]
    )
      -> String
    {
      reason([
        Instruction(
          .scan(Scan(body: body, length: length, captureCount: captures, carryCount: carries)),
          operands.map { Value($0) }, results)
      ])
    }
    let row = Self.region([Self.number], [], [0])
    #expect(scan(row, [1], [Self.vector]) == "accepted")
    #expect(scan(row, [0], [Self.vector]).contains("scanned arrays of 3 entries"))
    // Entries of a member's array are not shared, and numbers are not booleans.
    #expect(scan(Self.region([Self.shared], [], [0]), [1], [ValueType(.real, [3], .shared)]).contains("needs"))
    #expect(scan(Self.region([Self.boolean], [], [0]), [1], [ValueType(.boolean, [3])]).contains("needs"))
    for (length, captures, carries) in [(3, -1, 1), (3, 1, -1), (3, 1, 1), (-1, 0, 0)] {
      #expect(
        scan(row, [1], length: length, captures: captures, carries: carries, [Self.vector])
          .contains("among its 1 inputs"))
    }
    // A member's value under a shared carry.
    let escapes = Self.region([Self.number, Self.shared], [], [0])
    #expect(scan(escapes, [0, 2], captures: 1, carries: 1, [Self.shared]).contains("needs"))
    #expect(scan(Self.region([Self.number], [], []), [0], carries: 1, [Self.number]).contains("needs"))
  }
}
