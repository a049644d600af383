import Programs

/// One row an operation: what it is applied to. The row buys all tests of the operation; the switch has no `default`, so an
/// operation without a row does not compile.
struct OperationRow: Sendable {
  /// Applies the operation within a random program.
  let apply: @Sendable (inout RandomProgram) -> Void
}

extension Operation {
  /// An example of every operation.
  static var examples: [Operation] {
    let empty = Program(name: "empty", inputs: [], instructions: [], outputs: [])
    return UnaryFunction.allCases.map { .unary($0) } + BinaryFunction.allCases.map { .binary($0) }
      + Comparison.allCases.map { .compare($0) } + Connective.allCases.map { .logic($0) }
      + [
        .constant([]), .not, .select, .stack, .index(0), .slice(axis: 0, start: 0, count: 0), .concatenate(axis: 0),
        .reshape(.scalar), .broadcast(.scalar), .transpose, .gather, .sum(axis: 0), .matrixProduct,
        .linearAlgebra(.triangularFactors), .linearAlgebra(.solve(isTransposed: false)),
        .linearAlgebra(.solve(isTransposed: true)), .linearAlgebra(.symmetricEigen), .sumOverMembers,
        .whileLoop(WhileLoop(condition: empty, body: empty, captureCount: 0)),
        .scan(Scan(body: empty, length: 0, captureCount: 0, carryCount: 0)), .call(empty), .tabulate,
        .moments(degree: 0), .stopGradient,
      ]
  }

  var row: OperationRow {
    switch self {
    case .constant: OperationRow { $0.addConstant() }
    case .unary(let function): OperationRow { $0.addUnary(function) }
    case .binary(let function): OperationRow { $0.addBinary(function) }
    case .compare(let comparison): OperationRow { $0.addComparison(comparison) }
    case .logic(let connective): OperationRow { $0.addLogic(connective) }
    case .not: OperationRow { $0.addNot() }
    case .select: OperationRow { $0.addSelect() }
    case .stack: OperationRow { $0.addStack() }
    case .index: OperationRow { $0.addIndex() }
    case .slice: OperationRow { $0.addSlice() }
    case .concatenate: OperationRow { $0.addConcatenation() }
    case .reshape: OperationRow { $0.addReshape() }
    case .broadcast: OperationRow { $0.addBroadcast() }
    case .transpose: OperationRow { $0.addTranspose() }
    case .gather: OperationRow { $0.addGather() }
    case .sum: OperationRow { $0.addSum() }
    case .matrixProduct: OperationRow { $0.addProduct() }
    case .linearAlgebra(let function): OperationRow { $0.addLinearAlgebra(function) }
    case .sumOverMembers: OperationRow { $0.addSumOverMembers() }
    case .whileLoop: OperationRow { $0.addWhile() }
    case .scan: OperationRow { $0.addScan() }
    case .call: OperationRow { $0.addCall() }
    case .tabulate: OperationRow { $0.addTabulation() }
    case .moments: OperationRow { $0.addMoments() }
    case .stopGradient: OperationRow { $0.addStopGradient() }
    }
  }
}
