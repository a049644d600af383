import Programs

extension BlockRenderer {
  /// A loop over all lanes of the tile while any is active; what a finished lane holds is kept by `SEL`.
  func renderWhile(_ loop: WhileLoop, _ operands: [Held], at position: Int) -> [Held] {
    let captures = operands[loop.captures].map(whole)
    let carryTypes = loop.body.inputs[loop.carries].map(\.type)
    let isMasked = loop.condition.outputTypes[0].extent == .member
    let first = firstResult(of: position)
    let initial = Array(operands[loop.carries])
    /// The cursor of each series whose unreached entries can wait until the loop has ended.
    let cursors = initial.indices.map { offset in initial[offset].isUniform ? loop.seriesCursor(offset) : nil }
    let carry = carryTypes.enumerated().map { offset, type in
      if loop.isSeries(offset) {
        return seriesStorage(
          initial[offset], type, root: first + offset, target: seriesTargets[Value(first + offset)],
          isOpen: cursors[offset] != nil)
      }
      return carryStorage(initial[offset], type, root: first + offset)
    }
    let outerMask = renderer.activeMask
    let mask = renderer.name("m", ValueType(.boolean, .scalar, .member))
    if isMasked { renderer.write("M \(mask) = \(outerMask ?? "ALL");") }
    let tape = loop.capacity.map { openTape(loop, capacity: $0, at: position) }
    renderer.open("for (;;)")
    let condition = BlockRenderer(renderer, loop.condition, inputs: captures + carry)
    condition.render()
    let test = condition.outputs[0]
    if isMasked {
      renderer.write("\(mask) = AND(\(mask), \(renderer.widened(test.component(0), test.type, to: .member)));")
      renderer.write("if (!(\(renderer.joined("ANY(\(mask))", by: " || ")))) break;")
      // Inside another loop over lanes, or in a function of its own, a turn is not one of the kernel.
      if outerMask == nil { renderer.write("turns++;") }
    } else {
      renderer.write("if (!\(test.component(0))) break;")
    }
    renderTurn(loop, captures, carry, mask: isMasked ? mask : nil, tape: tape)
    condition.release()
    renderer.close()
    renderer.activeMask = outerMask
    for (offset, cursor) in cursors.enumerated() {
      if let cursor { close(carry[offset], initial: initial[offset], from: initial[cursor], to: carry[cursor]) }
    }
    let last = carry.enumerated().map { offset, value in
      value.isSeries && seriesTargets[Value(first + offset)] == nil
        ? components(ofSeries: value, root: first + offset) : value
    }
    return last + (tape?.results ?? [])
  }

  /// One turn of a loop, for the lanes under the mask.
  func renderTurn(_ loop: WhileLoop, _ captures: [Held], _ carry: [Held], mask: String?, tape: RenderedTape?) {
    let outerMask = renderer.activeMask
    renderer.activeMask = mask ?? outerMask
    let blends = mask == nil ? [:] : loop.body.blends(firstCarry: loop.captureCount, count: loop.carryCount)
    let body = BlockRenderer(
      renderer, loop.body, inputs: captures + carry, blends: Set(blends.values.map(\.position)),
      sinks: loop.body.sinks(loop.carryCount, blends))
    body.render()
    if let tape { record(body, tape, mask: mask) }
    let next = loop.body.outputs.prefix(loop.carryCount).map(\.value)
    assign(body, next, to: carry, firstCarry: loop.captureCount, mask: mask, blends: blends)
    body.release()
    renderer.activeMask = outerMask
  }

  /// A C loop over the entries, its rows in memory.
  func renderScan(_ scan: Scan, _ operands: [Held], _ results: [ValueType], at position: Int) -> [Held] {
    let first = firstResult(of: position)
    let captures = operands[scan.captures].map(whole)
    let carry = (0..<scan.carryCount).map { offset in
      carryStorage(operands[scan.captureCount + offset], results[offset], root: first + offset)
    }
    let scanned = operands.prefix(scan.body.inputs.count).dropFirst(scan.captureCount + scan.carryCount)
      .map { ($0, inMemory($0, $0.type)) }
    let rows = (0..<scan.rowCount).map {
      allocate(results[scan.carryCount + $0], at: position, result: scan.carryCount + $0)
    }
    let turn = renderer.name("s")
    let outerMask = renderer.activeMask
    let mask = openTurns(scan, count: scan.isCounted ? operands.last : nil, turn)
    renderer.activeMask = mask ?? outerMask
    let entries = scanned.map { value, pointer in
      let type = ValueType(value.type.kind, value.type.shape.element, value.type.extent)
      return loaded("(\(pointer) + \(turn) * \(type.shape.count))", type)
    }
    let blends = mask == nil ? [:] : scan.body.blends(firstCarry: scan.captureCount, count: scan.carryCount)
    let body = BlockRenderer(
      renderer, scan.body, inputs: captures + carry + entries, blends: Set(blends.values.map(\.position)),
      sinks: scan.body.sinks(scan.carryCount, blends))
    body.render()
    let outputs = scan.body.outputs.map(\.value)
    for (offset, pointer) in rows.enumerated() {
      let type = results[scan.carryCount + offset]
      let row = ValueType(type.kind, type.shape.element, type.extent)
      body.copy(
        body[outputs[scan.carryCount + offset]], from: 0, count: row.shape.count,
        to: "(\(pointer) + \(turn) * \(row.shape.count))", at: 0, row)
    }
    assign(
      body, Array(outputs.prefix(scan.carryCount)), to: carry, firstCarry: scan.captureCount, mask: mask, blends: blends
    )
    body.release()
    renderer.close()
    renderer.activeMask = outerMask
    return carry
      + rows.enumerated().map { offset, pointer in
        let type = results[scan.carryCount + offset]
        return type.shape.count > Renderer.unrollLimit
          ? Held(type: type, form: .memory(pointer)) : loaded(pointer, type)
      }
  }

