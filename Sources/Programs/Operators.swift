extension Staged {
  public static func + (a: Staged, b: Staged) -> Staged { apply(.binary(.add), [a, b]) }
  public static func - (a: Staged, b: Staged) -> Staged { apply(.binary(.subtract), [a, b]) }
  public static func * (a: Staged, b: Staged) -> Staged { apply(.binary(.multiply), [a, b]) }
  public static func / (a: Staged, b: Staged) -> Staged { apply(.binary(.divide), [a, b]) }
  public static prefix func - (a: Staged) -> Staged { apply(.unary(.negate), [a]) }

  // Comparisons and connectives are pointwise, written as for SIMD vectors.
  public static func .< (a: Staged, b: Staged) -> Staged { apply(.compare(.less), [a, b]) }
  public static func .<= (a: Staged, b: Staged) -> Staged { apply(.compare(.lessOrEqual), [a, b]) }
  public static func .> (a: Staged, b: Staged) -> Staged { apply(.compare(.less), [b, a]) }
  public static func .>= (a: Staged, b: Staged) -> Staged { apply(.compare(.lessOrEqual), [b, a]) }
  public static func .== (a: Staged, b: Staged) -> Staged { apply(.compare(.equal), [a, b]) }
  public static func .!= (a: Staged, b: Staged) -> Staged { apply(.compare(.notEqual), [a, b]) }
  public static func .& (a: Staged, b: Staged) -> Staged { apply(.logic(.and), [a, b]) }
  public static func .| (a: Staged, b: Staged) -> Staged { apply(.logic(.or), [a, b]) }
  public static prefix func .! (a: Staged) -> Staged { apply(.not, [a]) }

  public static func += (a: inout Staged, b: Staged) { a = a + b }
  public static func -= (a: inout Staged, b: Staged) { a = a - b }
  public static func *= (a: inout Staged, b: Staged) { a = a * b }
}

public func abs(_ x: Staged) -> Staged { .apply(.unary(.absolute), [x]) }
/// −1 or 1; zeros and NaN stay what they are.
public func sign(_ x: Staged) -> Staged { .apply(.unary(.sign), [x]) }
public func floor(_ x: Staged) -> Staged { .apply(.unary(.floor), [x]) }
public func ceil(_ x: Staged) -> Staged { .apply(.unary(.ceiling), [x]) }
public func sqrt(_ x: Staged) -> Staged { .apply(.unary(.squareRoot), [x]) }
public func exp(_ x: Staged) -> Staged { .apply(.unary(.exp), [x]) }
public func expm1(_ x: Staged) -> Staged { .apply(.unary(.expm1), [x]) }
public func log(_ x: Staged) -> Staged { .apply(.unary(.log), [x]) }
public func log1p(_ x: Staged) -> Staged { .apply(.unary(.log1p), [x]) }
public func log2(_ x: Staged) -> Staged { .apply(.unary(.log2), [x]) }
public func log10(_ x: Staged) -> Staged { .apply(.unary(.log10), [x]) }
public func sin(_ x: Staged) -> Staged { .apply(.unary(.sin), [x]) }
public func cos(_ x: Staged) -> Staged { .apply(.unary(.cos), [x]) }
public func tan(_ x: Staged) -> Staged { .apply(.unary(.tan), [x]) }
public func asin(_ x: Staged) -> Staged { .apply(.unary(.asin), [x]) }
public func acos(_ x: Staged) -> Staged { .apply(.unary(.acos), [x]) }
public func atan(_ x: Staged) -> Staged { .apply(.unary(.atan), [x]) }
public func sinh(_ x: Staged) -> Staged { .apply(.unary(.sinh), [x]) }
public func cosh(_ x: Staged) -> Staged { .apply(.unary(.cosh), [x]) }
public func tanh(_ x: Staged) -> Staged { .apply(.unary(.tanh), [x]) }
public func asinh(_ x: Staged) -> Staged { .apply(.unary(.asinh), [x]) }
public func acosh(_ x: Staged) -> Staged { .apply(.unary(.acosh), [x]) }
public func atanh(_ x: Staged) -> Staged { .apply(.unary(.atanh), [x]) }
public func erf(_ x: Staged) -> Staged { .apply(.unary(.erf), [x]) }
public func lgamma(_ x: Staged) -> Staged { .apply(.unary(.logGamma), [x]) }
/// `x` to the power `y`, as the C library's `pow`.
public func pow(_ x: Staged, _ y: Staged) -> Staged { .apply(.binary(.power), [x, y]) }
public func atan2(_ y: Staged, _ x: Staged) -> Staged { .apply(.binary(.atan2), [y, x]) }
/// The lesser; NaN if either is. Of equal ones `b`, also of zeros with two signs.
public func min(_ a: Staged, _ b: Staged) -> Staged { .apply(.binary(.minimum), [a, b]) }
/// The greater; NaN if either is. Of equal ones `b`, also of zeros with two signs.
public func max(_ a: Staged, _ b: Staged) -> Staged { .apply(.binary(.maximum), [a, b]) }

