import Testing

@testable import Programs

@Suite struct ProgramTextTests {
  /// A program with a call, a loop that captures, and a constant.
  static func decay() throws -> Program {
    let square = try Program.trace("square", inputs: [.init("x", ValueType())]) { [("y", $0[0] * $0[0])] }
    return try Program.trace(
      "decay", inputs: [.init("y", ValueType()), .init("rate", ValueType(.real, [2], .shared))]
    ) { inputs in
      let steps = whileLoop("steps", [call(square, [inputs[0]])[0]]) {
        $0[0] .> 0.5
      } body: {
        [call(square, $0)[0] * -inputs[1][1]]
      }
      return [("y", steps[0]), ("limits", Staged([0.1, -0.0]))]
    }
  }

  private static func program(
    _ instructions: [Instruction], inputs: [ValueType] = [ValueType()], outputs: [Int] = [0], name: String = "p"
  ) -> Program {
    Program(
      name: name, inputs: inputs.enumerated().map { .init("i\($0.offset)", $0.element) }, instructions: instructions,
      outputs: outputs.enumerated().map { .init("o\($0.offset)", Value($0.element)) })
  }

  private static func constant(_ values: [Double], name: String = "p") -> Program {
    program(
      [Instruction(.constant(values), [], [ValueType(.real, [values.count], .shared)])], outputs: [1], name: name)
  }