  /// Variables or memory for one carry, set to its initial value.
  private func carryStorage(_ initial: Held, _ type: ValueType, root: Int) -> Held {
    if type.shape.count > Renderer.unrollLimit {
      let pointer = allocate(type, root: root)
      copy(initial, from: 0, count: type.shape.count, to: pointer, at: 0, type)
      return Held(type: type, form: .memory(pointer))
    }
    let texts = (0..<type.shape.count).map { component in
      let name = renderer.name("x", type)
      let text = renderer.widened(initial.component(component), initial.type, to: type.extent)
      renderer.write("\(type.cType) \(name) = \(text);")
      return name
    }
    return Held(type: type, form: .components(texts))
  }

  /// Writes the next carry over the last one, on active lanes only.
  ///
  /// A next value `select(p, x, carry)` needs one blend under both masks, not two.
  private func assign(
    _ body: BlockRenderer, _ next: [Value], to carry: [Held], firstCarry: Int, mask: String?, blends: [Int: Blend] = [:]
  ) {
    var assignments: [(storage: Held, value: Held, condition: String?)] = []
    var sinks: [Value: (storage: Held, condition: String?)] = [:]
    let open = Set(body.runsForSinks.flatMap(\.sinks))
    for (offset, storage) in carry.enumerated() {
      let input = Value(firstCarry + offset)
      if next[offset] == input || storage.isSeries { continue }
      var (value, condition) = (next[offset], mask)
      if let mask, let blend = blends[offset] {
        var test = body[blend.condition]
        if carry.contains(where: { body.reads(test, $0) }) { test = body.snapshot(test) }
        let accepted = renderer.widened(test.component(0), test.type, to: .member)
        (value, condition) = (blend.value, "AND(\(mask), \(accepted))")
      }
      if open.contains(value) {
        sinks[value] = (storage, condition)
        continue
      }
      var place = body[value]
      // A next value that is another carry, or another place of this one, must be read before anything is written.
      if carry.contains(where: { body.reads(place, $0) }) { place = body.snapshot(place) }
      assignments.append((storage, place, condition))
    }
    for sunk in body.writeRuns(into: sinks) { assignments.append(sunk) }
    for (storage, value, condition) in assignments {
      if case .memory(let pointer) = storage.form {
        renderer.loop(over: 0..<storage.count, reading: [value]) { segment in
          let new = value.component(counted: "i", in: segment)
          renderer.write("\(pointer)[i] = \(blended(new, value.type, "\(pointer)[i]", storage.type, condition));")
        }
      } else {
        for component in 0..<storage.count {
          let old = storage.component(component)
          renderer.write(
            "\(old) = \(blended(value.component(component), value.type, old, storage.type, condition));")
        }
      }
    }
  }

  /// The text of a new value where a condition holds, else of the old one.
  private func blended(
    _ new: String, _ newType: ValueType, _ old: String, _ type: ValueType, _ condition: String?
  ) -> String {
    let new = renderer.widened(new, newType, to: type.extent)
    guard let condition else { return new }
    return type.kind == .real
      ? "SEL(\(condition), \(new), \(old))" : "OR(AND(\(condition), \(new)), AND(NOT(\(condition)), \(old)))"
  }

