/// The types of an operation's results, from the types of its operands: the grammar of programs.
///
/// Tracing uses it to type new instructions, the checker to verify old ones, so the two cannot disagree.
enum TypeRules {
  struct Mismatch: Error {
    var expected: String
  }

  static func results(of operation: Operation, _ operands: [ValueType], constant type: ValueType = .init())
    throws(Mismatch) -> [ValueType]
  {
    switch operation {
    case .constant(let values):
      try require(
        operands.isEmpty && values.count == type.shape.count && type.extent == .shared,
        "no operands and a shared type of \(values.count) components")
      return [type]
    case .unary:
      try requireKinds(operands, [.real])
      return [operands[0]]
    case .binary:
      try requireKinds(operands, [.real, .real])
      return [ValueType(.real, try commonShape(operands), extent(operands))]
    case .compare:
      try requireKinds(operands, [.real, .real])
      return [ValueType(.boolean, try commonShape(operands), extent(operands))]
    case .logic:
      try requireKinds(operands, [.boolean, .boolean])
      return [ValueType(.boolean, try commonShape(operands), extent(operands))]
    case .not:
      try requireKinds(operands, [.boolean])
      return [operands[0]]
    case .select:
      try require(operands.count == 3 && operands[0].kind == .boolean, "a boolean condition and two values")
      try require(operands[1].kind == operands[2].kind, "two values of one kind")
      return [ValueType(operands[1].kind, try commonShape(operands), extent(operands))]
    case .stopGradient:
      try require(operands.count == 1, "one value")
      return [operands[0]]
    case .sumOverMembers:
      try requireKinds(operands, [.real])
      return [ValueType(.real, operands[0].shape, .shared)]
    case .stack, .index, .slice, .concatenate, .reshape, .broadcast, .transpose, .gather:
      guard case .rearrangement(let rearrangement) = operation.group else { preconditionFailure("not a rearrangement") }
      return [try rearranged(rearrangement, operands)]
    case .sum(let axis):
      try requireKinds(operands, [.real])
      let dimensions = operands[0].shape.dimensions
      try require(dimensions.indices.contains(axis), "an array with an axis \(axis)")
      var remaining = dimensions
      remaining.remove(at: axis)
      return [ValueType(.real, Shape(remaining), operands[0].extent)]
    case .matrixProduct:
      try requireKinds(operands, [.real, .real])
      return [ValueType(.real, try productShape(operands[0].shape, operands[1].shape), extent(operands))]
    case .linearAlgebra(let function): return try linearAlgebraResults(function, operands)
    case .whileLoop(let loop): return try whileResults(loop, operands)
    case .scan(let scan): return try scanResults(scan, operands)
    case .call(let program):
      try require(program.inputs.count == operands.count, "\(program.inputs.count) operands")
      try requireAccepted(operands, by: program.inputs[...])
      return program.outputTypes
    case .tabulate: return try tabulateResults(operands)
    case .moments(let degree): return [try momentsResult(degree, operands)]
    }
  }

  // MARK: Rearranging

  private static func rearranged(
    _ rearrangement: Operation.Rearrangement, _ operands: [ValueType]
  ) throws(Mismatch) -> ValueType {
    switch rearrangement {
    case .stack, .concatenate: try require(!operands.isEmpty, "at least one operand")
    case .gather: try require(operands.count == 2, "a table and a position")
    case .index, .slice, .reshape, .broadcast, .transpose: try require(operands.count == 1, "one operand")
    }
    let first = operands[0]
    let dimensions = first.shape.dimensions
    switch rearrangement {
    case .stack:
      try require(operands.allSatisfy { $0.shape == first.shape && $0.kind == first.kind }, "equal shapes")
      return ValueType(first.kind, first.shape.stacked(operands.count), extent(operands))
    case .index(let position):
      try require(!dimensions.isEmpty && 0..<dimensions[0] ~= position, "an array with an entry \(position)")
      return ValueType(first.kind, first.shape.element, first.extent)
    case .slice(let axis, let start, let count):
      try require(
        dimensions.indices.contains(axis) && start >= 0 && count >= 0 && start + count <= dimensions[axis],
        "an array with entries \(start) ..< \(start + count) on axis \(axis)")
      var sliced = dimensions
      sliced[axis] = count
      return ValueType(first.kind, Shape(sliced), first.extent)
    case .concatenate(let axis):
      try require(dimensions.indices.contains(axis), "arrays with an axis \(axis)")
      var joined = dimensions
      joined[axis] = 0
      for operand in operands {
        var rest = operand.shape.dimensions
        try require(
          rest.count == dimensions.count && operand.kind == first.kind, "arrays of one rank and kind")
        joined[axis] += rest[axis]
        rest[axis] = dimensions[axis]
        try require(rest == dimensions, "arrays that differ on axis \(axis) only")
      }
      return ValueType(first.kind, Shape(joined), extent(operands))
    case .reshape(let shape):
      try require(shape.count == first.shape.count, "\(shape.count) components")
      return ValueType(first.kind, shape, first.extent)
    case .broadcast(let shape):
      try require(first.shape.isScalar, "a scalar")
      return ValueType(first.kind, shape, first.extent)
    case .transpose:
      try require(dimensions.count == 2, "a matrix")
      return ValueType(first.kind, Shape(dimensions.reversed()), first.extent)
    case .gather:
      try require(
        !dimensions.isEmpty && dimensions[0] > 0 && operands[1].shape.isScalar
          && operands[1].kind == .real, "a table with at least one entry and a scalar position")
      return ValueType(first.kind, first.shape.element, extent(operands))
    }
  }

