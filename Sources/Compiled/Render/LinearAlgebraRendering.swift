import Programs

extension BlockRenderer {
  /// A call of a function of the prelude, for each vector of the tile.
  ///
  /// What all members share is computed as if a vector's members had it, and its first lane taken: it is done once.
  func linearAlgebra(_ function: LinearAlgebra, _ operands: [Held], _ results: [ValueType], at position: Int) -> [Held]
  {
    renderer.usesLinearAlgebra = true
    let size = operands[0].type.shape.dimensions[0]
    let targets = results.indices.map { allocate(results[$0].perMember, at: position, result: $0) }
    let types = operands.map(\.type.perMember)
    switch function {
    case .triangularFactors:
      copy(operands[0], from: 0, count: operands[0].count, to: targets[0], at: 0, types[0])
      renderer.write("FACTORS(\(targets[0]), \(targets[1]), \(size));")
    case .solve(let isTransposed):
      let (factors, pivots) = (operands[LinearAlgebra.factors], operands[LinearAlgebra.pivots])
      let side = operands[LinearAlgebra.rightHandSide]
      let isShared = factors.type.extent == .shared && pivots.type.extent == .shared
      let (factorMemory, pivotMemory) = (
        inMemory(factors, isShared ? factors.type : factors.type.perMember),
        inMemory(pivots, isShared ? pivots.type : pivots.type.perMember)
      )
      copy(side, from: 0, count: side.count, to: targets[0], at: 0, side.type.perMember)
      renderer.write(
        "SOLVE\(isTransposed ? "_TRANSPOSED" : "")_\(isShared ? "T" : "V")(\(targets[0]), \(factorMemory), "
          + "\(pivotMemory), \(size), \(side.count / size));")
    case .symmetricEigen:
      let scratch = renderer.workspace.allocate(2 * size * size)
      let (copied, rows) = (scratch.lowerBound, scratch.lowerBound + size * size)
      copy(operands[0], from: 0, count: size * size, to: "(base§ + \(copied))", at: 0, types[0])
      renderer.write(
        "EIGEN(\(targets[0]), \(targets[1]), base§ + \(copied), base§ + \(rows), \(size), "
          + "\(renderer.activeMask ?? "ALL"));")
      renderer.workspace.release(scratch)
    }
    return results.indices.map { held(targets[$0], results[$0], firstResult(of: position) + $0) }
  }

  /// A result in memory of vectors.
  private func held(_ pointer: String, _ type: ValueType, _ value: Int) -> Held {
    if type.extent == .shared {
      let target = allocate(type, root: value)
      let source = pointer.replacing("§", with: renderer.marks[0])
      renderer.write("for (long i = 0; i < \(type.shape.count); i++) \(target)[i] = \(source)[i][0];")
      return isOnlySolvedWith(value) ? Held(type: type, form: .memory(target)) : loaded(target, type)
    }
    return isOnlySolvedWith(value) ? Held(type: type, form: .memory(pointer)) : loaded(pointer, type)
  }

  /// Whether a value goes to `solve` alone, which reads it from memory.
  private func isOnlySolvedWith(_ value: Int) -> Bool {
    users[value].allSatisfy { position in
      guard position != .max, case .linearAlgebra(.solve) = program.instructions[position].operation else {
        return false
      }
      return true
    }
  }
}
