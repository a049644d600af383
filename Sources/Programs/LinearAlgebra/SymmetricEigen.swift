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