  private static func productShape(_ a: Shape, _ b: Shape) throws(Mismatch) -> Shape {
    let (left, right) = (a.dimensions, b.dimensions)
    try require(
      1...2 ~= left.count && 1...2 ~= right.count && left.last == right.first, "[m, k] and [k, n], or vectors")
    return Shape(left.dropLast() + right.dropFirst())
  }

  private static func linearAlgebraResults(_ function: LinearAlgebra, _ operands: [ValueType]) throws(Mismatch)
    -> [ValueType]
  {
    try require(
      operands.count == function.operandCount && operands.allSatisfy { $0.kind == .real },
      "\(function.operandCount) arrays of numbers")
    let matrix = operands[0].shape.dimensions
    try require(matrix.count == 2 && matrix[0] == matrix[1] && matrix[0] > 0, "a square matrix [n, n]")
    let size = matrix[0]
    switch function {
    case .triangularFactors:
      return [operands[0], ValueType(.real, [size], operands[0].extent)]
    case .solve:
      let (factors, pivots) = (operands[LinearAlgebra.factors].shape, operands[LinearAlgebra.pivots].shape)
      try require(factors == operands[0].shape && pivots == [size], "factors [n, n] and pivots [n]")
      let side = operands[LinearAlgebra.rightHandSide].shape.dimensions
      try require(1...2 ~= side.count && side[0] == size, "a matrix [n, n] and a right-hand side [n] or [n, m]")
      return [ValueType(.real, Shape(side), extent(operands))]
    case .symmetricEigen:
      return [ValueType(.real, [size], operands[0].extent), operands[0]]
    }
  }

  // MARK: Control flow

  private static func whileResults(_ loop: WhileLoop, _ operands: [ValueType]) throws(Mismatch) -> [ValueType] {
    try require(operands.count == loop.body.inputs.count, "\(loop.body.inputs.count) operands")
    try require(operands.count == loop.condition.inputs.count, "a condition and a body with the same inputs")
    try require(0...operands.count ~= loop.captureCount, "captures that are among its \(operands.count) operands")
    try require((loop.capacity ?? 0) >= 0 && loop.stride >= 1, "a tape of rows every so many turns")
    try requireAccepted(operands, by: loop.body.inputs[...])
    try requireAccepted(operands, by: loop.condition.inputs[...])
    let conditions = loop.condition.outputTypes
    try require(
      conditions.count == 1 && conditions[0].kind == .boolean && conditions[0].shape.isScalar,
      "a condition that is one boolean scalar")
    let carry = loop.body.inputs[loop.carries].map(\.type)
    let outputs = loop.body.outputTypes
    try require(
      outputs.prefix(carry.count).map(\.perMember) == carry.map(\.perMember), "a body that keeps its carry's types")
    try require(
      zip(outputs, carry).allSatisfy { $0.extent == .shared || $1.extent == .member },
      "a body that keeps shared carries shared")
    try require(
      conditions[0].extent == .shared || carry.allSatisfy { $0.extent == .member },
      "a carry that differs by member, because its condition does")
    guard let capacity = loop.capacity else {
      try require(outputs.count == carry.count, "a body without rows, as there is no tape")
      return carry
    }
    let rows = outputs.dropFirst(carry.count).map { ValueType($0.kind, $0.shape.stacked(capacity), $0.extent) }
    return carry + rows + [ValueType(.real, .scalar, conditions[0].extent)]
  }

