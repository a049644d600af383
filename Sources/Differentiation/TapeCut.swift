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

  /// The candidates that are better kept than computed again: the least cost of a turn of the reverse body, in additions.
  ///
  /// A value that is needed is kept, for a price, or computed, for another, and then its operands are needed: the cheapest
  /// way is a minimum cut of the network in which values flow from the outputs to what they are made of.
  ///
  /// - Source: the network is that of PyTorch's `min_cut_rematerialization_partition`.
  func chosen(of candidates: Set<Value>) -> Set<Value> {
    // Nodes: the source and the sink, then of each value that it is needed and that it is computed, then the instructions.
    func needed(_ value: Int) -> Int { 2 + 2 * value }
    func computed(_ value: Int) -> Int { 3 + 2 * value }
    func done(_ instruction: Int) -> Int { 2 + 2 * types.count + instruction }
    var network = FlowNetwork(nodes: done(program.instructions.count))
    for output in mainOutputs {
      network.connect(FlowNetwork.source, to: needed(output.number), capacity: FlowNetwork.unlimited)
    }
    for number in types.indices {
      let price = priceOfKeeping(number)
      guard let maker = makers[number] else {
        if carries.contains(number) { network.connect(needed(number), to: FlowNetwork.sink, capacity: price) }
        continue
      }
      let isCandidate = candidates.contains(Value(number))
      network.connect(
        needed(number), to: computed(number), capacity: isCandidate ? price : FlowNetwork.unlimited)
      network.connect(computed(number), to: done(maker), capacity: FlowNetwork.unlimited)
    }
    for (position, instruction) in program.instructions.enumerated() {
      let price = instruction.operation.cost * instruction.results[0].shape.count
      network.connect(done(position), to: FlowNetwork.sink, capacity: price)
      for operand in instruction.operands {
        network.connect(done(position), to: needed(operand.number), capacity: FlowNetwork.unlimited)
      }
    }
    let side = network.sourceSide()
    return candidates.filter {
      $0.number >= program.inputs.count && side[needed($0.number)] && !side[computed($0.number)]
    }
  }

  private func priceOfKeeping(_ value: Int) -> Int {
    (types[value].kind == .real ? Self.costOfKeeping : 1) * types[value].shape.count
  }

  /// A number written to the tape and read back.
  private static let costOfKeeping = 3
}

extension Operation {
  /// Roughly what a component of the result costs, in additions.
  fileprivate var cost: Int {
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
