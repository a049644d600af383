/// The word that an operation's line has in a program's text. The words can be gone through, so nothing that is asked of
/// every operation forgets one: an operation that is not read, or has no examples for the tests, does not compile.
package enum OperationWord: String, CaseIterable, Sendable {
  case constant
  case unary, binary, compare, logic, not, select
  case stack, index, slice, concatenate, reshape, broadcast, transpose, gather
  case sum, matrixProduct, sumOverMembers
  case triangularFactors, solve, symmetricEigen
  case whileLoop = "while"
  case scan, call
  case tabulate, moments
  case stopGradient

  init(_ operation: Operation) {
    self =
      switch operation {
      case .constant: .constant
      case .unary: .unary
      case .binary: .binary
      case .compare: .compare
      case .logic: .logic
      case .not: .not
      case .select: .select
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
      case .sumOverMembers: .sumOverMembers
      case .linearAlgebra(.triangularFactors): .triangularFactors
      case .linearAlgebra(.solve): .solve
      case .linearAlgebra(.symmetricEigen): .symmetricEigen
      case .whileLoop: .whileLoop
      case .scan: .scan
      case .call: .call
      case .tabulate: .tabulate
      case .moments: .moments
      case .stopGradient: .stopGradient
      }
  }

  /// Operations of the word: each function of it, else one with the simplest parameters.
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
    case .triangularFactors: [.linearAlgebra(.triangularFactors)]
    case .solve: [false, true].map { .linearAlgebra(.solve(isTransposed: $0)) }
    case .symmetricEigen: [.linearAlgebra(.symmetricEigen)]
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
  package static let examples = OperationWord.allCases.flatMap(\.examples)
}
