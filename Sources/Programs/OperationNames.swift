/// An operation without its parameters. The names can be gone through, so nothing that is asked of every operation can
/// forget one: a new case of `Operation` compiles only with a name, and a name only with examples.
package enum OperationName: CaseIterable, Sendable {
  case constant
  case unary, binary, compare, logic, not, select, stopGradient
  case stack, index, slice, concatenate, reshape, broadcast, transpose, gather
  case sum, matrixProduct, linearAlgebra, sumOverMembers
  case whileLoop, scan, call
  case tabulate, moments
}

extension OperationName {
  package init(_ operation: Operation) {
    self =
      switch operation {
      case .constant: .constant
      case .unary: .unary
      case .binary: .binary
      case .compare: .compare
      case .logic: .logic
      case .not: .not
      case .select: .select
      case .stopGradient: .stopGradient
      case .stack: .stack
      case .index: .index
      case .slice: .slice
      case .concatenate: .concatenate
      case .reshape: .reshape
      case .broadcast: .broadcast
      case .transpose: .transpose
      case .gather: .gather
      case .sum: .sum
      case .matrixProduct: .matrixProduct
      case .linearAlgebra: .linearAlgebra
      case .sumOverMembers: .sumOverMembers
      case .whileLoop: .whileLoop
      case .scan: .scan
      case .call: .call
      case .tabulate: .tabulate
      case .moments: .moments
      }
  }

  /// Operations of the name: each function of it, else one with the simplest parameters.
  package var examples: [Operation] {
    let empty = Program(name: "empty", inputs: [], instructions: [], outputs: [])
    return switch self {
    case .constant: [.constant([])]
    case .unary: UnaryFunction.allCases.map { .unary($0) }
    case .binary: BinaryFunction.allCases.map { .binary($0) }
    case .compare: Comparison.allCases.map { .compare($0) }
    case .logic: Connective.allCases.map { .logic($0) }
    case .not: [.not]
    case .select: [.select]
    case .stopGradient: [.stopGradient]
    case .stack: [.stack]
    case .index: [.index(0)]
    case .slice: [.slice(axis: 0, start: 0, count: 0)]
    case .concatenate: [.concatenate(axis: 0)]
    case .reshape: [.reshape(.scalar)]
    case .broadcast: [.broadcast(.scalar)]
    case .transpose: [.transpose]
    case .gather: [.gather]
    case .sum: [.sum(axis: 0)]
    case .matrixProduct: [.matrixProduct]
    case .linearAlgebra:
      [LinearAlgebra.triangularFactors, .solve(isTransposed: false), .solve(isTransposed: true), .symmetricEigen].map {
        .linearAlgebra($0)
      }
    case .sumOverMembers: [.sumOverMembers]
    case .whileLoop: [.whileLoop(WhileLoop(condition: empty, body: empty, captureCount: 0))]
    case .scan: [.scan(Scan(body: empty, length: 0, captureCount: 0, carryCount: 0))]
    case .call: [.call(empty)]
    case .tabulate: [.tabulate]
    case .moments: [.moments(degree: 0)]
    }
  }
}

extension Operation {
  /// Examples of every operation.
  package static let examples = OperationName.allCases.flatMap(\.examples)
}
