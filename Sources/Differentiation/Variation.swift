import Programs

/// How a value reaches another.
enum Influence {
  /// With a derivative that is not zero by construction.
  case smooth
  /// In any way that a member's own numbers can take, through jumps as well; but not through `stopGradient`, not by how
  /// many turns a loop takes, and not by whether a result is a number at all.
  case any
}

/// A set of up to 64 inputs.
typealias Marks = UInt64

/// What was found of called programs: every stage of a step calls the same rates.
private final class InfluenceMemo {
  private struct Call: Hashable {
    var callee: Program
    var operands: [Marks]
  }

  let influence: Influence
  private var known: [Call: [Marks]] = [:]

  init(_ influence: Influence) { self.influence = influence }

  func reached(by callee: Program, from operands: [Marks]) -> [Marks] {
    let call = Call(callee: callee, operands: operands)
    if let marks = known[call] { return marks }
    let marks = callee.reachedOutputs(from: operands, self)
    known[call] = marks
    return marks
  }
}

extension Program {
  /// Which values have a derivative by the marked inputs that is not zero by construction, by number.
  func varying(_ inputs: [Bool]) -> [Bool] {
    reached(from: inputs.map { $0 ? 1 : 0 }, InfluenceMemo(.smooth)).map { $0 != 0 }
  }

  func varyingOutputs(_ inputs: [Bool]) -> [Bool] {
    let marks = varying(inputs)
    return outputs.map { marks[$0.value.number] }
  }

  /// For each value, the marks of the inputs that reach it.
  fileprivate func reached(from inputs: [Marks], _ memo: InfluenceMemo) -> [Marks] {
    precondition(inputs.count == self.inputs.count, "a mark an input is needed")
    func isOpen(_ type: ValueType) -> Bool { type.kind == .real || memo.influence == .any }
    var marks = zip(inputs, self.inputs).map { isOpen($1.type) ? $0 : 0 }
    var unknown: Set<Value> = []
    for (instruction, first) in zip(instructions, firstResults) {
      var operands = instruction.operands.map { marks[$0.number] }
      if case .constant(let values) = instruction.operation, !values.isEmpty, values.allSatisfy(\.isNaN) {
        unknown.insert(Value(first))
      }
      // What failed is not a number: that says nothing about the number.
      if instruction.operation == .select, instruction.operands.dropFirst().contains(where: unknown.contains) {
        operands[0] = 0
      }
      let results = instruction.operation.reached(from: operands, memo)
      marks += zip(results, instruction.results).map { isOpen($1) ? $0 : 0 }
    }
    return marks
  }

  fileprivate func reachedOutputs(from inputs: [Marks], _ memo: InfluenceMemo) -> [Marks] {
    let marks = reached(from: inputs, memo)
    return outputs.map { marks[$0.value.number] }
  }

  /// For each of the wanted outputs, the wanted inputs that act on it through floor, sign, comparisons and their like
  /// alone: the derivative is zero wherever it exists, though the output does depend on the input.
  package func jumps(of wanted: [String], by names: [String]) -> [(output: String, input: String)] {
    let positions = names.compactMap { name in inputs.firstIndex { $0.name == name } }
    var found: [(output: String, input: String)] = []
    let (memoOfSmooth, memoOfAny) = (InfluenceMemo(.smooth), InfluenceMemo(.any))
    for start in stride(from: 0, to: positions.count, by: Marks.bitWidth) {
      var marks = inputs.map { _ in Marks(0) }
      let group = positions[start..<min(start + Marks.bitWidth, positions.count)]
      for (bit, position) in group.enumerated() { marks[position] = 1 << bit }
      let (smooth, any) = (reachedOutputs(from: marks, memoOfSmooth), reachedOutputs(from: marks, memoOfAny))
      for (output, marks) in zip(outputs, zip(smooth, any)) where wanted.contains(output.name) {
        for (bit, position) in group.enumerated() where (marks.1 & ~marks.0) >> bit & 1 == 1 {
          found.append((output.name, inputs[position].name))
        }
      }
    }
    return found
  }
}

extension Operation {
  /// The marks of the results from those of the operands.
  fileprivate func reached(from operands: [Marks], _ memo: InfluenceMemo) -> [Marks] {
    let (all, influence) = (operands.reduce(0, |), memo.influence)
    switch self {
    case .constant, .stopGradient: return [0]
    case .compare, .logic, .not: return [influence == .any ? all : 0]
    case .unary(let function): return [influence == .any || !function.isStep ? all : 0]
    case .binary, .stack, .index, .slice, .concatenate, .reshape, .broadcast, .transpose, .sum, .matrixProduct,
      .sumOverMembers, .moments:
      return [all]
    case .linearAlgebra(let function): return function.reached(from: operands, influence)
    case .select: return [influence == .any ? all : operands[1] | operands[2]]
    case .gather: return [influence == .any ? all : operands[0]]
    case .tabulate: return [all, influence == .any ? all : 0]
    case .call(let callee) where callee.derivative != nil: return callee.outputs.map { _ in all }
    case .call(let callee): return memo.reached(by: callee, from: operands)
    case .whileLoop(let loop):
      let inputs = loop.body.settledInputs(
        operands, carries: loop.carries, memo)
      return loop.body.reachedOutputs(from: inputs, memo) + (loop.capacity == nil ? [] : [0])
    case .scan(let scan):
      let inputs = scan.body.settledInputs(
        Array(operands.prefix(scan.body.inputs.count)),
        carries: scan.carries,
        memo)
      return scan.body.reachedOutputs(from: inputs, memo)
    }
  }
}

extension UnaryFunction {
  /// Whether the function is constant but for its jumps.
  var isStep: Bool { self == .sign || self == .floor || self == .ceiling }
}

extension WhileLoop {
  /// Which inputs of the body vary, turn after turn, with the marked operands.
  func varyingInputs(_ operands: [Bool]) -> [Bool] {
    body.settledInputs(
      operands.map { $0 ? 1 : 0 }, carries: captureCount..<captureCount + carryCount, InfluenceMemo(.smooth)
    )
    .map { $0 != 0 }
  }
}

extension Scan {
  /// Which inputs of the body vary, turn after turn, with the marked operands.
  func varyingInputs(_ operands: [Bool]) -> [Bool] {
    body.settledInputs(
      operands.prefix(body.inputs.count).map { $0 ? 1 : 0 }, carries: captureCount..<captureCount + carryCount,
      InfluenceMemo(.smooth)
    ).map { $0 != 0 }
  }
}

extension Program {
  /// Marks of a loop body's inputs that hold before and after a turn.
  fileprivate func settledInputs(_ start: [Marks], carries: Range<Int>, _ memo: InfluenceMemo) -> [Marks] {
    var inputs = start
    while true {
      var next = inputs
      for (carry, marks) in zip(carries, reachedOutputs(from: inputs, memo)) { next[carry] |= marks }
      if next == inputs { return inputs }
      inputs = next
    }
  }
}
