/// The solution x of A x = b for a square matrix A.
///
/// By Gaussian elimination with partial pivoting: the error is about n·κ(A)·ε relative to the largest component. The same
/// matrix is factored once, however many right-hand sides it is used with, and before any member where all members share it.
///
/// Edge cases: a singular matrix gives infinities or NaN, never an error, and so do its derivatives.
///
/// - Parameters:
///   - matrix: `[n, n]`.
///   - rightHandSide: `[n]`, or `[n, m]` for m systems at once.
///   - isTransposed: whether to solve Aᵀ x = b instead, with the same factors.
/// - Returns: x in the shape of the right-hand side.
/// - Source: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th edition, 3.4; error: N. J. Higham, Accuracy and Stability
///   of Numerical Algorithms, 2nd edition, 9.3.
public func linearSolve(_ matrix: Staged, _ rightHandSide: Staged, transposed isTransposed: Bool = false) -> Staged {
  guard matrix.shape.isSquare, 1...2 ~= rightHandSide.shape.rank,
    rightHandSide.shape.dimensions[0] == matrix.shape.dimensions[0]
  else {
    return .refused(
      "linearSolve", "a square matrix [n, n] and a right-hand side [n] or [n, m]", [matrix, rightHandSide])
  }
  return FactoredMatrix(matrix).solve(rightHandSide, transposed: isTransposed)
}

/// The solution of L x = b for a lower triangular L, by substitution alone.
package func triangularSolve(_ lower: Staged, _ rightHandSide: Staged) -> Staged {
  // Lᵀ is upper triangular, so it is its own U.
  FactoredMatrix(triangular: lower.transposed).solve(rightHandSide, transposed: true)
}

/// A matrix with what is needed to solve with it.
struct FactoredMatrix {
  let matrix, factors, pivots: Staged

  init(_ matrix: Staged) {
    let results = Staged.applyAll(.linearAlgebra(.triangularFactors), [matrix])
    (self.matrix, factors, pivots) = (matrix, results[0], results[1])
  }

  /// A matrix that is its own factors: upper triangular, or lower triangular with a diagonal of ones.
  init(triangular matrix: Staged) {
    (self.matrix, factors) = (matrix, matrix)
    pivots = Staged.counting(matrix.shape.dimensions[0])
  }

  func solve(_ b: Staged, transposed isTransposed: Bool = false) -> Staged {
    .apply(.linearAlgebra(.solve(isTransposed: isTransposed)), [matrix, factors, pivots, b])
  }

  /// det P: 1 or −1.
  var sign: Staged {
    let count = pivots.shape.count
    let signs = select(pivots .== Staged.counting(count), Staged(Array(repeating: 1, count: count)), -1)
    return (0..<count).map { signs[$0] }.reduce(1, *)
  }

  /// The diagonal of U.
  var diagonal: Staged { .stack((0..<matrix.shape.dimensions[0]).map { factors[$0][$0] }) }
}
