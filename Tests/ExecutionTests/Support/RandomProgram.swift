import Programs

/// A random program under construction: staged values in [−4, 4], none so sensitive that rounding decides a branch.
///
/// Whatever a branch, a floor, a sign or a position depends on is *exact*: a multiple of a power of two with so few bits
/// that both precisions, with or without fused operations, compute it without rounding. Everything else is continuous in
/// its operands with slopes of about one, so that rounding errors stay rounding errors.
struct RandomProgram {
  struct Item {
    var value: Staged
    /// The value is a multiple of 2^−fineness; nil if it is rounded.
    var fineness: Int?
  }

  var generator: SplitMix
  var reals: [Item]
  var booleans: [Staged] = []
  /// Sums over members, which nothing may use.
  var sums: [Staged] = []
  /// How deep loops and calls may still nest.
  var depth: Int

  /// The largest fineness of a number up to 4 that single precision holds.
  static let largestFineness = 18
  /// With depth 0 there are only operations that tracing computes on known numbers.
  static let outermostDepth = 2

  init(seed: Int, inputs: [Staged], depth: Int) {
    generator = SplitMix(seed: seed)
    reals = inputs.map { Item(value: $0, fineness: 3) }
    self.depth = depth
  }

  /// Applies random operations, all kinds equally often.
  mutating func add(_ count: Int) {
    for _ in 0..<count { Operation.examples[generator.below(Operation.examples.count)].row.apply(&self) }
  }

  /// The latest values, as outputs.
  func outputs(_ count: Int) -> [Staged] { reals.suffix(count).map(\.value) + booleans.suffix(1) + sums }

  // MARK: Choosing operands

  mutating func pick(where isWanted: (Item) -> Bool = { _ in true }) -> Item {
    let wanted = reals.indices.filter { isWanted(reals[$0]) }
    // Later values more often, so that programs become deep.
    let position = Swift.max(generator.below(wanted.count), generator.below(wanted.count))
    return reals[wanted[position]]
  }

  mutating func pickExactScalar() -> Item { pick { $0.fineness != nil && $0.value.shape.isScalar } }

  /// An operand that fits beside another: its shape, or a scalar.
  mutating func pickMate(of item: Item) -> Item {
    pick { $0.value.shape == item.value.shape || $0.value.shape.isScalar || item.value.shape.isScalar }
  }

  mutating func append(_ value: Staged, _ fineness: Int? = nil) {
    let isExact = fineness.map { $0 <= Self.largestFineness } ?? false
    reals.append(Item(value: value, fineness: isExact ? fineness : nil))
  }

  func joined(_ items: [Item]) -> Int? {
    items.reduce(0) { sum, item in sum.flatMap { sum in item.fineness.map { Swift.max(sum, $0) } } }
  }

  // MARK: Componentwise

  mutating func addUnary(_ function: UnaryFunction) {
    let isStep = function == .floor || function == .ceiling || function == .sign
    let item = pick { !isStep || $0.fineness != nil }
    let x = item.value
    switch function {
    case .negate: append(-x, item.fineness)
    case .absolute: append(abs(x), item.fineness)
    case .sign: append(sign(x), 0)
    case .floor: append(floor(x), 0)
    case .ceiling: append(ceil(x), 0)
    case .squareRoot: append(sqrt(abs(x) + 1))
    case .exp: append(exp(0.25 * x))
    case .expm1: append(expm1(0.25 * x))
    case .log: append(log(abs(x) + 1))
    case .log1p: append(log1p(abs(x)))
    case .log2: append(log2(abs(x) + 1))
    case .log10: append(log10(abs(x) + 1))
    case .sin: append(sin(x))
    case .cos: append(cos(x))
    case .tan: append(tan(0.25 * x))
    case .asin: append(asin(0.125 * x))
    case .acos: append(acos(0.125 * x))
    case .atan: append(atan(x))
    case .sinh: append(sinh(0.25 * x))
    case .cosh: append(cosh(0.25 * x))
    case .tanh: append(tanh(x))
    case .asinh: append(asinh(x))
    case .acosh: append(acosh(abs(x) + 2))
    case .atanh: append(atanh(0.125 * x))
    case .erf: append(erf(x))
    case .logGamma: append(lgamma(abs(x) + 1))
    }
  }

  mutating func addBinary(_ function: BinaryFunction) {
    let first = pick()
    let second = pickMate(of: first)
    let (x, y) = (first.value, second.value)
    let fineness = joined([first, second])
    switch function {
    case .add: append((x + y) * 0.5, fineness.map { $0 + 1 })
    case .subtract: append(0.5 * (x - y), fineness.map { $0 + 1 })
    case .multiply:
      append(x * y * 0.25, first.fineness.flatMap { a in second.fineness.map { a + $0 + 2 } })
    case .divide: append(0.5 * x / (abs(y) + 1))
    case .power: append(pow(0.25 * abs(x) + 0.5, 0.25 * y))
    case .minimum: append(min(x, y), fineness)
    case .maximum: append(max(x, y), fineness)
    case .atan2: append(atan2(abs(x) + 0.5, y))
    }
  }

  mutating func addComparison(_ comparison: Comparison) {
    let first = pick { $0.fineness != nil }
    let second = pick {
      $0.fineness != nil
        && ($0.value.shape == first.value.shape || $0.value.shape.isScalar || first.value.shape.isScalar)
    }
    let (x, y) = (first.value, second.value)
    switch comparison {
    case .less: booleans.append(x .< y)
    case .lessOrEqual: booleans.append(x .<= y)
    case .equal: booleans.append(x .== y)
    case .notEqual: booleans.append(x .!= y)
    }
  }

  private mutating func pickBoolean(_ shape: Shape? = nil) -> Staged {
    let wanted = booleans.filter { shape == nil || $0.shape == shape || $0.shape.isScalar }
    if !wanted.isEmpty { return wanted[generator.below(wanted.count)] }
    return pickExactScalar().value .< pickExactScalar().value
  }

  mutating func addLogic(_ connective: Connective) {
    let a = pickBoolean()
    let b = pickBoolean(a.shape)
    booleans.append(connective == .and ? a .& b : a .| b)
  }

  mutating func addNot() { booleans.append(.!pickBoolean()) }

  mutating func addSelect() {
    let first = pick()
    let second = pickMate(of: first)
    let shape = first.value.shape.isScalar ? second.value.shape : first.value.shape
    if generator.chance(20), let a = booleans.last {
      booleans.append(select(pickBoolean(a.shape), a, pickBoolean(a.shape)))
    } else {
      append(select(pickBoolean(shape), first.value, second.value), joined([first, second]))
    }
  }

  mutating func addStopGradient() {
    let item = pick()
    append(stopGradient(item.value), item.fineness)
  }
}
