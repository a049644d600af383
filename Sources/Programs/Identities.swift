extension Rewriter {
  /// An equal value that is simpler, if there is one. Every rule keeps the IEEE result to the last bit, for zeros of
  /// either sign, infinities and NaN; so `x + 0` (wrong for −0), `x·0` and `x − x` stay.
  mutating func identity(_ operation: Operation, _ operands: [Value], _ result: ValueType) -> Value? {
    switch operation {
    case .unary(.negate): return operandOf(.unary(.negate), operands[0])
    case .not: return operandOf(.not, operands[0])
    case .binary(let function): return binaryIdentity(function, operands[0], operands[1], result)
    case .logic(let logic): return logicIdentity(logic, operands[0], operands[1], result)
    case .select: return selectIdentity(operands, result)
    case .index(let position): return indexIdentity(position, operands[0])
    case .stack: return stackIdentity(operands, result)
    case .slice, .reshape: return types[operands[0].number].shape == result.shape ? operands[0] : nil
    case .broadcast(let shape): return shape.isScalar ? operands[0] : nil
    case .concatenate: return operands.count == 1 ? operands[0] : nil
    case .stopGradient where constant(operands[0]) != nil: return operands[0]
    // Others have none.
    default: return nil
    }
  }

  private func operandOf(_ operation: Operation, _ value: Value) -> Value? {
    guard let maker = maker(of: value), maker.operation == operation else { return nil }
    return maker.operands[0]
  }

  private mutating func binaryIdentity(_ function: BinaryFunction, _ a: Value, _ b: Value, _ result: ValueType)
    -> Value?
  {
    /// A scalar operand may stand for an array: then it is not the result.
    func whole(_ value: Value) -> Value? { types[value.number].shape == result.shape ? value : nil }
    switch function {
    case .multiply:
      if uniform(b) == 1 { return whole(a) }
      if uniform(a) == 1 { return whole(b) }
      if uniform(b) == -1, let a = whole(a) { return emit(.unary(.negate), [a])[0] }
      if uniform(a) == -1, let b = whole(b) { return emit(.unary(.negate), [b])[0] }
    case .divide:
      if uniform(b) == 1 { return whole(a) }
      if let divisor = uniform(b), constant(a) == nil, divisor.isNormal, divisor.significand == 1,
        (1 / divisor).isNormal
      {
        let inverse = emitConstant([1 / divisor], ValueType(.real, .scalar, .shared))
        if let a = whole(a) { return emit(.binary(.multiply), [a, inverse])[0] }
      }
    case .add:
      if let negated = operandOf(.unary(.negate), b) { return emit(.binary(.subtract), [a, negated])[0] }
      if let negated = operandOf(.unary(.negate), a) { return emit(.binary(.subtract), [b, negated])[0] }
      if uniform(b)?.bitPattern == (-0.0).bitPattern { return whole(a) }
      if uniform(a)?.bitPattern == (-0.0).bitPattern { return whole(b) }
    case .subtract:
      if uniform(b)?.bitPattern == (0.0).bitPattern { return whole(a) }
      if let negated = operandOf(.unary(.negate), b) { return emit(.binary(.add), [a, negated])[0] }
    case .power:
      if uniform(b) == 1 { return whole(a) }
    case .minimum, .maximum:
      if a == b { return a }
    case .atan2: break
    }
    return nil
  }

  private func logicIdentity(_ logic: Connective, _ a: Value, _ b: Value, _ result: ValueType) -> Value? {
    func whole(_ value: Value) -> Value? { types[value.number].shape == result.shape ? value : nil }
    if a == b { return a }
    let neutral: Double = logic == .and ? 1 : 0
    if let known = uniform(a) { return whole(known == neutral ? b : a) }
    if let known = uniform(b) { return whole(known == neutral ? a : b) }
    return nil
  }

  private mutating func selectIdentity(_ operands: [Value], _ result: ValueType) -> Value? {
    let (condition, a, b) = (operands[0], operands[1], operands[2])
    func whole(_ value: Value) -> Value? { types[value.number].shape == result.shape ? value : nil }
    if a == b { return whole(a) }
    if let known = uniform(condition) { return whole(known != 0 ? a : b) }
    if let negated = operandOf(.not, condition) { return emit(.select, [negated, b, a])[0] }
    return nil
  }

  /// Looks through what only rearranges, so that a state's component is used directly.
  private mutating func indexIdentity(_ position: Int, _ array: Value) -> Value? {
    guard let maker = maker(of: array) else { return nil }
    switch maker.operation {
    case .stack: return maker.operands[position]
    case .broadcast(let shape) where shape.rank == 1: return maker.operands[0]
    case .slice(axis: 0, let start, _):
      return emit(.index(start + position), maker.operands)[0]
    case .concatenate(axis: 0):
      var rest = position
      for operand in maker.operands {
        let length = types[operand.number].shape.dimensions[0]
        if rest < length { return emit(.index(rest), [operand])[0] }
        rest -= length
      }
      return nil
    default: return nil
    }
  }

  /// All entries of one array, in order, are that array.
  private func stackIdentity(_ operands: [Value], _ result: ValueType) -> Value? {
    var source: Value?
    for (position, operand) in operands.enumerated() {
      guard let maker = maker(of: operand), maker.operation == .index(position) else { return nil }
      guard source == nil || source == maker.operands[0] else { return nil }
      source = maker.operands[0]
    }
    guard let source, types[source.number].shape == result.shape else { return nil }
    return source
  }
}
