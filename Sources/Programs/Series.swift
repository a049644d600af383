extension WhileLoop {
  /// Whether a carry is only ever written by one `tabulate` a turn, so that it can be filled in place.
  public func isSeries(_ carry: Int) -> Bool {
    let input = Value(captureCount + carry)
    guard body.inputs[input.number].type.shape.rank == 2, body.inputs[input.number].type.extent == .member,
      !condition.instructions.contains(where: { $0.operands.contains(input) }),
      !condition.outputs.contains(where: { $0.value == input })
    else { return false }
    let uses = body.instructions.enumerated().filter { $0.element.operands.contains(input) }
    guard uses.count == 1, uses[0].element.operation == .tabulate, uses[0].element.operands[Tabulation.series] == input,
      uses[0].element.operands.filter({ $0 == input }).count == 1
    else { return false }
    let result = Value(body.firstResults[uses[0].offset] + Tabulation.series)
    return body.outputs.enumerated().allSatisfy { offset, output in (output.value == result) == (offset == carry) }
      && !body.outputs.contains { $0.value == input }
      && !body.instructions.contains { $0.operands.contains(result) }
  }

  /// The carry that counts how far a series is filled, if the `tabulate` that fills it moves that carry and nothing else
  /// does: then all entries but those that the count passed are still what they were at the start.
  public func seriesCursor(_ carry: Int) -> Int? {
    guard isSeries(carry),
      let position = body.instructions.firstIndex(where: {
        $0.operation == .tabulate && $0.operands[Tabulation.series] == Value(captureCount + carry)
      })
    else { return nil }
    let cursor = body.instructions[position].operands[Tabulation.cursor].number - captureCount
    let next = Value(body.firstResults[position] + Tabulation.cursor)
    guard cursor >= 0, cursor < carryCount, body.outputs[cursor].value == next else { return nil }
    return cursor
  }
}
