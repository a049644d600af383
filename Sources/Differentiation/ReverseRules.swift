import Programs

extension ReverseMode {
  /// Adds to the operands' cotangents what an instruction's results pass back.
  mutating func pull(_ position: Int, _ cotangents: [Staged?], _ reach: Reach) throws {
    let instruction = program.instructions[position]
    let operands = instruction.operands
    let x = operands.map { values[$0.number] }
    let start = program.firstResults[position]
    let first = values[start]
    let live = instruction.results.indices.map { self.live(of: Value(start + $0)) }
    switch instruction.operation.control {
    case .whileLoop, .scan: return try pullLoop(position, cotangents, live: live, reach)
    case .call(let callee): return try pullCall(callee, operands, cotangents, live: live, reach)
    case nil:
      if case .linearAlgebra(.triangularFactors) = instruction.operation { return }
      if case .linearAlgebra(.symmetricEigen) = instruction.operation {
        return pullEigen(position, cotangents, reach)
      }
      guard let c = cotangents[0] else { return }
      try pull(instruction.operation, operands, x, first, c, reach)
    }
  }

  private mutating func pull(
    _ operation: Operation, _ operands: [Value], _ x: [Staged], _ y: Staged, _ c: Staged, _ reach: Reach
  ) throws {
    switch operation {
    case .constant, .compare, .logic, .not, .stopGradient: break
    case .unary(let function): add(slope(of: function, x[0], y)(c), to: operands[0], reach)
    case .binary(let function):
      let (a, b) = function.slopes(x[0], x[1], y)
      if varies[operands[0].number] { add(a(c), to: operands[0], reach) }
      if varies[operands[1].number] { add(b(c), to: operands[1], reach) }
    case .select:
      for operand in [1, 2] where varies[operands[operand].number] {
        if x[3 - operand].isNotANumber {
          // Where a result that is not a number was chosen, its derivative is not a number either.
          let (nan, shape) = (Staged(Double.nan), y.shape)
          let known = operand == 1 ? select(x[0], c, nan) : select(x[0], nan, c)
          add(known.widened(to: shape), to: operands[operand], reach)
        } else {
          addChosen(c, operand, reach)
        }
      }
    case .stack: for (entry, operand) in operands.enumerated() { add(c[entry], to: operand, reach) }
    case .index(let entry): add(c, to: operands[0], entries: entry..<entry + 1, reach)
    case .slice(axis: 0, let start, let count):
      add(count == 1 ? c[0] : c, to: operands[0], entries: start..<start + count, reach)
    case .slice(let axis, let start, _):
      add(c.padded(x[0].shape.dimensions[axis], from: start, axis: axis), to: operands[0], reach)
    case .concatenate(let axis):
      var start = 0
      for (value, operand) in zip(x, operands) {
        let end = start + value.shape.dimensions[axis]
        add(c.slice(start..<end, axis: axis), to: operand, reach)
        start = end
      }
    case .reshape: add(c.reshaped(x[0].shape), to: operands[0], reach)
    case .broadcast: add(c.total, to: operands[0], reach)
    case .transpose: add(c.transposed, to: operands[0], reach)
    case .gather: add(scattered(c, into: x[0].shape, at: x[1]), to: operands[0], reach)
    case .sum(let axis): add(c.repeated(x[0].shape.dimensions[axis], axis: axis), to: operands[0], reach)
    case .matrixProduct: pullProduct(operands, x, c, reach)
    case .linearAlgebra(.solve(let isTransposed)): pullSolution(operands, x, y, c, isTransposed, reach)
    case .linearAlgebra: preconditionFailure("operations with several results are pulled as a whole")
    case .sumOverMembers: add(c, to: operands[0], .perMember)
    case .tabulate: try pullTable(operands, x, c, reach)
    case .moments: try pullMoments(operands, x, y, c, reach)
    case .whileLoop, .scan, .call: preconditionFailure("regions are pulled as a whole")
    }
  }

