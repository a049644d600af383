extension Program {
  /// The instructions that can be computed before any member is known: all their results are shared, and so is
  /// everything that they depend on.
  ///
  /// A shared result alone does not tell: a loop that carries both a shared counter and a member's state runs with its
  /// members, and so does what uses its counter.
  public var memberFreeInstructions: Set<Int> {
    var known = Set(inputs.indices.filter { inputs[$0].type.extent == .shared })
    var positions: Set<Int> = []
    for (position, first) in zip(instructions.indices, firstResults) {
      let instruction = instructions[position]
      guard instruction.operation != .sumOverMembers, instruction.operands.allSatisfy({ known.contains($0.number) }),
        instruction.results.allSatisfy({ $0.extent == .shared })
      else { continue }
      positions.insert(position)
      known.formUnion(first..<first + instruction.results.count)
    }
    return positions
  }
}
