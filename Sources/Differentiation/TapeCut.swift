import Programs

/// Chooses what a tape keeps: reading a kept number back against computing it again from the carry.
///
/// The reverse body needs values of the forward body. All can be computed again from the carry at the start of the turn;
/// keeping a value as well saves whatever only that value needs. For an adaptive step the length and the acceptance are
/// kept, so that the error estimate and the step control are not computed again, and time and step size are not kept.
struct TapeCut {
  private let program: Program
  private let mainOutputs: [Value]
  private let carries: Range<Int>
  private let makers: [Int?]
  private let types: [ValueType]

  /// - Parameter carries: the inputs of the reverse body that are read from the tape.
  init(_ region: ReverseRegion, carries: Range<Int>) {
    program = region.program
    mainOutputs = region.mainOutputs
    self.carries = carries
    makers =
      program.inputs.map { _ in nil }
      + program.instructions.enumerated().flatMap { position, instruction in instruction.results.map { _ in position } }
    types = program.types
  }

  /// The candidates that are better kept than computed again.
  func chosen(of candidates: Set<Value>) -> Set<Value> {
    var cut: Set<Value> = []
    var least = cost(cut)
    for candidate in candidates.sorted(by: >) where candidate.number >= program.inputs.count {
      let cost = cost(cut.union([candidate]))
      if cost < least { (cut, least) = (cut.union([candidate]), cost) }
    }
    for candidate in cut.sorted() {
      let cost = cost(cut.subtracting([candidate]))
      if cost <= least { (cut, least) = (cut.subtracting([candidate]), cost) }
    }
    return cut
  }

  /// What a turn of the reverse body costs, in additions, if the tape keeps the carry and these values.
  private func cost(_ cut: Set<Value>) -> Double {
    var total = 0.0
    var (seen, computed): (Set<Value>, Set<Int>) = ([], [])
    var open = mainOutputs
    while let value = open.popLast() {
      guard seen.insert(value).inserted else { continue }
      let type = types[value.number]
      if cut.contains(value) || carries.contains(value.number) {
        total += (type.kind == .real ? Self.costOfKeeping : 1) * Double(type.shape.count)
      } else if let maker = makers[value.number], computed.insert(maker).inserted {
        let instruction = program.instructions[maker]
        total += instruction.operation.cost * Double(instruction.results[0].shape.count)
        open += instruction.operands
      }
    }
    return total
  }

  /// A number written to the tape and read back.
  private static let costOfKeeping = 3.0
}

extension Operation {
  /// Roughly what a component of the result costs, in additions.
  fileprivate var cost: Double {
    switch self {
    case .constant, .stack, .index, .slice, .concatenate, .reshape, .broadcast, .transpose, .stopGradient: 0
    case .unary(.negate), .unary(.absolute), .unary(.sign), .unary(.floor), .unary(.ceiling): 1
    case .unary(.squareRoot), .binary(.divide): 4
    case .unary, .binary(.power), .binary(.atan2): 20
    case .binary, .compare, .logic, .not, .select: 1
    case .sum, .gather, .sumOverMembers: 4
    case .matrixProduct: 16
    case .linearAlgebra(.triangularFactors), .linearAlgebra(.solve): 32
    case .linearAlgebra(.symmetricEigen): 1000
    case .tabulate, .moments: 50
    case .whileLoop, .scan, .call: 1000
    }
  }
}