  @Test func everythingIsWritten() throws {
    #expect(
      try Self.decay().text == """
        flowmap program text 1
        program 0 "square"
          input %0 "x" member real
          %1 = binary multiply %0 %0 : member real
          output "y" %1
        end
        program 1 "decay"
          input %0 "y" member real
          input %1 "rate" shared real[2]
          %2 = call program=0 %0 : member real
          %3 = index position=1 %1 : shared real
          %4 = unary negate %3 : shared real
          %5 = while captures=1 capacity=none stride=1 %4 %2 : member real
          condition "steps.condition"
            input %0 "outer0" shared real
            input %1 "carry0" member real
            %2 = constant 3fe0000000000000 : shared real
            %3 = compare less %2 %1 : member boolean
            output "condition" %3
          end
          body "steps.body"
            input %0 "outer0" shared real
            input %1 "carry0" member real
            %2 = call program=0 %1 : member real
            %3 = binary multiply %2 %0 : member real
            output "carry0" %3
          end
          %6 = constant 3fb999999999999a 8000000000000000 : shared real[2]
          output "y" %5
          output "limits" %6
        end

        """)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let program = try Self.decay()
    #expect(try Program(text: program.text) == program)
    // As if typed: spaces at either end and a last line that does not end.
    let typed = program.text.split(separator: "\n").map { "  \($0) " }.joined(separator: "\n")
    #expect(try Program(text: typed) == program)
  }

  @Test func programsThatComputeOtherNumbersHaveOtherTexts() throws {
    let ten = (1...10).map(Double.init)
    var ninth = ten
    ninth[8].negate()
    let (quiet, payload) = (Double.nan, Double(bitPattern: Double.nan.bitPattern + 1))
    let loop = try Self.decay()
    var captures = loop
    guard case .whileLoop(var changed) = loop.instructions[3].operation else { return #expect(Bool(false)) }
    changed.captureCount = 0
    captures.instructions[3].operation = .whileLoop(changed)
    var (ruled, otherRule) = (loop, loop)
    (ruled.derivative, otherRule.derivative) = (.known(.cholesky), .tangents(loop))
    let pairs: [(Program, Program)] = [
      (Self.constant(ten), Self.constant(ninth)), (Self.constant([quiet]), Self.constant([payload])),
      (Self.constant([0]), Self.constant([-0.0])), (Self.constant([1]), Self.constant([1], name: "q")),
      (loop, captures), (loop, loop.asRepetition), (loop, ruled), (ruled, otherRule),
      (Self.program([], inputs: [ValueType()]), Self.program([], inputs: [ValueType(.real, .scalar, .shared)])),
      (Self.program([], inputs: [ValueType()]), Self.program([], inputs: [ValueType(.boolean)])),
      (
        Self.program([], inputs: [ValueType(), ValueType(.real, [2, 3])]),
        Self.program([], inputs: [ValueType(), ValueType(.real, [3, 2])])
      ),
    ]
    for (a, b) in pairs {
      #expect(a != b)
      #expect(a.text != b.text, "\(a.text)")
      #expect(a == a && a.text == a.text)
    }
    // What is for the eye does not tell the first of them apart.
    #expect(pairs[0].0.description == pairs[0].1.description)
  }

  /// What is added to these must be written and read too, which the compiler does not see.
  @Test func theTextHasEveryFieldOfAProgram() throws {
    func fields(_ value: Any) -> [String?] { Mirror(reflecting: value).children.map(\.label) }
    let program = try Self.decay()
    #expect(fields(program) == ["name", "inputs", "instructions", "outputs", "derivative", "isRepetition"])
    #expect(fields(program.inputs[0]) == ["name", "type"])
    #expect(fields(program.outputs[0]) == ["name", "value"])
    #expect(fields(program.instructions[0]) == ["operation", "operands", "results"])
    #expect(fields(ValueType()) == ["kind", "shape", "extent"])
    #expect(
      fields(WhileLoop(condition: program, body: program, captureCount: 0))
        == ["condition", "body", "captureCount", "capacity", "stride"])
    #expect(
      fields(Scan(body: program, length: 0, captureCount: 0, carryCount: 0))
        == ["body", "length", "captureCount", "carryCount", "isBackward", "isCounted"])
  }

  @Test func numbersKeepTheirBits() throws {
    let values = [
      0, -0.0, .infinity, -.infinity, .nan, -.nan, .signalingNaN, Double(bitPattern: 0x7ff8_dead_beef_0001), .pi,
      .leastNonzeroMagnitude, -.greatestFiniteMagnitude, 0.1,
    ]
    let program = Self.constant(values)
    let read = try Program(text: program.text)
    #expect(read == program)
    guard case .constant(let found) = read.instructions[0].operation else { return #expect(Bool(false)) }
    #expect(found.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test(arguments: ["", "a b", "\"", "\\", "a\\\"b\\\\", "a\nb\r\n\t\u{0}", "größe", "👩‍🚀", "\u{301}", "=", "%0", "end"])
  func namesMayBeAnything(name: String) throws {
    var program = try Self.decay()
    program.name = name
    program.inputs[0].name = name
    program.outputs[1].name = name
    let read = try Program(text: program.text)
    #expect(read == program)
    #expect(Array(read.name.utf8) == Array(name.utf8))
  }

  @Test func aProgramThatIsCalledOftenIsWrittenOnce() throws {
    var program = Self.program([Instruction(.unary(.exp), [Value(0)], [ValueType()])], outputs: [1], name: "level0")
    for level in 1...20 {
      let call = Instruction(.call(program), [Value(0)], [ValueType()])
      let again = Instruction(.call(program), [Value(1)], [ValueType()])
      program = Self.program([call, again], outputs: [2], name: "level\(level)")
    }
    // A million calls of the innermost.
    let text = program.text
    #expect(text.split(separator: "\n").count == 1 + 6 * 20 + 5)
    #expect(try Program(text: text) == program)
  }

  @Test func calledProgramsThatDifferInASignOfZeroStayApart() throws {
    func callee(_ zero: Double) throws -> Program {
      try Program.trace("f", inputs: [.init("x", ValueType())]) { [("y", $0[0] / Staged(zero))] }
    }
    let (plus, minus) = (try callee(0), try callee(-0.0))
    #expect(plus != minus)
    let program = try Program.trace("p", inputs: [.init("x", ValueType())]) { inputs in
      [("a", call(plus, inputs)[0]), ("b", call(minus, inputs)[0])]
    }
    #expect(try Program(text: program.text) == program)
    #expect(program.text.contains("constant 0 ") && program.text.contains("constant 8000000000000000 "))
  }
}
