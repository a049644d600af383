// Numbers of Swift beside staged values: `k * u`, `u / dx`, with a `Double` or, component by component, a `[Double]`.
//
// They are disfavoured, so that a literal stays what it is without them: the 2 in `2 * u` is staged. Without the attribute every
// literal of a formula could be of two types, and the compiler tries all combinations of them; without the operators it tries as
// many conversions that do not exist, for up to 25 s, before it gives up.

extension Staged {
  @_disfavoredOverload public static func + (a: Staged, b: Double) -> Staged { a + Staged(b) }
  @_disfavoredOverload public static func - (a: Staged, b: Double) -> Staged { a - Staged(b) }
  @_disfavoredOverload public static func * (a: Staged, b: Double) -> Staged { a * Staged(b) }
  @_disfavoredOverload public static func / (a: Staged, b: Double) -> Staged { a / Staged(b) }
  @_disfavoredOverload public static func + (a: Double, b: Staged) -> Staged { Staged(a) + b }
  @_disfavoredOverload public static func - (a: Double, b: Staged) -> Staged { Staged(a) - b }
  @_disfavoredOverload public static func * (a: Double, b: Staged) -> Staged { Staged(a) * b }
  @_disfavoredOverload public static func / (a: Double, b: Staged) -> Staged { Staged(a) / b }
}

/// An array of numbers is a vector: the other operand is a vector of as many, or a scalar for all of them.
extension Staged {
  @_disfavoredOverload public static func + (a: Staged, b: [Double]) -> Staged { a + Staged(b) }
  @_disfavoredOverload public static func - (a: Staged, b: [Double]) -> Staged { a - Staged(b) }
  @_disfavoredOverload public static func * (a: Staged, b: [Double]) -> Staged { a * Staged(b) }
  @_disfavoredOverload public static func / (a: Staged, b: [Double]) -> Staged { a / Staged(b) }
  @_disfavoredOverload public static func + (a: [Double], b: Staged) -> Staged { Staged(a) + b }
  @_disfavoredOverload public static func - (a: [Double], b: Staged) -> Staged { Staged(a) - b }
  @_disfavoredOverload public static func * (a: [Double], b: Staged) -> Staged { Staged(a) * b }
  @_disfavoredOverload public static func / (a: [Double], b: Staged) -> Staged { Staged(a) / b }
}
