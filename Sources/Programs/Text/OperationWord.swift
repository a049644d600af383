/// The word that an operation's line has in a program's text. The parser switches over all of them, so an operation that is
/// written but not read does not compile.
enum OperationWord: String, CaseIterable {
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
}
