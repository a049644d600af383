/// √(a² + b²), without overflow or underflow of the squares.
///
/// Where the squares are ordinary numbers the value is that of `sqrt(a * a + b * b)` to the last bit; elsewhere both are
/// divided by the larger magnitude first. That choice is no branch of a model, and has no derivative: a rule gives
/// (a da + b db) / √(a² + b²).
///
/// Edge cases: infinite if either is and none is NaN; NaN if either is. Where both are zero the derivative is NaN.
public func hypot(_ a: Staged, _ b: Staged) -> Staged {
  let isFitting = a.shape == b.shape || a.shape.isScalar || b.shape.isScalar
  guard isFitting, a.type.kind == .real, b.type.kind == .real else {
    return .refused("hypot", "two numbers, or arrays of equal shapes", [a, b])
  }
  return RuledFunction.hypotenuse(a, b)
}

extension RuledFunction {
  static func scaledLength(_ a: Staged, _ b: Staged) -> Staged {
    let squares = a * a + b * b
    // In either precision: above the bound what underflows of one square is nothing beside the other.
    let isOrdinary = (squares .> 0x1p-100) .& (squares .< Staged(Double.infinity))
    let largest = max(abs(a), abs(b))
    let isUnscaled = isOrdinary .| (largest .== 0) .| (largest .== Staged(Double.infinity))
    let scale = select(isUnscaled, 1, largest)
    let (u, v) = (a / scale, b / scale)
    return scale * sqrt(u * u + v * v)
  }
}
