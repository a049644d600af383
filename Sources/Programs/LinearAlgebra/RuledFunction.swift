/// Functions that are programs over other operations, but whose derivative is not that of their instructions:
/// `Differentiation` has a rule for each.
///
/// A rule may call these functions again, so derivatives of any order follow.
public enum RuledFunction: String, Hashable, Sendable {
  case determinant
  /// The matrix of cofactors: the determinant's gradient.
  case cofactors
  case cholesky
  /// √(a² + b²).
  case hypotenuse

  /// Calls the function as a program that carries its rule; what is known while tracing is computed at once, if it can be.
  package func callAsFunction(_ operands: Staged...) -> Staged {
    if self == .hypotenuse, operands.allSatisfy({ $0.literal != nil }) { return value(operands) }
    if self != .hypotenuse, !operands[0].shape.isSquare {
      return .refused(rawValue, "a square matrix [n, n]", operands)
    }
    do {
      let inputs = operands.enumerated().map { Program.Input("operand\($0.offset)", $0.element.type) }
      var program = try Program.trace(rawValue, inputs: inputs) { [(rawValue, value($0))] }
      program.derivative = .known(self)
      return call(program, operands)[0]
    } catch {
      preconditionFailure("\(rawValue) is traced against the grammar: \(error)")
    }
  }

  private func value(_ operands: [Staged]) -> Staged {
    switch self {
    case .determinant: Self.determinant(operands[0])
    case .cofactors: Self.cofactors(operands[0])
    case .cholesky: Self.cholesky(operands[0])
    case .hypotenuse: Self.scaledLength(operands[0], operands[1])
    }
  }
}

/// The determinant of a square matrix, by its triangular factors.
///
/// Its derivative, the matrix of cofactors, is finite and exact for singular matrices too. Second derivatives are so for
/// regular ones only, and infinite or NaN for singular ones.
///
/// - Parameter matrix: `[n, n]`.
/// - Returns: a scalar, exactly zero where elimination meets a column of zeros.
public func determinant(_ matrix: Staged) -> Staged { RuledFunction.determinant(matrix) }

/// Cholesky's factor of the symmetric part (A + Aᵀ)/2 of a square matrix: the lower triangular L with a positive diagonal
/// and L Lᵀ = (A + Aᵀ)/2.
///
/// Edge cases: where the matrix is not positive definite, all of L is NaN.
///
/// - Parameter matrix: `[n, n]`.
/// - Returns: L `[n, n]`, zeros above the diagonal.
/// - Source: Golub, Van Loan, 4.2.5; derivative: I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527, (8).
public func cholesky(_ matrix: Staged) -> Staged {
  guard matrix.shape.isSquare else { return .refused("cholesky", "a square matrix [n, n]", [matrix]) }
  return RuledFunction.cholesky(matrix.symmetricPart)
}

extension RuledFunction {
  private static func determinant(_ matrix: Staged) -> Staged {
    let factored = FactoredMatrix(matrix)
    let diagonal = factored.diagonal
    return (0..<diagonal.shape.count).map { diagonal[$0] }.reduce(factored.sign, *)
  }

  /// The transposed adjugate, from P A = L U: adj A = det P · adj U · L⁻¹ P.
  ///
  /// The adjugate of U needs no division. Its entry (i, j) is that of U⁻¹ times the determinant; where back substitution would
  /// divide by a pivot, multiplying through by all of them leaves
  /// adj U = diag(Π_{m<i} u_mm) (I + W)⁻¹ diag(Π_{m>j} u_mm) with W_ik = u_ik Π_{i<m<k} u_mm for i < k.
  private static func cofactors(_ matrix: Staged) -> Staged {
    let size = matrix.shape.dimensions[0]
    let factored = FactoredMatrix(matrix)
    let products = productsBetween(factored.diagonal)
    let below = products.slice(0..<1, axis: 1).reshaped([size + 2])[1..<size + 1]
    let above = products[size + 1][1..<size + 1]
    let inside = products[1..<size + 1].slice(1..<size + 1, axis: 1).transposed
    let upper = Staged.matrix(size) { $0 < $1 ? 1 : 0 }
    let lower = Staged.matrix(size) { $0 > $1 ? 1 : 0 }
    let identity = Staged.identity(size)
    let scaled = FactoredMatrix(triangular: select(upper .!= 0, factored.factors * inside, identity))
    let unit = select(lower .!= 0, factored.factors, identity)
    let half = scaled.solve(select(identity .!= 0, below.asColumns, 0), transposed: true)
    let whole = Staged.apply(
      .linearAlgebra(.solve(isTransposed: true)), [unit, unit, factored.pivots, above.asColumns * half])
    return factored.sign * whole
  }

  /// Products of what stands between two places, `[n + 2, n + 2]`: entry (k, i) is Π d_m over i < m < k, with the places
  /// 1 … n for the components of d, and 0 and n + 1 for the ends.
  private static func productsBetween(_ d: Staged) -> Staged {
    let count = d.shape.count + 2
    let places = Staged.counting(count)
    let last = Staged.concatenate([Staged([1, 1]), d])
    return scan("products", length: count, [Staged(Array(repeating: 1, count: count))], over: [last, places]) {
      carry, entries in
      let next = select(places .< entries[1] - 1, carry[0] * entries[0], 1)
      return ([next], [next])
    }.rows[0]
  }

  /// Column by column, each from the columns before it.
  private static func cholesky(_ matrix: Staged) -> Staged {
    let size = matrix.shape.dimensions[0]
    let rows = Staged.counting(size)
    let zeros = Staged.matrix(size) { _, _ in 0 }
    return scan("columns", length: size, [zeros], over: [matrix, rows]) { carry, entries in
      let (factor, position) = (carry[0], entries[1])
      let rest = entries[0] - matrixProduct(factor, factor.gather(position))
      let column = select(rows .< position, 0, rest / sqrt(rest.gather(position)))
      let place = select(rows .== position, Staged(Array(repeating: 1, count: size)), 0)
      return ([factor + matrixProduct(column.reshaped([size, 1]), place.reshaped([1, size]))], [])
    }.carry[0]
  }
}
