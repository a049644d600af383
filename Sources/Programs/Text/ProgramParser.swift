/// Reads the programs of a text.
struct ProgramParser {
  private let lines: [ArraySlice<UInt8>]
  /// The number of lines that are read.
  private var position = 0
  private var programs: [Program] = []
  /// How deep regions and calls nest in each of `programs`.
  private var depths: [Int] = []
  /// The same, as far as the program is read that is being read.
  private var deepest = 0

  init(_ text: String) {
    lines = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// The last program, which all others are for.
  mutating func program() throws(ProgramTextError) -> Program {
    var heading = line()
    for word in ProgramText.heading.split(separator: " ") { try heading.require(String(word)) }
    try heading.end()
    repeat {
      var words = line()
      try words.require("program")
      guard words.take("\(programs.count)") else { throw words.unexpected("the number \(programs.count)") }
      deepest = 1
      programs.append(try block(&words, depth: 1))
      depths.append(deepest)
    } while !isAtEnd
    let program = programs[programs.count - 1]
    do {
      try program.check()
    } catch {
      throw .malformed(error)
    }
    return program
  }

  // MARK: Lines

  /// Whether nothing follows but, at most, the end of the last line.
  private var isAtEnd: Bool { lines.dropFirst(position).allSatisfy(\.isEmpty) && position >= lines.count - 1 }

  private mutating func line() -> LineWords {
    position += 1
    return LineWords(position <= lines.count ? lines[position - 1] : [], line: position)
  }

  // MARK: Programs

  /// A program from its name to its `end`.
  ///
  /// - Parameters:
  ///   - header: the line that it begins on, without the words before its name.
  ///   - depth: in how many programs it stands, itself included.
  private mutating func block(_ header: inout LineWords, depth: Int) throws(ProgramTextError) -> Program {
    var program = Program(name: try header.name(), inputs: [], instructions: [], outputs: [])
    program.isRepetition = header.take("repetition")
    let rule = try derivative(&header, depth: depth)
    try header.end()
    var words = line()
    while words.take("input") {
      try words.require("%\(program.inputs.count)")
      let name = try words.name()
      program.inputs.append(Program.Input(name, try words.type()))
      try words.end()
      words = line()
    }
    var count = program.inputs.count
    while words.next?.first == "%" || words.next == "=" {
      let instruction = try instruction(&words, first: count, depth: depth)
      program.instructions.append(instruction)
      count += instruction.results.count
      words = line()
    }
    while words.take("output") {
      let name = try words.name()
      program.outputs.append(Program.Output(name, try words.operand()))
      try words.end()
      words = line()
    }
    guard words.take("end") else {
      let wanted = program.outputs.isEmpty ? "an instruction such as '%\(count) = …', an output" : "an output"
      throw words.unexpected("\(wanted) or 'end'")
    }
    try words.end()
    if case .tangents(let tangents) = rule { try checkRule(tangents, of: program) }
    program.derivative = rule
    return program
  }

  private mutating func derivative(_ words: inout LineWords, depth: Int) throws(ProgramTextError) -> DerivativeRule? {
    let before = words
    if let name = words.value(of: "rule") {
      guard let function = RuledFunction(rawValue: name) else { throw before.unexpected("a function that has a rule") }
      return .known(function)
    }
    guard words.next?.hasPrefix("tangents=") == true else { return nil }
    return .tangents(try known(&words, "tangents", depth: depth))
  }

  /// A rule is a program that nothing calls yet, so the check of those that are called does not come to it.
  private func checkRule(_ rule: Program, of program: Program) throws(ProgramTextError) {
    let numbers = program.inputs.filter { $0.type.kind == .real }
    guard rule.inputs.count == program.inputs.count + numbers.count else {
      throw .unexpected(
        line: position, expected: "a rule with \(program.inputs.count + numbers.count) inputs",
        found: "one with \(rule.inputs.count)")
    }
    do {
      try rule.check()
    } catch {
      throw .malformed(error)
    }
  }

  /// A program that stands further up, named by its number.
  private mutating func known(_ words: inout LineWords, _ name: String, depth: Int) throws(ProgramTextError) -> Program
  {
    let before = words
    let number = try words.count(of: name)
    guard number < programs.count else { throw before.unexpected("the number of a program that is complete") }
    try descend(to: depth + depths[number], before)
    return programs[number]
  }

  private mutating func descend(to depth: Int, _ words: LineWords) throws(ProgramTextError) {
    guard depth <= ProgramText.deepest else {
      throw words.unexpected("programs that nest no deeper than \(ProgramText.deepest)")
    }
    deepest = max(deepest, depth)
  }

  // MARK: Instructions

  private mutating func instruction(_ words: inout LineWords, first: Int, depth: Int) throws(ProgramTextError)
    -> Instruction
  {
    var count = 0
    while !words.take("=") {
      guard words.take("%\(first + count)") else { throw words.unexpected("'%\(first + count)' or '='") }
      count += 1
    }
    let operation = try operation(&words, depth: depth)
    let operands = words.operands()
    try words.require(":")
    var results: [ValueType] = []
    for _ in 0..<count { results.append(try words.type()) }
    try words.end()
    return Instruction(try withRegions(operation, depth: depth), operands, results)
  }

  /// An operation's word and parameters; the regions of a loop are still to come.
  private mutating func operation(_ words: inout LineWords, depth: Int) throws(ProgramTextError) -> Operation {
    let absent = Program(name: "", inputs: [], instructions: [], outputs: [])
    switch try words.one(of: OperationWord.self, "an operation") {
    case .constant: return .constant(words.values())
    case .unary: return .unary(try words.one(of: UnaryFunction.self, "a function of one number"))
    case .binary: return .binary(try words.one(of: BinaryFunction.self, "a function of two numbers"))
    case .compare: return .compare(try words.one(of: Comparison.self, "a comparison"))
    case .logic: return .logic(try words.one(of: Connective.self, "'and' or 'or'"))
    case .not: return .not
    case .select: return .select
    case .stack: return .stack
    case .index: return .index(try words.count(of: "position"))
    case .slice:
      let (axis, start) = (try words.count(of: "axis"), try words.count(of: "start"))
      return .slice(axis: axis, start: start, count: try words.count(of: "count"))
    case .concatenate: return .concatenate(axis: try words.count(of: "axis"))
    case .reshape: return .reshape(try words.shape(of: "shape"))
    case .broadcast: return .broadcast(try words.shape(of: "shape"))
    case .transpose: return .transpose
    case .gather: return .gather
    case .sum: return .sum(axis: try words.count(of: "axis"))
    case .matrixProduct: return .matrixProduct
    case .sumOverMembers: return .sumOverMembers
    case .triangularFactors: return .linearAlgebra(.triangularFactors)
    case .solve: return .linearAlgebra(.solve(isTransposed: try words.flag(of: "transposed")))
    case .symmetricEigen: return .linearAlgebra(.symmetricEigen)
    case .whileLoop:
      let (captures, capacity) = (try words.count(of: "captures"), try words.optionalCount(of: "capacity"))
      let stride = try words.count(of: "stride")
      return .whileLoop(
        WhileLoop(condition: absent, body: absent, captureCount: captures, capacity: capacity, stride: stride))
    case .scan:
      let (length, captures) = (try words.count(of: "length"), try words.count(of: "captures"))
      let (carries, isBackward) = (try words.count(of: "carries"), try words.flag(of: "backward"))
      return .scan(
        Scan(
          body: absent, length: length, captureCount: captures, carryCount: carries, isBackward: isBackward,
          isCounted: try words.flag(of: "counted")))
    case .call: return .call(try known(&words, "program", depth: depth))
    case .tabulate: return .tabulate
    case .moments: return .moments(degree: try words.count(of: "degree"))
    case .stopGradient: return .stopGradient
    }
  }

  /// The operation with the regions that stand below its line.
  private mutating func withRegions(_ operation: Operation, depth: Int) throws(ProgramTextError) -> Operation {
    switch operation {
    case .whileLoop(var loop):
      loop.condition = try region("condition", depth: depth + 1)
      loop.body = try region("body", depth: depth + 1)
      return .whileLoop(loop)
    case .scan(var scan):
      scan.body = try region("body", depth: depth + 1)
      return .scan(scan)
    case .constant, .unary, .binary, .compare, .logic, .not, .select, .stack, .index, .slice, .concatenate, .reshape,
      .broadcast, .transpose, .gather, .sum, .matrixProduct, .linearAlgebra, .sumOverMembers, .call, .tabulate,
      .moments, .stopGradient:
      return operation
    }
  }

  private mutating func region(_ word: String, depth: Int) throws(ProgramTextError) -> Program {
    var words = line()
    try words.require(word)
    try descend(to: depth, words)
    return try block(&words, depth: depth)
  }
}
