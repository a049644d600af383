import Differentiation
import Programs

/// The rates, triggers and observed values of a problem as functions of time, state and the branches that they are in.
///
/// They are traced together, so that a comparison that several of them make is one branch.
final class BranchingModel {
  let branches: [Branch]
  /// Branches by depth: each depends on shallower ones only.
  let levels: [[Int]]
  /// For each phase the branches that its rates take.
  private(set) var branchesOfRates: [Set<Int>] = []
  /// For each trigger the branches that it takes.
  private(set) var branchesOfTriggers: [Set<Int>] = []
  /// Branches that observed values take.
  private(set) var branchesOfObserved: Set<Int> = []
  /// Whether something jumps that is not searched for: an array, or what does not count.
  let hasUnsearchedJumps: Bool

  private let captures: [Staged]
  private let rateSlices: [Slice]
  private let rateFunctions: [StagedFunction]
  private let triggerFunctions: [StagedFunction]
  private let observedFunctions: [StagedFunction]
  private let differenceFunctions: [Slice]
  /// The same, to be differentiated.
  private let slopedDifferences: [StagedFunction]

  /// A part of the model: captured values, time, state and all branches to some results.
  struct Slice {
    let program: Program
    let captures: [Staged]

    func callAsFunction(_ time: Staged, _ state: Staged, _ branches: [Staged]) -> [Staged] {
      let values = program.replayed(captures + [time, state] + branches)
      return program.outputs.map { values[$0.value.number] }
    }
  }

  typealias Function = (_ time: Staged, _ state: Staged) -> Staged

  /// - Parameters:
  ///   - rates: of each phase.
  ///   - triggers: conditions, each a boolean.
  ///   - observed: what is summed or compared along steps.
  ///   - summed: which of these are summed: kinks of states are branches in them.
  ///   - stateType: of the state.
  ///   - searched: whether branches of rates and observed values count; those of triggers always do.
  init(
    rates: [Function], triggers: [Function], observed: [Function], summed: [Int], stateType: ValueType,
    searched: Bool
  ) {
    let whole = StagedFunction("model") { arguments in
      let (time, state) = (arguments[0], arguments[1])
      return rates.map { $0(time, state) } + triggers.map { $0(time, state) } + observed.map { $0(time, state) }
    }
    let (traced, captures) = whole.traced(types: [ValueType(), stateType.perMember])
    let search = BranchSearch(
      BranchingModel.simplified(traced), captureCount: captures.count,
      counting: searched ? 0..<traced.outputs.count : rates.count..<rates.count + triggers.count,
      summing: searched ? summed.map { rates.count + triggers.count + $0 } : [])
    self.captures = captures
    (branches, levels, hasUnsearchedJumps) = (search.branches, search.levels, search.hasUnsearchedJumps)
    let explicit = search.explicit
    let firstBranch = captures.count + 2
    func slice(_ outputs: Range<Int>) -> Slice {
      var part = explicit
      part.outputs = Array(explicit.outputs[outputs])
      return Slice(program: Self.simplified(part), captures: captures)
    }
    func used(_ slice: Slice) -> Set<Int> {
      let operands =
        slice.program.instructions.flatMap(\.operands) + slice.program.outputs.map(\.value)
      return Set(operands.map { $0.number - firstBranch }.filter { search.branches.indices.contains($0) })
    }
    func function(_ name: String, _ slice: Slice) -> StagedFunction {
      StagedFunction(name) { slice($0[0], $0[1], Array($0.dropFirst(2))) }
    }
    let slices = (0..<rates.count + triggers.count + observed.count).map { slice($0..<$0 + 1) }
    let (ofRates, rest) = (slices.prefix(rates.count), slices.dropFirst(rates.count))
    let (ofTriggers, ofObserved) = (rest.prefix(triggers.count), rest.dropFirst(triggers.count))
    rateSlices = Array(ofRates)
    rateFunctions = ofRates.map { function("rates", $0) }
    triggerFunctions = ofTriggers.map { function("trigger", $0) }
    observedFunctions = ofObserved.map { function("observed", $0) }
    var next = slices.count
    differenceFunctions = search.levels.map { level in
      defer { next += level.count }
      return slice(next..<next + level.count)
    }
    slopedDifferences = differenceFunctions.map { function("differences", $0) }
    // A branch matters also for those that depend on it.
    let needs = differenceFunctions.map(used)
    func closed(_ direct: Set<Int>) -> Set<Int> {
      var all = direct
      for (level, members) in search.levels.enumerated().reversed() where !all.isDisjoint(with: members) {
        all.formUnion(needs[level])
      }
      return all
    }
    branchesOfRates = ofRates.map { closed(used($0)) }
    branchesOfTriggers = ofTriggers.map { closed(used($0)) }
    branchesOfObserved = closed(ofObserved.reduce(into: []) { $0.formUnion(used($1)) })
  }

  private static func simplified(_ program: Program) -> Program {
    do {
      return try program.simplified()
    } catch {
      preconditionFailure("the functions of a problem break the grammar: \(error)")
    }
  }

  // MARK: Functions