  /// Writes the runs that are left for next carries, each carry over the last one where nothing reads that any more: a run
  /// that reads a carry comes before the one that writes it, and reads no other component of what it writes itself.
  /// - Returns: what is still to be assigned, from memory of its own.
  private func writeRuns(
    into sinks: [Value: (storage: Held, condition: String?)]
  ) -> [(storage: Held, value: Held, condition: String?)] {
    var rest = runsForSinks
    func isRead(_ storage: Held, by run: (length: Int, sinks: [Value], reads: [Held])) -> Bool {
      run.reads.contains { reads($0, storage) }
    }
    func isAligned(_ run: (length: Int, sinks: [Value], reads: [Held])) -> Bool {
      run.sinks.compactMap { sinks[$0]?.storage }.allSatisfy { storage in
        run.reads.allSatisfy { $0.isInPlace(of: storage) || !reads($0, storage) }
      }
    }
    while let index = rest.indices.first(where: { index in
      isAligned(rest[index])
        && rest[index].sinks.compactMap { sinks[$0]?.storage }.allSatisfy { storage in
          rest.indices.allSatisfy { $0 == index || !isRead(storage, by: rest[$0]) }
        }
    }) {
      let run = rest.remove(at: index)
      var writers: [Value: (String, ValueType) -> Void] = [:]
      for value in run.sinks {
        guard let (storage, condition) = sinks[value], case .memory(let pointer) = storage.form else { continue }
        writers[value] = { [renderer] text, type in
          renderer.write("\(pointer)[i] = \(self.blended(text, type, "\(pointer)[i]", storage.type, condition));")
        }
      }
      flush(run.length, into: writers)
    }
    for run in rest { flush(run.length) }
    return rest.flatMap(\.sinks).compactMap { value in
      sinks[value].map { ($0.storage, self[value], $0.condition) }
    }
  }

  /// Whether a value's text reads the variables or memory of a carry.
  fileprivate func reads(_ value: Held, _ carry: Held) -> Bool {
    switch (value.form, carry.form) {
    case (.components(let texts), .components(let names)): return !Set(texts).isDisjoint(with: names)
    case (.uniform(let text), .components(let names)): return names.contains { text.contains($0) }
    case (.memory(let text), .memory(let pointer)): return text.contains(pointer)
    case (.components(let texts), .memory(let pointer)): return texts.contains { $0.contains(pointer) }
    case (.pieces(let pieces), _): return pieces.contains { reads($0, carry) }
    case (.mapped(let source, let text), _):
      return reads(source, carry) || reads(Held(type: value.type, form: .uniform(text)), carry)
    case (.uniform, _), (.memory, .components), (.series, _), (_, .uniform), (_, .pieces), (_, .mapped), (_, .series):
      return false
    }
  }

  /// A copy of a value in fresh variables or memory.
  fileprivate func snapshot(_ value: Held) -> Held {
    switch value.form {
    case .components(let texts):
      return Held(
        type: value.type, form: .components(texts.map { renderer.declare("v", element(value.type), $0) }))
    case .uniform(let text):
      return Held(type: value.type, form: .uniform(renderer.declare("v", element(value.type), text)))
    case .memory, .pieces, .mapped:
      let target = allocate(value.type)
      copy(value, from: 0, count: value.count, to: target, at: 0, value.type)
      return Held(type: value.type, form: .memory(target))
    case .series: preconditionFailure("a series is read only when it is complete")
    }
  }

  func firstResult(of position: Int) -> Int { firstResults[position] }
}

/// A next carry `select(condition, value, carry)`, by the position of the select.
private struct Blend {
  var position: Int
  var condition: Value
  var value: Value
}

extension Held {
  /// Whether a component is read where a carry's same component is written.
  fileprivate func isInPlace(of storage: Held) -> Bool {
    switch (form, storage.form) {
    case (.memory(let text), .memory(let pointer)): return text == pointer
    case (.mapped(let source, _), _): return source.isInPlace(of: storage)
    case (.memory, _), (.components, _), (.uniform, _), (.pieces, _), (.series, _): return false
    }
  }
}

extension Program {
  /// Of a loop's body: the values that are nothing but the next value of a carry, or a blend's.
  fileprivate func sinks(_ count: Int, _ blends: [Int: Blend]) -> Set<Int> {
    var uses: [Value: Int] = [:]
    for value in instructions.flatMap(\.operands) + outputs.map(\.value) { uses[value, default: 0] += 1 }
    let next = outputs.prefix(count).enumerated().map { blends[$0.offset]?.value ?? $0.element.value }
    return Set(next.filter { uses[$0] == 1 }.map(\.number))
  }

  /// Of a loop's body: the carries whose next value is a select between a new value and the carry itself, used for nothing
  /// else: one blend under both masks does for them, and the select's own result need not exist.
  fileprivate func blends(firstCarry: Int, count: Int) -> [Int: Blend] {
    let (types, firsts) = (types, firstResults)
    var uses: [Value: Int] = [:]
    for value in instructions.flatMap(\.operands) + outputs.map(\.value) { uses[value, default: 0] += 1 }
    var found: [Int: Blend] = [:]
    for (offset, output) in outputs.prefix(count).enumerated() {
      guard uses[output.value] == 1, let position = firsts.firstIndex(of: output.value.number) else { continue }
      let instruction = instructions[position]
      guard instruction.operation == .select, instruction.operands[2] == Value(firstCarry + offset),
        types[instruction.operands[0].number].shape.isScalar
      else { continue }
      found[offset] = Blend(position: position, condition: instruction.operands[0], value: instruction.operands[1])
    }
    return found
  }
}