  private static func scanResults(_ scan: Scan, _ operands: [ValueType]) throws(Mismatch) -> [ValueType] {
    try require(operands.count == scan.operandCount, "\(scan.operandCount) operands")
    try require(
      scan.captureCount >= 0 && scan.carryCount >= 0 && scan.length >= 0
        && scan.captureCount + scan.carryCount <= scan.body.inputs.count,
      "captures and carries that are among its \(scan.body.inputs.count) inputs")
    let count = scan.isCounted ? operands[operands.count - 1] : ValueType(.real, .scalar, .shared)
    try require(count.kind == .real && count.shape.isScalar, "a scalar count")
    let plain = scan.captureCount + scan.carryCount
    try requireAccepted(Array(operands.prefix(plain)), by: scan.body.inputs.prefix(plain))
    for (operand, input) in zip(operands.dropFirst(plain), scan.body.inputs.dropFirst(plain)) {
      try require(operand.shape == input.type.shape.stacked(scan.length), "scanned arrays of \(scan.length) entries")
      try requireAccepted([ValueType(operand.kind, operand.shape.element, operand.extent)], by: [input])
    }
    let carry = scan.body.inputs[scan.carries].map(\.type)
    try require(
      count.extent == .shared || carry.allSatisfy { $0.extent == .member },
      "a carry that differs by member, because its count does")
    let outputs = scan.body.outputTypes
    try require(
      outputs.prefix(scan.carryCount).map(\.perMember) == carry.map(\.perMember), "a body that keeps its carry's types")
    try require(
      zip(outputs, carry).allSatisfy { $0.extent == .shared || $1.extent == .member },
      "a body that keeps shared carries shared")
    let rows = outputs.dropFirst(scan.carryCount).map {
      ValueType($0.kind, $0.shape.stacked(scan.length), $0.extent)
    }
    return carry + rows
  }

  private static func tabulateResults(_ operands: [ValueType]) throws(Mismatch) -> [ValueType] {
    try requireKinds(operands, Array(repeating: .real, count: Tabulation.operandCount))
    try requireTable(operands)
    let coefficients = operands[Tabulation.coefficients].shape.dimensions
    try require(
      coefficients.count == 2 && coefficients[1] == operands[Tabulation.series].shape.dimensions[0]
        && coefficients[0] > 0, "coefficients [d + 1, n] for a series [n, S]")
    return [operands[Tabulation.series].perMember, operands[Tabulation.cursor].perMember]
  }

  private static func momentsResult(_ degree: Int, _ operands: [ValueType]) throws(Mismatch) -> ValueType {
    try requireKinds(operands, Array(repeating: .real, count: Moments.operandCount))
    try requireTable(operands)
    try require(degree >= 0, "a degree")
    return ValueType(.real, [degree + 1, operands[Tabulation.series].shape.dimensions[0]], .member)
  }

  /// What `tabulate` and `moments` agree on.
  private static func requireTable(_ operands: [ValueType]) throws(Mismatch) {
    let series = operands[Tabulation.series].shape.dimensions
    try require(
      series.count == 2 && operands[Tabulation.times].shape.dimensions == [series[1]], "a series [n, S] and times [S]")
    for scalar in [Tabulation.cursor, Tabulation.until, Tabulation.origin, Tabulation.scale] {
      try require(operands[scalar].shape.isScalar, "a scalar cursor, end, origin and scale")
    }
    try require(operands[Tabulation.times].extent == .shared, "times that all members share")
  }

  // MARK: Common rules

  private static func extent(_ operands: [ValueType]) -> Extent {
    operands.reduce(.shared) { $0.joined($1.extent) }
  }

  private static func commonShape(_ operands: [ValueType]) throws(Mismatch) -> Shape {
    let arrays = operands.map(\.shape).filter { !$0.isScalar }
    guard let shape = arrays.first else { return .scalar }
    try require(arrays.allSatisfy { $0 == shape }, "equal shapes")
    return shape
  }

  private static func requireKinds(_ operands: [ValueType], _ kinds: [Kind]) throws(Mismatch) {
    let count = kinds.count
    let words = kinds.contains(.boolean) ? "booleans" : "numbers"
    try require(operands.map(\.kind) == kinds, count == 1 ? "one of the \(words)" : "\(count) \(words)")
  }

  /// A region's input takes an operand of its kind and shape; a member input also takes a shared operand.
  private static func requireAccepted(_ operands: [ValueType], by inputs: ArraySlice<Program.Input>) throws(Mismatch) {
    for (operand, input) in zip(operands, inputs) {
      try require(
        operand.perMember == input.type.perMember && (operand.extent == .shared || input.type.extent == .member),
        "\(input.type) for '\(input.name)'")
    }
  }

  private static func require(_ condition: Bool, _ expected: @autoclosure () -> String) throws(Mismatch) {
    if !condition { throw Mismatch(expected: expected()) }
  }
}
