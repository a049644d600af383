/// Which callees take the place of their calls.
struct InliningLimits {
  /// Instructions of one callee.
  var callee: Int
  /// Instructions of one callee over all its calls.
  var total: Int
  private let calls: [Program: Int]
  /// Callees with their own calls inlined.
  fileprivate let memo = CalleeMemo()

  init(callee: Int, total: Int, in program: Program) {
    (self.callee, self.total) = (callee, total)
    var calls: [Program: Int] = [:]
    program.countCalls(&calls)
    self.calls = calls
  }

  /// - Parameter body: the callee, perhaps with calls of its own inlined.
  func admit(_ callee: Program, as body: Program) -> Bool {
    let count = body.instructionCount
    return count <= self.callee && count * calls[callee, default: 1] <= total
  }
}

extension Program {
  /// How often each program is called from here, loops and callees included.
  fileprivate func countCalls(_ calls: inout [Program: Int]) {
    for operation in instructions.map(\.operation) {
      if case .call(let callee) = operation {
        calls[callee, default: 0] += 1
        if calls[callee] == 1 { callee.countCalls(&calls) }
      } else {
        for region in operation.regions { region.countCalls(&calls) }
      }
    }
  }

  /// The program with calls replaced by their callees' instructions within the limits.
  func inliningCalls(within limits: InliningLimits) -> Program {
    var result: [Instruction] = []
    var values = inputs.indices.map { Value($0) }
    var next = inputs.count
    var isRepetition = isRepetition
    func append(_ instruction: Instruction, _ operands: [Value]) -> [Value] {
      result.append(Instruction(instruction.operation, operands, instruction.results))
      defer { next += instruction.results.count }
      return instruction.results.indices.map { Value(next + $0) }
    }
    for var instruction in instructions {
      let operands = instruction.operands.map { values[$0.number] }
      switch instruction.operation.control {
      case .call(let callee):
        let body = limits.memo(callee) { $0.inliningCalls(within: limits).ruled(as: $0) }
        guard limits.admit(callee, as: body), body.derivative == nil else {
          instruction.operation = .call(body)
          values += append(instruction, operands)
          continue
        }
        isRepetition = isRepetition || body.isRepetition
        var inner = operands
        for step in body.instructions { inner += append(step, step.operands.map { inner[$0.number] }) }
        values += body.outputs.map { inner[$0.value.number] }
      case .whileLoop, .scan, nil:
        instruction.operation = instruction.operation.mapRegions { $0.inliningCalls(within: limits) }
        values += append(instruction, operands)
      }
    }
    let renamed = outputs.map { Output($0.name, values[$0.value.number]) }
    // Inputs of a callee may be wider (member) than what is passed (shared): folding settles the types.
    var copy = Program(name: name, inputs: inputs, instructions: result, outputs: renamed).retyped()
    copy.isRepetition = isRepetition
    return copy
  }

  /// The same instructions with types that follow from their operands.
  private func retyped() -> Program {
    var types = inputs.map(\.type)
    var copy = self
    for position in copy.instructions.indices {
      let instruction = copy.instructions[position]
      do {
        copy.instructions[position].results = try TypeRules.results(
          of: instruction.operation, instruction.operands.map { types[$0.number] },
          constant: instruction.results.first ?? .init())
      } catch {
        preconditionFailure("\(instruction.operation.name) was inlined against the grammar: it needs \(error.expected)")
      }
      types += copy.instructions[position].results
    }
    return copy
  }
}