  func rates(_ phase: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged {
    rateFunctions[phase]([time, state] + branches)[0]
  }

  /// The same, written out where they are evaluated.
  func plainRates(_ phase: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged {
    rateSlices[phase](time, state, branches)[0]
  }

  func trigger(_ event: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged {
    triggerFunctions[event]([time, state] + branches)[0]
  }

  func observed(_ position: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged {
    observedFunctions[position]([time, state] + branches)[0]
  }

  /// The differences of the branches of a level, from shallower branches.
  func differences(_ level: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> [Staged] {
    differenceFunctions[level](time, state, branches)
  }

  /// The differences of the branches of a level and how they change along a direction of time and state.
  func slopes(_ level: Int, _ time: Staged, _ state: Staged, _ branches: [Staged], along direction: [Staged])
    -> [Staged]
  {
    slopedDifferences[level].tangents([time, state] + branches, along: direction + branches.map { _ in nil })
  }

  /// The difference of one branch.
  func difference(_ branch: Int, _ time: Staged, _ state: Staged, _ branches: [Staged]) -> Staged {
    let (level, position) = place(branch)
    return differences(level, time, state, branches)[position]
  }

  func place(_ branch: Int) -> (level: Int, position: Int) {
    let level = branches[branch].depth
    return (level, levels[level].firstIndex(of: branch)!)
  }
}

/// Finds the branches of a program of captured values, time and state, and makes them inputs.
private struct BranchSearch {
  private(set) var branches: [Branch] = []
  private(set) var levels: [[Int]] = []
  private(set) var hasUnsearchedJumps = false
  /// The program with a further input for each branch; outputs are those of the program, then differences by level.
  private(set) var explicit: Program

  /// - Parameters:
  ///   - outputs: those whose branches count.
  ///   - sums: those in which kinks are branches too.
  init(_ program: Program, captureCount: Int, counting outputs: Range<Int>, summing sums: [Int]) {
    let (counted, summed) = (program.values(reaching: Array(outputs)), program.values(reaching: sums))
    var dependence = program.inputs.map { _ in TimeDependence.fixed }
    (dependence[captureCount], dependence[captureCount + 1]) = (.line, .state)
    var depths = program.inputs.map { _ in 0 }
    var branchAt: [Int: Int] = [:]
    for (position, instruction) in program.instructions.enumerated() {
      let operands = instruction.operands.map { dependence[$0.number] }
      let depth = instruction.operands.map { depths[$0.number] }.max() ?? 0
      let counts = counted.contains(dependence.count)
      var isBranch = false
      switch instruction.role(operands, isSummed: summed.contains(dependence.count)) {
      case .none: break
      case .unsearched: hasUnsearchedJumps = hasUnsearchedJumps || counts
      case .branch(let kind):
        guard counts else {
          hasUnsearchedJumps = hasUnsearchedJumps || instruction.operation.jumps
          break
        }
        isBranch = true
        let most = operands.max()!
        branchAt[position] = branches.count
        branches.append(Branch(kind: kind, isKnown: most == .line, isTimeOnly: most < .state, depth: depth))
      }
      dependence += instruction.results.map { _ in instruction.dependence(operands, isBranch: isBranch) }
      depths += instruction.results.map { _ in isBranch ? depth + 1 : depth }
    }
    let found = branches
    let count = (found.map(\.depth).max() ?? -1) + 1
    levels = (0..<count).map { level in found.indices.filter { found[$0].depth == level } }
    let ordered = levels
    let inputs =
      program.inputs + found.enumerated().map { Program.Input("branch\($0.offset)", $0.element.type) }
    do {
      explicit = try Program.trace(program.name, inputs: inputs) { staged in
        let given = Array(staged.suffix(found.count))
        var differences = found.map { _ in Staged(0) }
        let values = program.replayed(Array(staged.prefix(program.inputs.count))) { position, operands in
          guard let number = branchAt[position] else { return nil }
          let instruction = program.instructions[position]
          differences[number] = operands.count == 2 ? operands[1] - operands[0] : operands[0]
          return [Self.value(of: instruction.operation, operands, given[number])]
        }
        return program.outputs.map { ($0.name, values[$0.value.number]) }
          + ordered.joined().map { ("difference\($0)", differences[$0]) }
      }
    } catch {
      preconditionFailure("the functions of a problem break the grammar: \(error)")
    }
  }

  /// What an instruction gives in a branch.
  private static func value(of operation: Operation, _ operands: [Staged], _ branch: Staged) -> Staged {
    switch operation {
    case .unary(.absolute): operands[0] * branch
    // Only what stays at zero has no sign.
    case .unary(.sign): select(operands[0] .== 0, 0, known(branch, if: operands[0]))
    // The branch of a NaN is false, and the operand that is taken then may be the other.
    case .binary(.minimum): select(branch, operands[0], known(operands[1], if: operands[0]))
    case .binary(.maximum): select(branch, operands[1], known(operands[0], if: operands[1]))
    // The branch is the result.
    default: branch
    }
  }
}

/// A value, or NaN where another is.
private func known(_ value: Staged, if other: Staged) -> Staged { select(other .== other, value, Staged(Double.nan)) }

extension Operation {
  /// Whether its result jumps; others that make a branch have a kink.
  fileprivate var jumps: Bool {
    guard case .componentwise(let function) = group else { return false }
    return switch function {
    case .compare, .unary(.floor), .unary(.ceiling), .unary(.sign): true
    case .unary, .binary, .logic, .not, .select, .stopGradient: false
    }
  }
}

extension Program {
  /// The numbers of the values that some outputs need.
  fileprivate func values(reaching wanted: [Int]) -> Set<Int> {
    var live = Set(wanted.map { outputs[$0].value.number })
    for (instruction, first) in zip(instructions, firstResults).reversed()
    where instruction.results.indices.contains(where: { live.contains(first + $0) }) {
      live.formUnion(instruction.operands.map(\.number))
    }
    return live
  }
}
