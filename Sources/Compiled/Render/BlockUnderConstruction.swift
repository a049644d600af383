import Programs

/// Instructions that are written, and where the values of the block that is cut stand among their results.
struct BlockUnderConstruction {
  let inputs: [Program.Input]
  private(set) var instructions: [Instruction] = []
  private(set) var types: [ValueType]
  var places: [Int: Value] = [:]
  /// Numbers that stand in an array, perhaps only there.
  var packed: [Int: (array: Value, position: Int)] = [:]

  init(inputs: [Program.Input]) {
    self.inputs = inputs
    types = inputs.map(\.type)
  }

  mutating func append(_ operation: Operation, _ operands: [Value], _ results: [ValueType]) -> [Value] {
    let first = types.count
    instructions.append(Instruction(operation, operands, results))
    types += results
    return results.indices.map { Value(first + $0) }
  }
}

extension ValueType {
  func stacked(_ count: Int) -> ValueType { ValueType(kind, shape.stacked(count), extent) }

  /// Any fixed order of the types of numbers.
  var order: Int { (kind == .real ? 0 : 2) + (extent == .member ? 0 : 1) }
}
