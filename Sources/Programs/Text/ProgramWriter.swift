/// Writes programs as texts, each program that is called once.
struct ProgramWriter {
  private(set) var text = ProgramText.heading + "\n"
  private var numbers: [Program: Int] = [:]

  /// Writes a program after all that it calls, unless it stands there already.
  /// - Returns: its number in the text.
  @discardableResult
  mutating func write(_ program: Program) -> Int {
    if let number = numbers[program] { return number }
    var block = ""
    write(program, indent: "", to: &block)
    let number = numbers.count
    numbers[program] = number
    text += "program \(number)" + block
    return number
  }

  /// What follows a program's first word and number. What it calls is written meanwhile, so before it.
  private mutating func write(_ program: Program, indent: String, to block: inout String) {
    block += " " + Self.quoted(program.name)
    if program.isRepetition { block += " repetition" }
    switch program.derivative {
    case .tangents(let rule): block += " tangents=\(write(rule))"
    case .known(let function): block += " rule=\(function.rawValue)"
    case nil: break
    }
    block += "\n"
    for (number, input) in program.inputs.enumerated() {
      block += "\(indent)  input %\(number) \(Self.quoted(input.name)) \(Self.words(input.type))\n"
    }
    var next = program.inputs.count
    for instruction in program.instructions {
      write(instruction, first: next, indent: indent + "  ", to: &block)
      next += instruction.results.count
    }
    for output in program.outputs { block += "\(indent)  output \(Self.quoted(output.name)) \(output.value)\n" }
    block += "\(indent)end\n"
  }

  private mutating func write(_ instruction: Instruction, first: Int, indent: String, to block: inout String) {
    let operation = instruction.operation
    var words = instruction.results.indices.map { "%\(first + $0)" }
    words += ["=", OperationWord(operation).rawValue]
    words += parameters(operation)
    words += instruction.operands.map(\.description)
    words.append(":")
    words += instruction.results.map(Self.words)
    block += indent + words.joined(separator: " ") + "\n"
    for (word, region) in Self.regions(operation) {
      block += indent + word
      write(region, indent: indent, to: &block)
    }
  }

  /// What an operation's line says besides its word.
  private mutating func parameters(_ operation: Operation) -> [String] {
    switch operation {
    case .constant(let values): values.map { String($0.bitPattern, radix: 16) }
    case .unary(let function): [function.rawValue]
    case .binary(let function): [function.rawValue]
    case .compare(let comparison): [comparison.rawValue]
    case .logic(let connective): [connective.rawValue]
    case .index(let position): ["position=\(position)"]
    case .slice(let axis, let start, let count): ["axis=\(axis)", "start=\(start)", "count=\(count)"]
    case .concatenate(let axis), .sum(let axis): ["axis=\(axis)"]
    case .reshape(let shape), .broadcast(let shape): ["shape=\(Self.word(shape))"]
    case .linearAlgebra(.solve(let isTransposed)): ["transposed=\(isTransposed)"]
    case .whileLoop(let loop):
      [
        "captures=\(loop.captureCount)", "capacity=\(loop.capacity.map(String.init) ?? "none")",
        "stride=\(loop.stride)",
      ]
    case .scan(let scan):
      [
        "length=\(scan.length)", "captures=\(scan.captureCount)", "carries=\(scan.carryCount)",
        "backward=\(scan.isBackward)", "counted=\(scan.isCounted)",
      ]
    case .call(let program): ["program=\(write(program))"]
    case .moments(let degree): ["degree=\(degree)"]
    case .not, .select, .stack, .transpose, .gather, .matrixProduct, .sumOverMembers,
      .linearAlgebra(.triangularFactors), .linearAlgebra(.symmetricEigen), .tabulate, .stopGradient:
      []
    }
  }

  /// The programs that stand below an operation's line, with the words that they begin with.
  private static func regions(_ operation: Operation) -> [(String, Program)] {
    switch operation.control {
    case .whileLoop(let loop): [("condition", loop.condition), ("body", loop.body)]
    case .scan(let scan): [("body", scan.body)]
    case .call, nil: []
    }
  }

  private static func words(_ type: ValueType) -> String {
    let extent =
      switch type.extent {
      case .shared: "shared"
      case .member: "member"
      }
    let kind =
      switch type.kind {
      case .real: "real"
      case .boolean: "boolean"
      }
    return "\(extent) \(kind)\(type.shape.isScalar ? "" : word(type.shape))"
  }

  private static func word(_ shape: Shape) -> String {
    "[" + shape.dimensions.map(String.init).joined(separator: ",") + "]"
  }

  /// A name between quotation marks, on one line whatever is in it.
  private static func quoted(_ name: String) -> String {
    var quoted = "\""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20: quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
