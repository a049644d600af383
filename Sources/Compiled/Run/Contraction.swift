import Programs

/// Whether a C compiler may fuse a product and a sum into one operation that rounds once.
///
/// It does so wherever it sees fit, so an expression that stands twice may come out with two different last bits. That does
/// no harm where numbers are added up, but it does where the second of them decides anew what the first has decided: a
/// step that was accepted is rejected, the derivative of the best point of a maximum is taken at another point. Nothing is
/// fused in programs that decide anew.
struct Contraction {
  /// What may become of a value.
  private enum Rounding: Int, Comparable {
    /// The same wherever it is computed.
    case settled
    /// A product, which by itself is the same everywhere, but may be fused into a sum.
    case product
    /// It depends on what was fused.
    case free

    static func < (a: Rounding, b: Rounding) -> Bool { a.rawValue < b.rawValue }
  }

  /// - Parameter program: as it is rendered.
  static func isAllowed(in program: Program) -> Bool { !decidesAnew(program) && !takesTurnsAgain(program) }

  /// Whether the turns of a loop are taken a second time: that is what a counted scan forwards is for.
  private static func takesTurnsAgain(_ program: Program) -> Bool {
    program.instructions.contains { instruction in
      if case .scan(let scan) = instruction.operation, scan.isCounted, !scan.isBackward { return true }
      return instruction.operation.regions.contains(where: takesTurnsAgain)
    }
  }

  private static func decidesAnew(_ program: Program) -> Bool {
    if program.isRepetition { return roundings(program, program.inputs.map { _ in .settled }) == nil }
    return program.instructions.contains { $0.operation.regions.contains(where: decidesAnew) }
  }

  /// How the outputs of a repetition come out, from its inputs; nil if a decision depends on what was fused.
  private static func roundings(_ program: Program, _ inputs: [Rounding]) -> [Rounding]? {
    var all = inputs
    for instruction in program.instructions {
      let operands = instruction.operands.map { all[$0.number] }
      guard let results = roundings(instruction, operands) else { return nil }
      all += results
    }
    return program.outputs.map { all[$0.value.number] }
  }

  private static func roundings(_ instruction: Instruction, _ operands: [Rounding]) -> [Rounding]? {
    let most = operands.max() ?? .settled
    let rounded: Rounding = most == .free ? .free : .settled
    /// What jumps, or where its derivative does.
    func decision(by decisive: Rounding, _ results: Rounding...) -> [Rounding]? { decisive == .free ? nil : results }
    switch instruction.operation {
    case .constant, .logic, .not: return [.settled]
    case .compare, .unary(.sign), .unary(.floor), .unary(.ceiling): return decision(by: most, .settled)
    case .binary(.multiply): return [most == .free ? .free : .product]
    case .binary(.add), .binary(.subtract), .sum: return [most == .settled ? .settled : .free]
    case .unary(.negate), .select, .stack, .index, .slice, .concatenate, .reshape, .broadcast, .transpose,
      .stopGradient, .sumOverMembers:
      return [most]
    case .unary, .binary: return [rounded]
    case .gather: return decision(by: operands[1], operands[0])
    case .matrixProduct: return [.free]
    case .linearAlgebra(.symmetricEigen):
      // Their order, and the signs of the vectors.
      return decision(by: most, .free, .free)
    case .linearAlgebra: return instruction.results.map { _ in .free }
    case .tabulate: return decision(by: extent(operands), .free, .settled)
    case .moments: return decision(by: extent(operands), .free)
    case .whileLoop: return nil
    case .scan(let scan):
      let carries = scan.carries
      let inputs = scan.body.inputs.indices.map { carries.contains($0) ? .free : operands[$0] }
      return roundings(scan.body, inputs) == nil ? nil : instruction.results.map { _ in .free }
    case .call(let callee): return roundings(callee, operands)
    }
  }

  /// Of what decides which entries a step of a solution covers.
  private static func extent(_ operands: [Rounding]) -> Rounding {
    max(operands[Tabulation.cursor], operands[Tabulation.times], operands[Tabulation.until])
  }
}