/// `x` to a fixed whole power, by repeated multiplication: x·x for 2, 1/(x·x·x) for −3, 1 for 0.
public func power(_ x: Staged, _ exponent: Int) -> Staged {
  if exponent < 0 { return 1 / power(x, -exponent) }
  var (result, square, remaining) = (Staged?.none, x, exponent)
  while remaining > 0 {
    if remaining & 1 == 1 { result = result.map { $0 * square } ?? square }
    remaining >>= 1
    if remaining > 0 { square = square * square }
  }
  return result ?? Staged(Array(repeating: 1, count: x.shape.count), shape: x.shape)
}

/// `a` where the condition holds, else `b`.
public func select(_ condition: Staged, _ a: Staged, _ b: Staged) -> Staged { .apply(.select, [condition, a, b]) }

/// The value itself, with a derivative of zero.
public func stopGradient(_ x: Staged) -> Staged { .apply(.stopGradient, [x]) }

/// `[k]·[k]`, `[m, k]·[k]`, `[k]·[k, n]` or `[m, k]·[k, n]`.
public func matrixProduct(_ a: Staged, _ b: Staged) -> Staged { .apply(.matrixProduct, [a, b]) }

extension Staged {
  /// Equal shapes `s`, n of them, to `[n] + s`.
  public static func stack(_ parts: [Staged]) -> Staged { apply(.stack, parts) }
  public static func concatenate(_ parts: [Staged], axis: Int = 0) -> Staged { apply(.concatenate(axis: axis), parts) }

  /// The entry at a fixed position of the first axis.
  public subscript(position: Int) -> Staged { .apply(.index(position), [self]) }
  /// The entry at a fixed place of the first two axes, such as an element of a matrix.
  public subscript(row: Int, column: Int) -> Staged { self[row][column] }
  /// Entries of the first axis.
  public subscript(range: Range<Int>) -> Staged { slice(range, axis: 0) }
  public func slice(_ range: Range<Int>, axis: Int) -> Staged {
    .apply(.slice(axis: axis, start: range.lowerBound, count: range.count), [self])
  }
  /// The entry at `floor(position)` of the first axis, clamped to the axis.
  public func gather(_ position: Staged) -> Staged { .apply(.gather, [self, position]) }
  public func reshaped(_ shape: Shape) -> Staged { .apply(.reshape(shape), [self]) }
  /// A scalar for every component of a shape.
  public func broadcast(to shape: Shape) -> Staged { .apply(.broadcast(shape), [self]) }
  public var transposed: Staged { .apply(.transpose, [self]) }
  public func sum(axis: Int = 0) -> Staged { .apply(.sum(axis: axis), [self]) }
  /// The sum over all members of the ensemble; only as an output of the outermost program.
  public func sumOverMembers() -> Staged { .apply(.sumOverMembers, [self]) }
}

/// Fills the part of a table that one step covers; see `Tabulation`.
/// - Returns: the series and the cursor after the step.
public func tabulate(
  series: Staged, cursor: Staged, times: Staged, until: Staged, origin: Staged, scale: Staged, coefficients: Staged
) -> (series: Staged, cursor: Staged) {
  let results = Staged.applyAll(.tabulate, [series, cursor, times, until, origin, scale, coefficients])
  return (results[0], results[1])
}

/// The sums of a table's covered entries by powers of θ: the transpose of `tabulate`; see `Moments`.
/// - Returns: an array `[degree + 1, n]`.
public func moments(
  degree: Int, series: Staged, cursor: Staged, times: Staged, until: Staged, origin: Staged, scale: Staged
) -> Staged {
  .apply(.moments(degree: degree), [series, cursor, times, until, origin, scale])
}
