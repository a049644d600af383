import Programs

extension UnaryFunction {
  /// One loop for each cheap function, so that the choice is made once; beside the others a choice costs nothing.
  func fill<T: BatchedReal>(_ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>) {
    switch self {
    case .negate: Batched.fill(target, count, a) { UnaryFunction.negate.value($0) }
    case .absolute: Batched.fill(target, count, a) { UnaryFunction.absolute.value($0) }
    case .sign: Batched.fill(target, count, a) { UnaryFunction.sign.value($0) }
    case .floor: Batched.fill(target, count, a) { UnaryFunction.floor.value($0) }
    case .ceiling: Batched.fill(target, count, a) { UnaryFunction.ceiling.value($0) }
    case .squareRoot: Batched.fill(target, count, a) { UnaryFunction.squareRoot.value($0) }
    case .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .logGamma:
      Batched.fill(target, count, a) { value($0) }
    }
  }
}

extension BinaryFunction {
  func fill<T: BatchedReal>(_ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>, _ b: Source<T>) {
    switch self {
    case .add: Batched.fill(target, count, a, b) { BinaryFunction.add.value($0, $1) }
    case .subtract: Batched.fill(target, count, a, b) { BinaryFunction.subtract.value($0, $1) }
    case .multiply: Batched.fill(target, count, a, b) { BinaryFunction.multiply.value($0, $1) }
    case .divide: Batched.fill(target, count, a, b) { BinaryFunction.divide.value($0, $1) }
    case .minimum: Batched.fill(target, count, a, b) { BinaryFunction.minimum.value($0, $1) }
    case .maximum: Batched.fill(target, count, a, b) { BinaryFunction.maximum.value($0, $1) }
    case .power, .atan2: Batched.fill(target, count, a, b) { value($0, $1) }
    }
  }
}

extension Comparison {
  func fill<T: BatchedReal>(_ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>, _ b: Source<T>) {
    switch self {
    case .less: Batched.fill(target, count, a, b) { Comparison.less.holds($0, $1) ? 1 : 0 }
    case .lessOrEqual: Batched.fill(target, count, a, b) { Comparison.lessOrEqual.holds($0, $1) ? 1 : 0 }
    case .equal: Batched.fill(target, count, a, b) { Comparison.equal.holds($0, $1) ? 1 : 0 }
    case .notEqual: Batched.fill(target, count, a, b) { Comparison.notEqual.holds($0, $1) ? 1 : 0 }
    }
  }
}

extension Connective {
  func fill<T: BatchedReal>(_ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>, _ b: Source<T>) {
    switch self {
    case .and: Batched.fill(target, count, a, b) { Connective.and.holds($0 != 0, $1 != 0) ? 1 : 0 }
    case .or: Batched.fill(target, count, a, b) { Connective.or.holds($0 != 0, $1 != 0) ? 1 : 0 }
    }
  }
}

extension Interpreter {
  /// Computes an operation component by component.
  func elementwise(_ operation: Operation, _ operands: [Array], to result: Array) {
    guard case .componentwise(let function) = operation.group else {
      preconditionFailure("\(operation.name) is not computed component by component")
    }
    let runs = Runs(result, operands, columns: columns, width: width)
    for run in 0..<runs.count {
      let target = result.start + run * runs.step(result)
      func source(_ operand: Int) -> Source<T> { runs.source(operands[operand], run) }
      switch function {
      case .unary(let function): function.fill(target, runs.length, source(0))
      case .binary(let function): function.fill(target, runs.length, source(0), source(1))
      case .compare(let comparison): comparison.fill(target, runs.length, source(0), source(1))
      case .logic(let connective): connective.fill(target, runs.length, source(0), source(1))
      case .not: fill(target, runs.length, source(0)) { $0 == 0 ? 1 : 0 }
      case .select: blend(target, runs.length, source(0), source(1), source(2))
      case .stopGradient: preconditionFailure("a view is not computed")
      }
    }
  }

  /// How an elementwise operation is cut into loops: one for each component, or a single one where numbers stand in
  /// memory without gaps.
  private struct Runs {
    let count: Int
    let length: Int
    private let isShared: Bool
    private let width: Int

    init(_ result: Array, _ operands: [Array], columns: Int, width: Int) {
      self.width = width
      isShared = result.isShared
      let isWhole = columns == width && operands.allSatisfy { $0.isShared ? $0.count == 1 : $0.count == result.count }
      count = isShared || isWhole ? 1 : result.count
      length = isShared ? result.count : (isWhole ? result.count * width : columns)
    }

    func step(_ array: Array) -> Int { array.isShared ? 1 : width }

    func source(_ operand: Array, _ run: Int) -> Source<T> {
      let isScalar = operand.count == 1
      return Source(
        start: isScalar ? operand.start : operand.start + run * step(operand),
        isUniform: isShared ? isScalar : operand.isShared)
    }
  }
}
