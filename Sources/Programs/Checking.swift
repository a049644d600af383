extension Program {
  /// Verifies that the program obeys its grammar: every operand is defined before it is used, every result has the type
  /// that its operation gives, regions only use their inputs, sums over members are outputs of the outermost program.
  ///
  /// Every transformation is followed by a check, in every build.
  /// - Throws: `ProgramError.malformed`
  public func check() throws(ProgramError) {
    var checked: Set<Program> = []
    try check(outermost: true, &checked)
  }

  /// - Parameter checked: callees that were found to be right.
  private func check(outermost: Bool, _ checked: inout Set<Program>) throws(ProgramError) {
    var types = inputs.map(\.type)
    var reduced: Set<Value> = []
    for (position, instruction) in instructions.enumerated() {
      func malformed(_ reason: String) -> ProgramError {
        .malformed(program: name, instruction: position, reason: "\(instruction.operation.name) \(reason)")
      }
      for operand in instruction.operands {
        guard 0..<types.count ~= operand.number else { throw malformed("uses \(operand) before it is defined") }
        guard !reduced.contains(operand) else {
          throw malformed("uses a sum over members, which is known only when all members have ended")
        }
      }
      if case .call(let callee) = instruction.operation {
        if !checked.contains(callee) { try callee.check(outermost: false, &checked) }
        checked.insert(callee)
      } else {
        for region in instruction.operation.regions { try region.check(outermost: false, &checked) }
      }
      if instruction.operation == .sumOverMembers {
        guard outermost else { throw malformed("stands inside a loop or a called program") }
        reduced.insert(Value(types.count))
      }
      let expected: [ValueType]
      do {
        expected = try TypeRules.results(
          of: instruction.operation, instruction.operands.map { types[$0.number] },
          constant: instruction.results.first ?? .init())
      } catch {
        throw malformed("needs \(error.expected)")
      }
      guard expected == instruction.results else {
        throw malformed("has results \(instruction.results), not \(expected)")
      }
      types += expected
    }
    for output in outputs where !(0..<types.count ~= output.value.number) {
      throw .malformed(program: name, instruction: instructions.count, reason: "output '\(output.name)' is not defined")
    }
  }
}