  /// The entry's cotangent at its position in a table of zeros.
  private func scattered(_ c: Staged, into shape: Shape, at position: Staged) -> Staged {
    let length = shape.dimensions[0]
    // `gather` reads entry 0 for a NaN.
    let entry = select(position .>= 1, min(floor(position), Staged(Double(length - 1))), 0)
    let isEntry = Staged((0..<length).map(Double.init)) .== entry
    if shape.rank == 1 { return select(isEntry, c, 0) }
    let row = select(isEntry, 1, 0).reshaped([length, 1])
    return matrixProduct(row, c.reshaped([1, shape.element.count])).reshaped(shape)
  }

  private mutating func pullProduct(_ operands: [Value], _ x: [Staged], _ c: Staged, _ reach: Reach) {
    let (a, b) = (x[0], x[1])
    func outer(_ u: Staged, _ v: Staged) -> Staged {
      matrixProduct(u.reshaped([u.shape.count, 1]), v.reshaped([1, v.shape.count]))
    }
    let (left, right): (() -> Staged, () -> Staged) =
      switch (a.shape.rank, b.shape.rank) {
      case (1, 1): ({ c * b }, { c * a })
      case (2, 1): ({ outer(c, b) }, { matrixProduct(c, a) })
      case (1, 2): ({ matrixProduct(b, c) }, { outer(a, c) })
      default: ({ matrixProduct(c, b.transposed) }, { matrixProduct(a.transposed, c) })
      }
    if varies[operands[0].number] { add(left(), to: operands[0], reach) }
    if varies[operands[1].number] { add(right(), to: operands[1], reach) }
  }

  /// The covered part of a series' cotangent goes to the polynomial, the rest to the series before.
  private mutating func pullTable(_ operands: [Value], _ x: [Staged], _ c: Staged, _ reach: Reach) throws {
    if varies[operands[Tabulation.times].number] { throw DifferentiationError.varyingTimes }
    let coefficients = x[Tabulation.coefficients]
    let scale = x[Tabulation.scale]
    let m = moments(
      degree: coefficients.shape.dimensions[0] - 1, series: c, cursor: x[Tabulation.cursor], times: x[Tabulation.times],
      until: x[Tabulation.until], origin: x[Tabulation.origin], scale: scale)
    add(m, to: operands[Tabulation.coefficients], reach)
    let weighted = coefficients.timesPower
    add(-((weighted * m.raisingPower).total * scale), to: operands[Tabulation.origin], reach)
    add((weighted * m).total / scale, to: operands[Tabulation.scale], reach)
    if varies[operands[Tabulation.series].number] {
      add(select(isCovered(x, c.shape), 0, c), to: operands[Tabulation.series], reach)
    }
  }

  private mutating func pullMoments(_ operands: [Value], _ x: [Staged], _ m: Staged, _ c: Staged, _ reach: Reach) throws
  {
    if varies[operands[Tabulation.times].number] { throw DifferentiationError.varyingTimes }
    let scale = x[Tabulation.scale]
    let series = tabulate(
      series: .zero(x[Tabulation.series].shape), cursor: x[Tabulation.cursor], times: x[Tabulation.times],
      until: x[Tabulation.until], origin: x[Tabulation.origin], scale: scale, coefficients: c
    ).series
    add(series, to: operands[Tabulation.series], reach)
    let weighted = c.timesPower
    add(-((weighted * m.raisingPower).total * scale), to: operands[Tabulation.origin], reach)
    add((weighted * m).total / scale, to: operands[Tabulation.scale], reach)
  }

  /// Which entries of a series `[n, S]` a tabulation writes.
  private func isCovered(_ x: [Staged], _ shape: Shape) -> Staged {
    let written = tabulate(
      series: .zero(shape), cursor: x[Tabulation.cursor], times: x[Tabulation.times], until: x[Tabulation.until],
      origin: 0, scale: 0,
      coefficients: Staged(Array(repeating: 1, count: shape.dimensions[0]), shape: [1, shape.dimensions[0]]))
    return written.series .!= 0
  }
}
