import Programs

extension Interpreter {
  /// Turns of all members until the last has ended; what a finished member holds is never written again.
  func repeatWhile(
    _ loop: WhileLoop, _ step: Plan.Step, _ plan: Plan, _ values: [UnsafeMutablePointer<T>],
    _ frame: UnsafeMutablePointer<T>, _ outerMask: UnsafeMutablePointer<T>?
  ) {
    let (condition, body) = (step.regions[0], step.regions[1])
    let inputs = regionInputs(step, plan, values, frame, carries: loop.captureCount..<body.program.inputs.count)
    let test = condition.program.outputs[0].value.number
    let isMasked = condition.types[test].extent == .member
    let inner = frame + step.regionFrame
    var mask = outerMask
    if isMasked {
      let active = frame + step.mask
      if let outerMask {
        active.update(from: outerMask, count: columns)
      } else {
        active.update(repeating: 1, count: columns)
      }
      mask = active
    }
    var turn = 0
    if loop.capacity != nil {
      values[step.firstResult + loop.turnsResult].update(repeating: 0, count: isMasked ? columns : 1)
    }
    while true {
      let holds = run(condition, frame: inner, inputs: inputs, mask: mask)[test]
      if isMasked, let mask {
        var count: T = 0
        for column in 0..<columns {
          mask[column] = holds[column] != 0 ? mask[column] : 0
          count += mask[column]
        }
        if count == 0 { return }
      } else if holds[0] == 0 {
        return
      }
      let next = run(body, frame: inner, inputs: inputs, mask: mask)
      if let capacity = loop.capacity {
        let (row, between) = turn.quotientAndRemainder(dividingBy: loop.stride)
        if between == 0, row < capacity { keepRows(body, next, loop.carryCount, step, values, row) }
        turn += 1
        let turns = values[step.firstResult + loop.turnsResult]
        if isMasked, let mask {
          for column in 0..<columns where mask[column] != 0 { turns[column] = T(turn) }
        } else {
          turns[0] = T(turn)
        }
      }
      assign(loop.captureCount, body, next, step, frame, inputs, isMasked ? mask : nil, count: loop.carryCount)
    }
  }

  /// Writes the rows of one turn where they belong in the stacked results.
  private func keepRows(
    _ body: Plan, _ next: [UnsafeMutablePointer<T>], _ first: Int, _ step: Plan.Step,
    _ values: [UnsafeMutablePointer<T>], _ turn: Int
  ) {
    for row in first..<body.program.outputs.count {
      let value = body.program.outputs[row].value.number
      let type = body.types[value]
      copy(Array(next[value], type), to: Array(values[step.firstResult + row] + turn * size(type), type))
    }
  }

  /// One turn an entry; a counted scan leaves out the members that have fewer.
  func repeatScan(
    _ scan: Scan, _ step: Plan.Step, _ plan: Plan, _ values: [UnsafeMutablePointer<T>],
    _ frame: UnsafeMutablePointer<T>, _ mask: UnsafeMutablePointer<T>?
  ) {
    let body = step.regions[0]
    let plain = scan.captureCount + scan.carryCount
    var inputs = regionInputs(step, plan, values, frame, carries: scan.captureCount..<plain)
    let entries = body.program.inputs.dropFirst(plain).map { self.size($0.type) }
    let first = inputs
    var last = scan.length
    var (counted, active) = (UnsafeMutablePointer<T>?.none, mask)
    if scan.isCounted, let operand = step.instruction.operands.last {
      let counts = values[operand.number]
      let isMember = plan.types[operand.number].extent == .member
      let most = (0..<(isMember ? columns : 1)).reduce(0) { Swift.max($0, counts[$1]) }
      last = most < T(scan.length) ? Int(most) : scan.length
      if isMember { (counted, active) = (counts, frame + step.mask) }
    }
    for turn in scan.isBackward ? Swift.Array((0..<last).reversed()) : Swift.Array(0..<last) {
      if let counted, let active {
        for column in 0..<columns { active[column] = T(turn) < counted[column] ? (mask?[column] ?? 1) : 0 }
      }
      for (offset, size) in entries.enumerated() { inputs[plain + offset] = first[plain + offset] + turn * size }
      let next = run(body, frame: frame + step.regionFrame, inputs: inputs, mask: active)
      keepRows(body, next, scan.carryCount, step, values, turn)
      assign(scan.captureCount, body, next, step, frame, inputs, counted == nil ? nil : active, count: scan.carryCount)
    }
  }

  func call(
    _ step: Plan.Step, _ plan: Plan, _ values: [UnsafeMutablePointer<T>], _ frame: UnsafeMutablePointer<T>,
    _ mask: UnsafeMutablePointer<T>?
  ) {
    let body = step.regions[0]
    let inputs = regionInputs(step, plan, values, frame, carries: 0..<0)
    let inner = run(body, frame: frame + step.regionFrame, inputs: inputs, mask: mask)
    for (offset, output) in body.program.outputs.enumerated() {
      let type = body.types[output.value.number]
      copy(Array(inner[output.value.number], type), to: Array(values[step.firstResult + offset], type))
    }
  }

  /// Numbers that a value takes in memory.
  private func size(_ type: ValueType) -> Int { type.shape.count * (type.extent == .member ? width : 1) }

  /// Where a region finds its inputs: carries in the loop's results, where they start with their initial values; shared
  /// operands widened where members are expected.
  private func regionInputs(
    _ step: Plan.Step, _ plan: Plan, _ values: [UnsafeMutablePointer<T>], _ frame: UnsafeMutablePointer<T>,
    carries: Range<Int>
  ) -> [UnsafeMutablePointer<T>] {
    step.instruction.operands.prefix(step.regions[step.regions.count - 1].program.inputs.count).enumerated().map {
      position, operand in
      let source = Array(values[operand.number], plan.types[operand.number])
      if carries.contains(position) {
        let offset = position - carries.lowerBound
        let target = Array(values[step.firstResult + offset], step.instruction.results[offset])
        copy(source, to: target)
        return target.start
      }
      guard let place = step.widened[position] else { return source.start }
      let target = Array(frame + place, plan.types[operand.number].perMember)
      copy(source, to: target)
      return target.start
    }
  }

  /// Writes the next carry over the last one, for active members only.
  private func assign(
    _ firstCarry: Int, _ body: Plan, _ next: [UnsafeMutablePointer<T>], _ step: Plan.Step,
    _ frame: UnsafeMutablePointer<T>, _ inputs: [UnsafeMutablePointer<T>], _ mask: UnsafeMutablePointer<T>?,
    count: Int
  ) {
    let outputs = body.program.outputs.prefix(count).map(\.value.number)
    var sources = outputs.map { Array(next[$0], body.types[$0]) }
    for (offset, place) in step.snapshots {
      let source = sources[offset]
      sources[offset].start = frame + place
      copy(source, to: sources[offset])
    }
    for (offset, source) in sources.enumerated() {
      let carry = Array(inputs[firstCarry + offset], body.program.inputs[firstCarry + offset].type)
      if source.start == carry.start { continue }
      guard let mask else {
        copy(source, to: carry)
        continue
      }
      for component in 0..<carry.count {
        let row = carry.start + component * width
        blend(
          row, columns, Source(start: mask, isUniform: false),
          Source(
            start: source.start + component * (source.isShared ? 1 : width), isUniform: source.isShared),
          Source(start: row, isUniform: false))
      }
    }
  }
}
