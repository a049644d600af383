extension Program {
  /// The program without what no output depends on: instructions, carries and rows of loops, captures.
  /// Inputs stay, as callers bind them by position.
  func pruned(_ memo: CalleeMemo = CalleeMemo()) -> Program {
    let firsts = firstResults
    var live = Array(repeating: false, count: (firsts.last ?? inputs.count) + (instructions.last?.results.count ?? 0))
    for output in outputs { live[output.value.number] = true }
    var kept: [(position: Int, instruction: Instruction, results: [Int])] = []
    for position in instructions.indices.reversed() {
      let instruction = instructions[position]
      let used = instruction.results.indices.filter { live[firsts[position] + $0] }
      if used.isEmpty { continue }
      let pruned = instruction.pruned(using: used, memo)
      for operand in pruned.instruction.operands { live[operand.number] = true }
      kept.append((position, pruned.instruction, pruned.results))
    }
    var numbers = live.indices.map { $0 < inputs.count ? $0 : -1 }
    var next = inputs.count
    var result: [Instruction] = []
    for (position, instruction, results) in kept.reversed() {
      var copy = instruction
      copy.operands = instruction.operands.map { Value(numbers[$0.number]) }
      for (offset, old) in results.enumerated() { numbers[firsts[position] + old] = next + offset }
      next += results.count
      result.append(copy)
    }
    return Program(
      name: name, inputs: inputs, instructions: result,
      outputs: outputs.map { Output($0.name, Value(numbers[$0.value.number])) }
    ).repeating(as: self)
  }

  /// Whether each input is used by the given outputs.
  fileprivate func inputsUsed(by wanted: [Int]) -> Set<Int> {
    var live = Set(wanted.map { outputs[$0].value })
    for (instruction, first) in zip(instructions, firstResults).reversed()
    where instruction.results.indices.contains(where: { live.contains(Value(first + $0)) }) {
      live.formUnion(instruction.operands)
    }
    return Set(live.map(\.number).filter { $0 < inputs.count })
  }

  /// The program with some outputs and inputs only. Inputs that go must be unused.
  fileprivate func keeping(inputs keptInputs: [Int], outputs keptOutputs: [Int], _ memo: CalleeMemo) -> Program {
    var copy = self
    copy.outputs = keptOutputs.map { outputs[$0] }
    copy = copy.pruned(memo)
    var numbers: [Int: Int] = [:]
    for (new, old) in keptInputs.enumerated() { numbers[old] = new }
    func renumbered(_ value: Value) -> Value {
      value.number < inputs.count
        ? Value(numbers[value.number]!) : Value(value.number - inputs.count + keptInputs.count)
    }
    return Program(
      name: name, inputs: keptInputs.map { inputs[$0] },
      instructions: copy.instructions.map { Instruction($0.operation, $0.operands.map(renumbered), $0.results) },
      outputs: copy.outputs.map { Output($0.name, renumbered($0.value)) }
    ).repeating(as: self)
  }
}

extension Instruction {
  /// The instruction without what the used results do not need, and the results that it still has.
  fileprivate func pruned(using used: [Int], _ memo: CalleeMemo) -> (instruction: Instruction, results: [Int]) {
    switch operation.control {
    case .whileLoop(let loop): return prunedWhile(loop, used, memo)
    case .scan(let scan): return prunedScan(scan, used, memo)
    case .call(let callee):
      let copy = Instruction(.call(memo(callee) { $0.pruned(memo).ruled(as: $0) }), operands, results)
      return (copy, Array(results.indices))
    case nil: return (self, Array(results.indices))
    }
  }

  private func prunedWhile(_ loop: WhileLoop, _ used: [Int], _ memo: CalleeMemo) -> (Instruction, [Int]) {
    let conditionInputs = loop.condition.inputsUsed(by: [0])
    let rows = used.filter { loop.carryCount..<loop.turnsResult ~= $0 }
    var carries = Set(used.filter { $0 < loop.carryCount })
      .union(conditionInputs.filter { $0 >= loop.captureCount }.map { $0 - loop.captureCount })
    let bodyInputs = loop.body.closure(
      of: &carries, captureCount: loop.captureCount, carryCount: loop.carryCount, rows: rows)
    let isTaped = used.contains { $0 >= loop.carryCount }
    let captures = (0..<loop.captureCount).filter { conditionInputs.contains($0) || bodyInputs.contains($0) }
    let kept = carries.sorted()
    let inputs = captures + kept.map { $0 + loop.captureCount }
    let smaller = WhileLoop(
      condition: loop.condition.keeping(inputs: inputs, outputs: [0], memo),
      body: loop.body.keeping(inputs: inputs, outputs: kept + rows, memo), captureCount: captures.count,
      capacity: isTaped ? loop.capacity : nil, stride: isTaped ? loop.stride : 1)
    let left = kept + rows + (isTaped ? [loop.turnsResult] : [])
    let copy = Instruction(.whileLoop(smaller), inputs.map { operands[$0] }, left.map { results[$0] })
    return (copy, left)
  }

  private func prunedScan(_ scan: Scan, _ used: [Int], _ memo: CalleeMemo) -> (Instruction, [Int]) {
    let rows = used.filter { $0 >= scan.carryCount }
    var carries = Set(used.filter { $0 < scan.carryCount })
    let bodyInputs = scan.body.closure(
      of: &carries, captureCount: scan.captureCount, carryCount: scan.carryCount, rows: rows)
    let captures = (0..<scan.captureCount).filter(bodyInputs.contains)
    let kept = carries.sorted()
    let scanned = (scan.scanned).filter(bodyInputs.contains)
    let inputs = captures + kept.map { $0 + scan.captureCount } + scanned
    let smaller = Scan(
      body: scan.body.keeping(inputs: inputs, outputs: kept + rows, memo), length: scan.length,
      captureCount: captures.count, carryCount: kept.count, isBackward: scan.isBackward, isCounted: scan.isCounted)
    let count = scan.isCounted ? [operands[operands.count - 1]] : []
    let copy = Instruction(.scan(smaller), inputs.map { operands[$0] } + count, (kept + rows).map { results[$0] })
    return (copy, kept + rows)
  }
}

extension Program {
  /// Grows `carries` to all that the wanted carries and rows of a loop's body depend on, turn after turn.
  /// - Returns: the inputs of the body that those use.
  fileprivate func closure(of carries: inout Set<Int>, captureCount: Int, carryCount: Int, rows: [Int])
    -> Set<Int>
  {
    let carryRange = captureCount..<captureCount + carryCount
    while true {
      let used = inputsUsed(by: carries.sorted() + rows)
      let more = used.filter(carryRange.contains).map { $0 - captureCount }
      if carries.isSuperset(of: more) { return used }
      carries.formUnion(more)
    }
  }
}
