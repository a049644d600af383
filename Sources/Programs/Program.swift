/// A typed, array-valued computation over the members of an ensemble.
///
/// Values are numbered: the inputs first, then the results of each instruction in order. An instruction uses only values
/// with smaller numbers, so the list is its own order of evaluation. Loops hold their regions as programs with explicit
/// captures, so every transformation meets only programs.
public struct Program: Hashable, Sendable {
  public var name: String
  public var inputs: [Input]
  public var instructions: [Instruction]
  public var outputs: [Output]
  /// The derivative where the program is called, if it is not that of the instructions. Such calls are not inlined.
  public var derivative: DerivativeRule?
  /// Whether the program computes again what another has computed, as the reverse of a loop's body does, and relies on
  /// meeting the same numbers: a comparison that nearly ties must not be decided otherwise by another rounding.
  public var isRepetition = false

  public struct Input: Hashable, Sendable {
    public var name: String
    public var type: ValueType
    public init(_ name: String, _ type: ValueType) {
      self.name = name
      self.type = type
    }
  }

  public struct Output: Hashable, Sendable {
    public var name: String
    public var value: Value
    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  public init(name: String, inputs: [Input], instructions: [Instruction], outputs: [Output]) {
    self.name = name
    self.inputs = inputs
    self.instructions = instructions
    self.outputs = outputs
  }

  /// A few instructions tell programs apart well enough. Every pass looks callees up, and loops with large bodies: hashing all
  /// of them took a tenth of the time to differentiate a model of 300 states.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(inputs.count)
    hasher.combine(instructions.count)
    hasher.combine(outputs.last)
    for position in stride(from: 0, to: instructions.count, by: max(1, instructions.count / 16)) {
      hasher.combine(instructions[position].operands)
      hasher.combine(instructions[position].results)
    }
  }
}

/// The number of a value in its program.
public struct Value: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var number: Int
  public init(_ number: Int) { self.number = number }
  public static func < (a: Value, b: Value) -> Bool { a.number < b.number }
  public var description: String { "%\(number)" }
}

/// One operation applied to earlier values.
public struct Instruction: Hashable, Sendable {
  public var operation: Operation
  public var operands: [Value]
  public var results: [ValueType]

  public init(_ operation: Operation, _ operands: [Value], _ results: [ValueType]) {
    self.operation = operation
    self.operands = operands
    self.results = results
  }

  /// Constants are equal if their bits are: −0 is not 0, and a NaN is itself.
  ///
  /// Equal programs take each other's place wherever a pass remembers what it has met, and they share results, so they must
  /// give the same numbers to the last bit.
  public static func == (a: Instruction, b: Instruction) -> Bool {
    guard a.operands == b.operands, a.results == b.results else { return false }
    guard case .constant(let values) = a.operation, case .constant(let others) = b.operation else {
      return a.operation == b.operation
    }
    return values.elementsEqual(others) { $0.bitPattern == $1.bitPattern }
  }
}

extension Program {
  /// The type of every value, by number.
  public var types: [ValueType] {
    var types = inputs.map(\.type)
    for instruction in instructions { types += instruction.results }
    return types
  }

  /// The types of the outputs.
  public var outputTypes: [ValueType] {
    var types = outputs.map { $0.value.number < inputs.count ? inputs[$0.value.number].type : ValueType() }
    // Calls ask for these all the time: the types of all values are not put together for them.
    let wanted = outputs.indices.sorted { outputs[$0].value < outputs[$1].value }[...]
    var (rest, next) = (wanted.drop { outputs[$0].value.number < inputs.count }, inputs.count)
    for position in instructions.indices {
      let count = instructions[position].results.count
      while let output = rest.first, outputs[output].value.number < next + count {
        types[output] = instructions[position].results[outputs[output].value.number - next]
        rest.removeFirst()
      }
      if rest.isEmpty { break }
      next += count
    }
    return types
  }

  /// The number of the first result of each instruction.
  public var firstResults: [Int] {
    var next = inputs.count
    return instructions.map { instruction in
      defer { next += instruction.results.count }
      return next
    }
  }

  /// Instructions here and in every region below.
  public var instructionCount: Int {
    instructions.reduce(0) { $0 + 1 + $1.operation.regions.reduce(0) { $0 + $1.instructionCount } }
  }
}
