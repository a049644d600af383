extension Program {
  /// Verifies that the program obeys its grammar: every operand is defined before it is used, every result has the type
  /// that its operation gives, regions only use their inputs, sums over members are outputs of the outermost program.
  ///
  /// Every transformation is followed by a check, in every build.
  /// - Throws: `ProgramError.malformed`
  public func check() throws(ProgramError) { try check(outermost: true) }

  private func check(outermost: Bool) throws(ProgramError) {
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
      for region in instruction.operation.regions { try region.check(outermost: false) }
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
