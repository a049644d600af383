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
