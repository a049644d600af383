extension Program {
  /// Records the program's instructions again, on other inputs.
  ///
  /// - Parameters:
  ///   - inputs: a value an input, of its kind and shape.
  ///   - replacements: values that are given instead of being computed.
  ///   - apply: records one instruction; as it stands if nil.
  /// - Returns: every value of the program, by number.
  package func replayed(
    _ inputs: [Staged], replacing replacements: [Value: Staged] = [:],
    apply: (_ position: Int, _ operands: [Staged]) throws -> [Staged]?
  ) rethrows -> [Staged] {
    var values = inputs
    for (position, instruction) in instructions.enumerated() {
      let operands = instruction.operands.map { values[$0.number] }
      var results = try apply(position, operands)
      if results == nil, case .constant(let numbers) = instruction.operation {
        results = [Staged(literal: numbers, instruction.results[0])]
      }
      for result in results ?? Staged.applyAll(instruction.operation, operands) {
        values.append(replacements[Value(values.count)] ?? result)
      }
    }
    return values
  }

  /// Records the program's instructions again as they stand.
  package func replayed(_ inputs: [Staged], replacing replacements: [Value: Staged] = [:]) -> [Staged] {
    replayed(inputs, replacing: replacements) { _, _ in nil }
  }
}
