import Programs

extension Program {
  /// The program with one product in place of two, where a large array is multiplied by one scalar after another.
  ///
  /// A cotangent of a stage is multiplied by the step's length and by a coefficient of the method, for each earlier stage
  /// once more; the product of these two is the same for all components. One of the two must be a known number of moderate
  /// size, so that their product is finite where the products one after the other are. Measured on the gradient of 40
  /// coupled oscillators: 5 % less; of 400, which wait for memory, nothing.
  /// - Parameter first: the input from which on inputs are cotangents: nothing else may round in other places.
  func joiningScales(from first: Int) throws -> Program {
    let firsts = firstResults
    var moves = inputs.indices.map { $0 >= first }
    return try Program.trace(name, inputs: inputs) { staged in
      var scaled: [Int: (base: Staged, scale: Staged)] = [:]
      let values = replayed(staged) { position, operands in
        let instruction = instructions[position]
        let isMoving = instruction.operands.contains { moves[$0.number] }
        moves += instruction.results.map { _ in isMoving }
        guard isMoving, instruction.operation == .binary(.multiply), instruction.results[0].shape.isLarge,
          let array = operands.firstIndex(where: { !$0.shape.isScalar }), operands[1 - array].shape.isScalar
        else { return nil }
        let (base, scale) = (operands[array], operands[1 - array])
        if let before = scaled[instruction.operands[array].number], before.scale.isModerate || scale.isModerate {
          let joined = before.scale * scale
          scaled[firsts[position]] = (before.base, joined)
          return [before.base * joined]
        }
        scaled[firsts[position]] = (base, scale)
        return nil
      }
      return outputs.map { ($0.name, values[$0.value.number]) }
    }
  }
}

extension Staged {
  /// Whether this is a known number that makes nothing overflow or vanish that did not before, but for extremes.
  fileprivate var isModerate: Bool {
    guard let number = literal?.first.map(abs) else { return false }
    return number > 0x1p-64 && number < 0x1p64
  }
}
