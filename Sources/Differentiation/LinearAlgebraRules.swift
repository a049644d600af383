import Programs

extension LinearAlgebra {
  /// The marks of the results from those of the operands.
  func reached(from operands: [Marks], _ influence: Influence) -> [Marks] {
    switch self {
    // Factors have no derivative of their own: a solution's is by its matrix.
    case .triangularFactors: influence == .any ? [operands[0], operands[0]] : [0, 0]
    case .solve: [operands[Self.matrix] | operands[Self.rightHandSide]]
    case .symmetricEigen: [operands[0], operands[0]]
    }
  }
}

// MARK: Solving

/// The solution with the same factors, or with their transpose.
private func solve(_ x: [Staged], _ b: Staged, transposed isTransposed: Bool) -> Staged {
  var operands = x
  operands[LinearAlgebra.rightHandSide] = b
  return .apply(.linearAlgebra(.solve(isTransposed: isTransposed)), operands)
}

extension ForwardMode {
  /// A dy = db − dA y.
  func tangentOfSolution(_ x: [Staged], _ dx: [Staged?], _ y: Staged, _ isTransposed: Bool) -> Staged? {
    let moved = dx[LinearAlgebra.matrix].map { -matrixProduct(isTransposed ? $0.transposed : $0, y) }
    return sum(dx[LinearAlgebra.rightHandSide], moved).map { solve(x, $0, transposed: isTransposed) }
  }
}

extension ReverseMode {
  /// Aᵀ b̄ = c, and Ā = −b̄ yᵀ (or its transpose).
  mutating func pullSolution(
    _ operands: [Value], _ x: [Staged], _ y: Staged, _ c: Staged, _ isTransposed: Bool, _ reach: Reach
  ) {
    let back = solve(x, c, transposed: !isTransposed)
    add(back, to: operands[LinearAlgebra.rightHandSide], reach)
    guard varies[operands[LinearAlgebra.matrix].number] else { return }
    let (left, right) = isTransposed ? (y, back) : (back, y)
    let size = left.shape.dimensions[0]
    let columns = left.shape.count / size
    let product = matrixProduct(left.reshaped([size, columns]), right.reshaped([size, columns]).transposed)
    add(-product, to: operands[LinearAlgebra.matrix], reach)
  }
}

// MARK: Eigen-decomposition

/// F_ij = 1 / (λ_j − λ_i), and zero where two values cannot be told apart.
///
/// They cannot where a share of their gap is lost when it is added to the largest magnitude: so the test follows the
/// precision that the program runs in.
private func inverseGaps(_ values: Staged) -> Staged {
  let size = values.shape.dimensions[0]
  let scale = max(abs(values[0]), abs(values[size - 1]))
  let rows = values.asColumns
  let gaps = rows.transposed - rows
  let isSame = scale + abs(gaps) * Staged(1 / Double(8 * size)) .== scale
  return select(isSame, 0, 1 / select(isSame, 1, gaps))
}

extension ForwardMode {
  /// With S = Vᵀ dA V: dλ is the diagonal of S, and dV = V (F ∘ S).
  func tangentsOfEigen(_ moved: Staged, values: Staged, vectors: Staged) -> [Staged?] {
    let turned = matrixProduct(vectors.transposed, matrixProduct(moved, vectors))
    let diagonal = (turned * .identity(values.shape.count)).sum(axis: 1)
    return [diagonal, matrixProduct(vectors, inverseGaps(values) * turned)]
  }
}

extension ReverseMode {
  /// Ā = V (diag λ̄ + F ∘ (Vᵀ V̄)) Vᵀ.
  mutating func pullEigen(_ position: Int, _ cotangents: [Staged?], _ reach: Reach) {
    let first = program.firstResults[position]
    let (values, vectors) = (self.values[first], self.values[first + 1])
    let middle = sum(
      cotangents[0].map { $0.asColumns * .identity(values.shape.count) },
      cotangents[1].map { inverseGaps(values) * matrixProduct(vectors.transposed, $0) })
    guard let middle else { return }
    add(
      matrixProduct(vectors, matrixProduct(middle, vectors.transposed)),
      to: program.instructions[position].operands[0], reach)
  }
}

// MARK: Functions with rules

extension Program {
  /// The rule for tangents that stands beside the program, written down for its types; nil if there is none.
  func tangentRule() throws -> Program? {
    switch derivative {
    case nil: return nil
    case .tangents(let rule): return rule
    case .known(let function):
      let moving = inputs.map { Input("d" + $0.name, $0.type) }
      return try Program.trace(name + ".tangents", inputs: inputs + moving) {
        [("d" + name, function.tangent(Array($0.prefix(inputs.count)), Array($0.dropFirst(inputs.count))))]
      }
    }
  }
}

extension RuledFunction {
  fileprivate func tangent(_ x: [Staged], _ dx: [Staged]) -> Staged {
    let (a, da) = (x[0], dx[0])
    switch self {
    case .determinant: return (RuledFunction.cofactors(a) * da).total
    case .cofactors:
      // C = det A · A⁻ᵀ, so dC = tr(A⁻¹ dA) C − A⁻ᵀ dAᵀ C.
      let inverse = linearSolve(a, .identity(a.shape.dimensions[0]), transposed: true)
      let own = RuledFunction.cofactors(a)
      return (inverse * da).total * own - matrixProduct(inverse, matrixProduct(da.transposed, own))
    case .cholesky:
      // dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ keeps what is below the diagonal and half of the diagonal.
      let factor = RuledFunction.cholesky(a)
      let half = triangularSolve(factor, da).transposed
      let kept = Staged.matrix(a.shape.dimensions[0]) { $0 > $1 ? 1 : ($0 == $1 ? 0.5 : 0) }
      return matrixProduct(factor, triangularSolve(factor, half) * kept)
    case .hypotenuse:
      let length = RuledFunction.hypotenuse(a, x[1])
      return a / length * da + x[1] / length * dx[1]
    }
  }
}
