/// Everything that a program can compute.
///
/// One operation is one name, one group (`OperationGroups`) and one row in each table that has something to say of it: typing
/// (`TypeRules`), evaluation, emission, differentiation.
/// Every table is an exhaustive `switch`, so the compiler lists the rooms that a new operation must visit.
public indirect enum Operation: Hashable, Sendable {
  /// Components in row-major order; the shape stands in the instruction's result.
  case constant([Double])

  // Component by component. Operands have equal shapes, or are scalars that stand for every component.
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  case compare(Comparison)
  case logic(Connective)
  case not
  /// `select(condition, a, b)`: `a` where the condition holds, else `b`.
  case select

  // Rearranging components.
  /// Equal shapes `s`, n of them, to `[n] + s`.
  case stack
  /// The entry at a fixed position of the first axis.
  case index(Int)
  /// Entries `start ..< start + count` of one axis.
  case slice(axis: Int, start: Int, count: Int)
  case concatenate(axis: Int)
  case reshape(Shape)
  /// A scalar to every component of a shape.
  case broadcast(Shape)
  /// A matrix `[m, n]` to `[n, m]`.
  case transpose
  /// `gather(table, position)`: the entry of the first axis at `floor(position)`, clamped to the axis (NaN reads entry 0).
  case gather

  // Reductions.
  /// The sum along one axis.
  case sum(axis: Int)
  /// `[k]·[k]`, `[m, k]·[k]`, `[k]·[k, n]` or `[m, k]·[k, n]`.
  case matrixProduct
  /// The sum over all members of the ensemble: a reduced output. It may only be a result of the outermost program,
  /// because a member never waits for another.
  case sumOverMembers

  /// Factorisations of square matrices, and what is solved by them.
  case linearAlgebra(LinearAlgebra)

  // Control flow.
  case whileLoop(WhileLoop)
  case scan(Scan)
  case call(Program)

  /// Fills the part of a table that one step of a solution covers; see `Tabulation`.
  case tabulate
  /// What the covered part of a table weighs for each power up to `degree`: the transpose of `tabulate`; see `Moments`.
  case moments(degree: Int)

  /// The identity, with a derivative of zero.
  case stopGradient
}

/// Functions of one real.
public enum UnaryFunction: String, CaseIterable, Hashable, Sendable {
  case negate, absolute, sign, floor, ceiling
  case squareRoot
  case exp, expm1, log, log1p, log2, log10
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, asinh, acosh, atanh
  case erf, logGamma
}

/// Functions of two reals.
public enum BinaryFunction: String, CaseIterable, Hashable, Sendable {
  case add, subtract, multiply, divide
  case power
  /// The lesser; NaN if either operand is, as IEEE 754's `minimum`. Of equal operands `b`, also of zeros.
  case minimum
  /// The greater; NaN if either operand is, as IEEE 754's `maximum`. Of equal operands `b`, also of zeros.
  case maximum
  /// The angle of the point (x, y), from operands y and x.
  case atan2
}

/// Comparisons of reals. "Greater" is "less" with its operands exchanged. All but `notEqual` are false for a NaN.
public enum Comparison: String, CaseIterable, Hashable, Sendable {
  case less, lessOrEqual, equal, notEqual
}

public enum Connective: String, CaseIterable, Hashable, Sendable {
  case and, or
}

/// Repeats a body while a condition holds, for each member until its own condition is false.
///
/// Operands: the captured values, then the initial carry. Both regions take the captured values followed by the carry;
/// `condition` has one boolean scalar as its result, `body` has the next carry. A finished member never changes again:
/// its carry is kept bit for bit while its lane mates go on. Results: the final carry.
///
/// A loop with a `capacity` also keeps a tape: its body has rows after the next carry, and the loop's further results are
/// the rows of the first `capacity` turns, stacked to `[capacity] + row`, and the number of turns of each member, which
/// may exceed the capacity. With a `stride` s only the turns 0, s, 2s, … have a row. Rows of turns that a member did not
/// take are unspecified: only a scan counted by that number may read them.
public struct WhileLoop: Hashable, Sendable {
  public var condition: Program
  public var body: Program
  public var captureCount: Int
  /// How many rows the tape holds; nil for a loop without a tape.
  public var capacity: Int?
  /// Every how many turns the tape takes a row.
  public var stride: Int

  public init(condition: Program, body: Program, captureCount: Int, capacity: Int? = nil, stride: Int = 1) {
    self.condition = condition
    self.body = body
    self.captureCount = captureCount
    self.capacity = capacity
    self.stride = stride
  }

  public var carryCount: Int { body.inputs.count - captureCount }
  /// The number of turns among the results of a loop with a tape.
  public var turnsResult: Int { carryCount + rowCount }
}

/// Runs a body a fixed number of times, reading one entry of each scanned operand and stacking one row a turn.
///
/// Operands: captured values, initial carry, scanned arrays `[length] + s`. The body takes captured values, carry and one
/// entry `s` of each scanned array; its results are the next carry and then the rows. Results: the final carry, then the
/// stacked rows `[length] + row`.
///
/// A backward scan takes the entries, and writes the rows, from the last to the first. A counted scan has one operand
/// more, a number for each member: the member takes part in the turns of its first `count` entries only, and its rows of
/// the others are unspecified. So a backward counted scan walks the tape of a `WhileLoop`.
public struct Scan: Hashable, Sendable {
  public var body: Program
  public var length: Int
  public var captureCount: Int
  public var carryCount: Int
  public var isBackward: Bool
  public var isCounted: Bool

  public init(
    body: Program, length: Int, captureCount: Int, carryCount: Int, isBackward: Bool = false, isCounted: Bool = false
  ) {
    self.body = body
    self.length = length
    self.captureCount = captureCount
    self.carryCount = carryCount
    self.isBackward = isBackward
    self.isCounted = isCounted
  }

  public var operandCount: Int { body.inputs.count + (isCounted ? 1 : 0) }
}

/// The operands and results of `tabulate`, in order.
///
/// A solver that has just taken a step knows the solution on it as polynomials in θ = (time − origin)·scale. `tabulate`
/// writes, for every not yet written time of a sorted table up to `until`, the value of those polynomials:
///
///     while cursor < times.count && times[cursor] <= until {
///       θ = (times[cursor] - origin) * scale
///       series[k, cursor] = ((c[d, k]·θ + c[d-1, k])·θ + …)·θ + c[0, k]      for every component k
///       cursor += 1
///     }
///
/// It is one operation because members reach their save times at different steps: a scan over save times would make
/// every lane wait for the slowest at every save time (up to eight times the steps), and a scatter would write one
/// component of one member at a time.
public enum Tabulation {
  /// `series [n, S]`, `cursor`, `times [S]`, `until`, `origin`, `scale`, `coefficients [d + 1, n]`
  public static let operandCount = 7
  /// `series [n, S]`, `cursor`
  public static let resultCount = 2
  public static let series = 0
  public static let cursor = 1
  public static let times = 2
  public static let until = 3
  public static let origin = 4
  public static let scale = 5
  public static let coefficients = 6
}

/// The operands and result of `moments`, in order: `tabulate` read backwards.
///
/// For the times that `tabulate` would write with the same operands, the sums of the table's entries by powers of
/// θ = (time − origin)·scale:
///
///     moments[d, k] = Σ series[k, s] · θₛᵈ      over the covered entries s, for d = 0 … degree
public enum Moments {
  /// `series [n, S]`, `cursor`, `times [S]`, `until`, `origin`, `scale`; the result is `[degree + 1, n]`
  public static let operandCount = Tabulation.operandCount - 1
}
