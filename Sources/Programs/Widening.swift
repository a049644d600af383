extension Program {
  /// The program with inputs that differ by member, as far as it computes the same types of results: then it serves wherever
  /// this one is called. Nil for programs with loops.
  package var widened: Program? {
    var copy = self
    for position in copy.inputs.indices { copy.inputs[position].type = copy.inputs[position].type.perMember }
    var types = copy.inputs.map(\.type)
    for (position, instruction) in instructions.enumerated() {
      guard instruction.operation.regions.isEmpty,
        let results = try? TypeRules.results(
          of: instruction.operation, instruction.operands.map { types[$0.number] },
          constant: instruction.results.first ?? .init())
      else { return nil }
      copy.instructions[position].results = results
      types += results
    }
    return copy.outputTypes == outputTypes ? copy : nil
  }
}
