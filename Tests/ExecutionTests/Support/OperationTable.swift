import Programs

/// One row an operation: what it is applied to. The row buys all tests of the operation; the switch has no `default`, so an
/// operation without a row does not compile.
struct OperationRow: Sendable {
  /// Applies the operation within a random program.
  let apply: @Sendable (inout RandomProgram) -> Void
}

extension Operation {
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
