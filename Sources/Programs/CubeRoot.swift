/// The real cube root, also of a negative number.
///
/// One step of Newton's method after `pow`, whose exponent is a third but for rounding: the cubes of whole numbers have exact
/// roots, and others are within a unit in the last place. The step has no derivative, as that of `pow` is right already.
///
/// Edge cases: zeros of either sign, infinities and NaN are what they are. At zero the derivative is NaN.
public func cbrt(_ x: Staged) -> Staged {
  let size = abs(x)
  let root = pow(size, Staged(1.0 / 3))
  // Equalities, not comparisons: at those a step of a solution would have to end.
  let isExact = (root .== 0) .| (root .== Staged(Double.infinity))
  let square = select(isExact, 1, root * root)
  let correction = select(isExact, 0, (size / square - root) * Staged(1.0 / 3))
  return sign(x) * (root + stopGradient(correction))
}
