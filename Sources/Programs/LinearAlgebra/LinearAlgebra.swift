/// The operations on square matrices that are not made of others.
///
/// Determinant and Cholesky's factor are programs over these (`RuledFunction`).
public enum LinearAlgebra: Hashable, Sendable {
  /// `A [n, n]` to its factors `[n, n]` and pivots `[n]`, by Gaussian elimination with partial pivoting.
  ///
  /// The factors hold U on and above the diagonal and L, whose diagonal is one, below it. Step k exchanged row k with row
  /// `pivots[k]` ≥ k, the first with the largest magnitude; with P all exchanges in order, P A = L U, for singular matrices
  /// too. The factors have no derivative of their own: `solve` takes it by the matrix itself.
  /// A matrix with a NaN has no solution that is a number; what infinite components give is not specified.
  case triangularFactors
  /// `(A, factors, pivots, b)` to the x with A x = b, or with Aᵀ x = b; b is `[n]` or `[n, m]`.
  ///
  /// The value follows from the factors and pivots, the derivative from the matrix that they belong to, solved for with the
  /// same factors. A pivot that is zero divides as IEEE says.
  case solve(isTransposed: Bool)
  /// A symmetric `A [n, n]` to its eigenvalues `[n]`, ascending, and orthonormal eigenvectors, the columns of `[n, n]`.
  ///
  /// In each vector the first component of more than `leadingShare` times the largest magnitude is positive. A matrix
  /// with a component that is not finite has NaN for all results.
  case symmetricEigen

  // The operands of `solve`.
  public static let matrix = 0
  public static let factors = 1
  public static let pivots = 2
  public static let rightHandSide = 3

  /// Below the common ratios of components, 1, √3/2, 1/√2, and not at 1/2: so that rounding does not choose the sign.
  public static let leadingShare = 0.55

  public var operandCount: Int {
    switch self {
    case .triangularFactors, .symmetricEigen: 1
    case .solve: 4
    }
  }

  public var resultCount: Int {
    switch self {
    case .triangularFactors, .symmetricEigen: 2
    case .solve: 1
    }
  }

  /// The word in printed programs and messages.
  var name: String {
    switch self {
    case .triangularFactors: "triangularFactors"
    case .solve(let isTransposed): isTransposed ? "solve transposed" : "solve"
    case .symmetricEigen: "symmetricEigen"
    }
  }
}

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
  let factored = FactoredMatrix(matrix)
  return factored.solve(rightHandSide, transposed: isTransposed)
}

/// The eigenvalues, ascending, and orthonormal eigenvectors of the symmetric part (A + Aᵀ)/2 of a square matrix.
///
/// Values are exact to about n·ε times the largest magnitude of an eigenvalue, vectors to that over the gap between their
/// value and the next. In each vector the first component of more than 0.55 times the largest magnitude is positive.
///
/// Where eigenvalues are equal, or nearer than rounding lets them be told apart (about 8 n ε times the largest
/// magnitude), neither they nor their vectors have a derivative one by one. The turning of such vectors into each other is
/// then left out of the derivative, which stays finite. It is exact for what depends neither on the order of such values nor
/// on the basis of their space, such as the trace, the sum of squares or the projector onto the space: turning the basis
/// changes nothing then, so that its share is zero anyway. A second derivative, or that of a function of the matrix
/// V h(λ) Vᵀ, where h tells values in the space apart, lacks the share of such pairs.
///
/// Edge cases: a component that is not finite gives NaN for all results.
///
/// - Parameter matrix: `[n, n]`.
/// - Returns: values `[n]`; vectors as the columns of `[n, n]`.
/// - Source: Jacobi's method: Golub, Van Loan, 8.5; derivative: M. B. Giles, An extended collection of matrix derivative results
///   for forward and reverse mode algorithmic differentiation, Oxford NA-08/01 (2008), 3.1.
public func symmetricEigen(_ matrix: Staged) -> (values: Staged, vectors: Staged) {
  guard matrix.shape.isSquare else {
    let stand = Staged.refused("symmetricEigen", "a square matrix [n, n]", [matrix])
    return (stand, stand)
  }
  let results = Staged.applyAll(.linearAlgebra(.symmetricEigen), [matrix.symmetricPart])
  return (results[0], results[1])
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

extension Shape {
  /// Whether it is `[n, n]` with n > 0.
  var isSquare: Bool { rank == 2 && dimensions[0] == dimensions[1] && dimensions[0] > 0 }
}

extension Staged {
  var symmetricPart: Staged { 0.5 * (self + transposed) }

  /// 0, 1, …, count − 1.
  static func counting(_ count: Int) -> Staged { Staged((0..<count).map(Double.init)) }

  /// A known matrix `[n, n]` from its entries by row and column.
  package static func matrix(_ size: Int, _ entry: (Int, Int) -> Double) -> Staged {
    Staged((0..<size).flatMap { row in (0..<size).map { entry(row, $0) } }, shape: [size, size])
  }

  package static func identity(_ size: Int) -> Staged { matrix(size) { $0 == $1 ? 1 : 0 } }

  /// A vector `[n]` as every column of `[n, n]`.
  package var asColumns: Staged {
    let size = shape.count
    return matrixProduct(reshaped([size, 1]), Staged(Array(repeating: 1, count: size), shape: [1, size]))
  }
}
