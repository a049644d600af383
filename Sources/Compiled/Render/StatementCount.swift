import Programs

extension Instruction {
  /// About how many C statements the instruction becomes for one vector of members, without those of the programs that it
  /// holds.
  func statementCount(_ types: [ValueType]) -> Int {
    func size(_ shape: Shape) -> Int { shape.count <= Renderer.unrollLimit ? shape.count : 3 }
    let operandSizes = operands.map { size(types[$0.number].shape) }
    let sizes = operandSizes.reduce(0, +)
    let made = results.reduce(0) { $0 + size($1.shape) }
    switch operation {
    case .constant(let values): return values.count <= Renderer.unrollLimit ? 0 : 1
    case .unary, .binary, .compare, .logic, .not, .select, .stopGradient: return made
    // Views of variables cost nothing; what is read from memory or copied there is a statement a number.
    case .index, .slice, .reshape, .broadcast:
      return types[operands[0].number].shape.count <= Renderer.unrollLimit ? 0 : made
    case .stack, .concatenate: return results[0].shape.count <= Renderer.unrollLimit ? 0 : sizes
    case .transpose, .gather, .sum: return max(sizes, made)
    case .matrixProduct:
      let columns = results[0].shape.dimensions.last ?? 1
      return results[0].shape.count <= Renderer.unrollLimit ? operandSizes[0] * max(columns, 1) + made : 6
    case .linearAlgebra, .sumOverMembers, .tabulate, .moments: return sizes + made + 2
    case .whileLoop, .scan, .call: return sizes + made + operands.count + results.count
    }
  }
}

extension Program {
  /// About how many C statements the program's own instructions become.
  var blockStatementCount: Int {
    let types = types
    return instructions.reduce(0) { $0 + $1.statementCount(types) }
  }

  /// About how many C statements the program becomes; called programs count once.
  var statementCount: Int {
    var seen: Set<Program> = []
    return statementCount(&seen)
  }

  private func statementCount(_ seen: inout Set<Program>) -> Int {
    instructions.reduce(blockStatementCount) { count, instruction in
      if case .call(let callee) = instruction.operation, !seen.insert(callee).inserted { return count }
      return instruction.operation.regions.reduce(count) { $0 + $1.statementCount(&seen) }
    }
  }

  /// How many numbers that all members share are chosen by a condition, in all loops.
  var sharedChoiceCount: Int {
    instructions.reduce(0) { count, instruction in
      let isChoice =
        switch instruction.operation {
        case .select, .binary(.minimum), .binary(.maximum): instruction.results[0].extent == .shared
        default: false
        }
      let inner = instruction.operation.regions.reduce(0) { $0 + $1.sharedChoiceCount }
      return count + inner + (isChoice ? 1 : 0)
    }
  }
}
