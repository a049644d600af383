import Programs

extension Program {
  /// Which values have a derivative by the marked inputs that is not zero by construction, by number.
  func varying(_ inputs: [Bool]) -> [Bool] {
    precondition(inputs.count == self.inputs.count, "a mark an input is needed")
    var marks = zip(inputs, self.inputs).map { $0 && $1.type.kind == .real }
    for instruction in instructions {
      let results = instruction.operation.varyingResults(instruction.operands.map { marks[$0.number] })
      marks += zip(results, instruction.results).map { $0 && $1.kind == .real }
    }
    return marks
  }

  func varyingOutputs(_ inputs: [Bool]) -> [Bool] {
    let marks = varying(inputs)
    return outputs.map { marks[$0.value.number] }
  }
}

extension Operation {
  /// Which results vary with the marked operands.
  fileprivate func varyingResults(_ operands: [Bool]) -> [Bool] {
    switch self {
    case .constant, .compare, .logic, .not, .stopGradient: [false]
    case .unary(let function): [operands[0] && !function.isStep]
    case .binary, .stack, .index, .slice, .concatenate, .reshape, .broadcast, .transpose, .sum, .matrixProduct,
      .sumOverMembers, .moments:
      [operands.contains(true)]
    case .linearAlgebra(let function): function.varyingResults(operands)
    case .select: [operands[1] || operands[2]]
    case .gather: [operands[0]]
    case .tabulate: [operands.contains(true), false]
    case .call(let callee) where callee.derivative != nil: callee.outputs.map { _ in operands.contains(true) }
    case .call(let callee): callee.varyingOutputs(operands)
    case .whileLoop(let loop):
      loop.body.varyingOutputs(loop.varyingInputs(operands)) + (loop.capacity == nil ? [] : [false])
    case .scan(let scan): scan.body.varyingOutputs(scan.varyingInputs(operands))
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
    body.settledInputs(operands, carries: captureCount..<captureCount + carryCount)
  }
}

extension Scan {
  /// Which inputs of the body vary, turn after turn, with the marked operands.
  func varyingInputs(_ operands: [Bool]) -> [Bool] {
    body.settledInputs(Array(operands.prefix(body.inputs.count)), carries: captureCount..<captureCount + carryCount)
  }
}

extension Program {
  /// Marks of a loop body's inputs that hold before and after a turn.
  fileprivate func settledInputs(_ start: [Bool], carries: Range<Int>) -> [Bool] {
    var inputs = start
    while true {
      var next = inputs
      for (carry, varies) in zip(carries, varyingOutputs(inputs)) { next[carry] = inputs[carry] || varies }
      if next == inputs { return inputs }
      inputs = next
    }
  }
}
