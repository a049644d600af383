/// The passes that make a program ready for an executor, in order; the names are those of `--dump-ir`.
public enum SimplificationPass: String, CaseIterable, Sendable {
  /// Small callees take the place of their calls.
  case inline
  /// Known values are computed, identities applied, equal instructions merged; also inside regions.
  case fold
  /// What no output depends on goes, also single carries and captures of loops.
  case prune

  public func callAsFunction(_ program: Program) -> Program {
    switch self {
    case .inline:
      program.inliningCalls(
        within: InliningLimits(callee: Program.inlineLimit, total: Program.inlineTotal, in: program))
    case .fold: program.folded()
    case .prune: program.pruned()
    }
  }
}

extension Program {
  /// Callees of at most so many instructions are inlined. Measured on the repressilator (6 states, Tsit5): inlining all
  /// seven rate evaluations runs 1.3 times as fast as calling them; far larger bodies fill the instruction cache.
  public static let inlineLimit = 400

  /// And only while all copies of a callee come to no more: C compilers take more than twice as long for a function twice as
  /// long. Measured on examples/trebuchet with Verner's method (three phases of about 130 instructions, 16 evaluations a step, their
  /// reverse): 29 s to differentiate and compile, 44 s with all inlined.
  public static let inlineTotal = 1200

  /// The program with the same results, to the last bit, and less to do.
  /// - Parameter observer: is given the program after each pass.
  /// - Throws: `ProgramError.malformed` if a pass breaks the grammar (a defect of the pass).
  public func simplified(observer: (SimplificationPass, Program) -> Void = { _, _ in }) throws(ProgramError) -> Program
  {
    var program = self
    for pass in SimplificationPass.allCases {
      program = pass(program)
      try program.check()
      observer(pass, program)
    }
    return program
  }

  /// Every instruction rewritten in order by `Rewriter`.
  func folded(_ memo: CalleeMemo = CalleeMemo()) -> Program {
    var rewriter = Rewriter(name: name, inputs: inputs)
    var values = inputs.indices.map { Value($0) }
    for instruction in instructions {
      let operands = instruction.operands.map { values[$0.number] }
      let operation = instruction.operation.mapRegions {
        $0.folded(memo)
      } callee: {
        memo($0) { $0.folded(memo).ruled(as: $0) }
      }
      values += rewriter.emit(operation, operands, constant: instruction.results.first)
    }
    return rewriter.program(outputs: outputs.map { Output($0.name, values[$0.value.number]) }).repeating(as: self)
  }
}

/// A program under construction in which no instruction stands twice.
struct Rewriter {
  private let name: String
  private let inputs: [Program.Input]
  private(set) var instructions: [Instruction] = []
  private(set) var types: [ValueType]
  /// The instruction that made each value; nil for inputs.
  private var makers: [Int?]
  private var known: [Key: [Value]] = [:]

  private struct Key: Hashable {
    var operation: Operation
    var operands: [Value]
    var constantType: ValueType?
    /// `==` takes −0 for 0: the bits keep them apart.
    var bits: [UInt64]
  }

  init(name: String, inputs: [Program.Input]) {
    self.name = name
    self.inputs = inputs
    types = inputs.map(\.type)
    makers = inputs.map { _ in nil }
  }

  func program(outputs: [Program.Output]) -> Program {
    Program(name: name, inputs: inputs, instructions: instructions, outputs: outputs)
  }

  func maker(of value: Value) -> Instruction? { makers[value.number].map { instructions[$0] } }

  /// The components of a value, if they are known.
  func constant(_ value: Value) -> [Double]? {
    guard let maker = maker(of: value), case .constant(let values) = maker.operation else { return nil }
    return values
  }

  /// The one known component of a scalar, or of an array whose components are all equal.
  func uniform(_ value: Value) -> Double? {
    if let maker = maker(of: value), case .broadcast = maker.operation { return uniform(maker.operands[0]) }
    guard let values = constant(value), let first = values.first else { return nil }
    return values.allSatisfy { $0.bitPattern == first.bitPattern } ? first : nil
  }

  /// The values of an operation: earlier ones where they are the same, a constant where it is known, else a new
  /// instruction.
  ///
  /// Types follow from the operands, which may have become shared.
  /// - Parameter constant: the type of a constant.
  mutating func emit(_ operation: Operation, _ operands: [Value], constant: ValueType? = nil) -> [Value] {
    let results: [ValueType]
    do {
      results = try TypeRules.results(
        of: operation, operands.map { types[$0.number] }, constant: constant ?? .init())
    } catch {
      preconditionFailure("\(operation.name) was rewritten against the grammar: it needs \(error.expected)")
    }
    if results.count == 1, let same = identity(operation, operands, results[0]) { return [same] }
    if results.count == 1, let folded = fold(operation, operands, results[0]) { return [folded] }
    return append(operation, operands, results)
  }

  mutating func emitConstant(_ values: [Double], _ type: ValueType) -> Value {
    append(.constant(values), [], [ValueType(type.kind, type.shape, .shared)])[0]
  }

  /// Appends, unless the same instruction stands already.
  private mutating func append(_ operation: Operation, _ operands: [Value], _ results: [ValueType]) -> [Value] {
    var ordered = operands
    if case .binary(let function) = operation, function == .add || function == .multiply { ordered.sort() }
    var key = Key(operation: operation, operands: ordered, constantType: nil, bits: [])
    if case .constant(let values) = operation {
      key = Key(operation: .constant([]), operands: [], constantType: results[0], bits: values.map(\.bitPattern))
    }
    if let values = known[key] { return values }
    let values = results.indices.map { Value(types.count + $0) }
    instructions.append(Instruction(operation, operands, results))
    types += results
    makers += results.map { _ in instructions.count - 1 }
    known[key] = values
    return values
  }

  /// Larger results are left to be computed, so that programs stay small.
  private static let foldLimit = 1024

  private mutating func fold(_ operation: Operation, _ operands: [Value], _ result: ValueType) -> Value? {
    if case .constant = operation { return nil }
    if case .broadcast = operation { return nil }
    guard !operands.isEmpty, result.shape.count <= Self.foldLimit else { return nil }
    var literals: [ConstantFolding.Array] = []
    for operand in operands {
      guard let values = constant(operand) else { return nil }
      literals.append((values, types[operand.number]))
    }
    return ConstantFolding.evaluate(operation, literals, result).map { emitConstant($0, result) }
  }
}
