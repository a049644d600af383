import Programs

/// Forward mode: every value together with its tangents, one for each direction, in one pass.
struct ForwardMode {
  let directions: Int

  /// A value's tangents by direction; nil where all are zero by construction.
  typealias Tangents = [Staged]?

  /// Values and tangents of all of a program's values, by number, recorded in the current trace.
  func push(_ program: Program, _ inputs: [Staged], _ tangents: [Tangents]) throws -> (
    values: [Staged], tangents: [Tangents]
  ) {
    var all = tangents
    let values = try program.replayed(inputs) { position, operands in
      let instruction = program.instructions[position]
      let moving = instruction.operands.map { all[$0.number] }
      guard moving.contains(where: { $0 != nil }) else {
        all += instruction.results.map { _ in nil }
        return nil
      }
      let (results, tangents) = try pushed(instruction, operands, moving)
      all += zip(tangents, results).map { tangents, result in
        result.type.kind == .real ? tangents?.map { $0.widened(to: result.shape) } : nil
      }
      return results
    }
    return (values, all)
  }

  private func pushed(_ instruction: Instruction, _ x: [Staged], _ dx: [Tangents]) throws -> ([Staged], [Tangents]) {
    switch instruction.operation.control {
    case .whileLoop(let loop): return try pushWhile(loop, x, dx)
    case .scan(let scan): return try pushScan(scan, x, dx)
    case .call(let callee): return try pushCall(callee, x, dx)
    case nil:
      let y = Staged.applyAll(instruction.operation, x)
      let rows = try (0..<directions).map { direction in
        try tangents(instruction.operation, x, dx.map { $0?[direction] }, y)
      }
      return (
        y,
        y.indices.map { result in
          rows.contains { $0[result] == nil } ? nil : rows.compactMap { $0[result] }
        }
      )
    }
  }

  /// The tangents of an operation's results y, from those of its operands x, of which one at least is not zero.
  private func tangents(_ operation: Operation, _ x: [Staged], _ dx: [Staged?], _ y: [Staged]) throws -> [Staged?] {
    func filled(_ operand: Int) -> Staged { dx[operand] ?? .zero(like: x[operand]) }
    switch operation {
    case .constant, .compare, .logic, .not, .stopGradient: return [nil]
    case .unary(let function):
      return [function.isStep ? nil : dx[0].map(slope(of: function, x[0], y[0]))]
    case .binary(let function):
      let (a, b) = function.slopes(x[0], x[1], y[0])
      return [sum(dx[0].map(a), dx[1].map(b))]
    case .select: return dx[1] == nil && dx[2] == nil ? [nil] : [select(x[0], filled(1), filled(2))]
    case .stack, .concatenate: return [.apply(operation, x.indices.map(filled))]
    case .index, .slice, .reshape, .broadcast, .transpose, .sum, .sumOverMembers:
      return [.apply(operation, [filled(0)])]
    case .gather: return [dx[0].map { $0.gather(x[1]) }]
    case .matrixProduct:
      return [sum(dx[0].map { matrixProduct($0, x[1]) }, dx[1].map { matrixProduct(x[0], $0) })]
    case .linearAlgebra(.triangularFactors): return [nil, nil]
    case .linearAlgebra(.solve(let isTransposed)): return [tangentOfSolution(x, dx, y[0], isTransposed)]
    case .linearAlgebra(.symmetricEigen): return tangentsOfEigen(filled(0), values: y[0], vectors: y[1])
    case .tabulate:
      guard dx[Tabulation.times] == nil else { throw DifferentiationError.varyingTimes }
      let coefficients =
        sum(
          dx[Tabulation.coefficients],
          slopeOfTable(x[Tabulation.coefficients], x, dx)) ?? .zero(x[Tabulation.coefficients].shape)
      return [
        tabulate(
          series: filled(Tabulation.series), cursor: x[Tabulation.cursor], times: x[Tabulation.times],
          until: x[Tabulation.until], origin: x[Tabulation.origin], scale: x[Tabulation.scale],
          coefficients: coefficients
        ).series, nil,
      ]
    case .moments(let degree):
      guard dx[Tabulation.times] == nil else { throw DifferentiationError.varyingTimes }
      let series = dx[Tabulation.series].map {
        moments(
          degree: degree, series: $0, cursor: x[Tabulation.cursor], times: x[Tabulation.times],
          until: x[Tabulation.until],
          origin: x[Tabulation.origin], scale: x[Tabulation.scale])
      }
      return [sum(series, slopeOfMoments(y[0], x, dx))]
    case .whileLoop, .scan, .call: preconditionFailure("regions are pushed as a whole")
    }
  }

  /// Coefficients of the change of Σ c[d] θᵈ when θ = (t − origin)·scale changes: dθ = θ·dscale/scale − dorigin·scale.
  private func slopeOfTable(_ c: Staged, _ x: [Staged], _ dx: [Staged?]) -> Staged? {
    let powers = c.timesPower
    return sum(
      dx[Tabulation.origin].map { -($0 * x[Tabulation.scale]) * powers.droppingPower },
      dx[Tabulation.scale].map { $0 / x[Tabulation.scale] * powers })
  }

  /// The change of Σ s θᵈ: d·dθ·θᵈ⁻¹.
  private func slopeOfMoments(_ m: Staged, _ x: [Staged], _ dx: [Staged?]) -> Staged? {
    sum(
      dx[Tabulation.origin].map { -($0 * x[Tabulation.scale]) * m.raisingPower.timesPower },
      dx[Tabulation.scale].map { $0 / x[Tabulation.scale] * m.timesPower })
  }
}

/// The sum of what is there.
func sum(_ a: Staged?, _ b: Staged?) -> Staged? {
  guard let a, let b else { return a ?? b }
  return a + b
}

extension Staged {
  /// Row d of `[degree + 1, n]` times d.
  var timesPower: Staged {
    let (rows, columns) = (shape.dimensions[0], shape.dimensions[1])
    return self * Staged((0..<rows).flatMap { Array(repeating: Double($0), count: columns) }, shape: shape)
  }

  /// Row d of `[degree + 1, n]` to row d − 1, zero to the last.
  var droppingPower: Staged {
    .concatenate([self[1..<shape.dimensions[0]], .zero([1, shape.dimensions[1]])])
  }

  /// Row d of `[degree + 1, n]` to row d + 1, zero to the first.
  var raisingPower: Staged {
    .concatenate([.zero([1, shape.dimensions[1]]), self[0..<shape.dimensions[0] - 1]])
  }
}
