import Programs

/// How a value of a problem's functions depends on time and state, while branches stay what they are.
enum TimeDependence: Int, Comparable {
  /// Not at all.
  case fixed
  /// As a straight line in time.
  case line
  /// On time alone.
  case time
  case state

  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// Of a function of values with these.
  fileprivate static func curved(_ operands: [TimeDependence]) -> TimeDependence {
    let most = operands.max() ?? .fixed
    return most == .line ? .time : most
  }
}

/// What an instruction is for the search for branches.
enum BranchRole {
  case none
  /// A branch with this kind, and the operands of its difference.
  case branch(Branch.Kind)
  /// A jump of a whole array, which is not searched for.
  case unsearched
}

extension Instruction {
  /// - Parameters:
  ///   - operands: of the instruction.
  ///   - isSummed: whether its result is summed along steps, by a quadrature that a kink would spoil.
  func role(_ operands: [TimeDependence], isSummed: Bool) -> BranchRole {
    let most = operands.max() ?? .fixed
    if most == .fixed { return .none }
    let isScalar = results[0].shape.isScalar
    guard case .componentwise(let function) = operation.group else { return .none }
    switch function {
    case .compare(.less): return isScalar ? .branch(.comparison(orEqual: false)) : .unsearched
    case .compare(.lessOrEqual): return isScalar ? .branch(.comparison(orEqual: true)) : .unsearched
    case .unary(.floor): return isScalar ? .branch(.floor) : .unsearched
    case .unary(.ceiling): return isScalar ? .branch(.ceiling) : .unsearched
    case .unary(.sign): return isScalar ? .branch(.sign) : .unsearched
    // Kinks may stay inside a step; but those of time are known, and a pulse may be made of them.
    case .unary(.absolute): return isScalar && (most == .line || isSummed) ? .branch(.sign) : .none
    case .binary(.minimum), .binary(.maximum):
      return isScalar && (most == .line || isSummed) ? .branch(.comparison(orEqual: false)) : .none
    case .unary, .binary, .compare, .logic, .not, .select, .stopGradient: return .none
    }
  }

  /// Of the results, from that of the operands; branches are fixed.
  func dependence(_ operands: [TimeDependence], isBranch: Bool) -> TimeDependence {
    let most = operands.max() ?? .fixed
    switch operation.group {
    case .constant: return .fixed
    case .componentwise(let function):
      switch function {
      // Whether something is a number at all: where that changes, there is no solution to step along.
      case .compare(.equal) where self.operands[0] == self.operands[1]: return .fixed
      case .compare, .logic, .not: return isBranch ? .fixed : most
      case .unary(.floor), .unary(.ceiling), .unary(.sign): return isBranch ? .fixed : TimeDependence.curved(operands)
      case .unary(.negate), .binary(.add), .binary(.subtract), .stopGradient: return most
      case .unary(.absolute), .binary(.minimum), .binary(.maximum):
        return isBranch ? most : TimeDependence.curved(operands)
      case .binary(.multiply): return operands.contains(.fixed) ? most : TimeDependence.curved(operands)
      case .binary(.divide): return operands[1] == .fixed ? most : TimeDependence.curved(operands)
      case .select: return operands[0] == .fixed ? most : TimeDependence.curved(operands)
      case .unary, .binary: return TimeDependence.curved(operands)
      }
    case .rearrangement(.gather): return TimeDependence.curved(operands)
    case .rearrangement, .reduction: return most
    case .ofMatrices, .overMembers, .control, .table: return TimeDependence.curved(operands)
    }
  }
}
