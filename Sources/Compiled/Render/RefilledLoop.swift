import Programs

/// The one loop of a program whose lanes need not wait for each other: a lane whose member has ended takes the next.
///
/// Such a program is computed in three passes over the members. The first computes what comes before the loop, tile by
/// tile, and leaves each member's carry, and what else is needed later, in a pool. The second runs the loop: lanes load
/// members from the pool, and give them back when they have ended. The third computes what comes after the loop, tile by tile.
/// A member's arithmetic is that of a tile, so its bits are too, whichever lane it was in.
struct RefilledLoop {
  let position: Int
  let loop: WhileLoop
  let before: Set<Int>
  let after: Set<Int>
  /// Values known before the loop that differ by member and are needed in it or after it, but for its carry.
  let captures: [Value]
  let kept: [Value]

  /// Nil if the program has not one such loop, or carries large arrays through it: those would take longer to move than
  /// lanes wait.
  init?(_ program: Program, hoisted: Set<Int>, targets: Set<Value>) {
    let (types, firsts) = (program.types, program.firstResults)
    let own = program.instructions.indices.filter { !hoisted.contains($0) }
    let loops = own.filter {
      if case .whileLoop = program.instructions[$0].operation { true } else { false }
    }
    guard loops.count == 1, case .whileLoop(let loop) = program.instructions[loops[0]].operation,
      loop.capacity == nil, loop.condition.outputTypes[0].extent == .member,
      program.instructions[loops[0]].results.allSatisfy({ $0.extent == .member })
    else { return nil }
    (position, self.loop) = (loops[0], loop)
    let (position, operands) = (position, program.instructions[position].operands)
    before = Set(own.filter { $0 < position })
    after = Set(own.filter { $0 > position })
    let inputs = program.inputs.indices.filter { program.inputs[$0].type.extent == .member }.map { Value($0) }
    let made = before.flatMap { instruction in
      program.instructions[instruction].results.indices.map { Value(firsts[instruction] + $0) }
    }
    guard made.allSatisfy({ types[$0.number].extent == .member }) else { return nil }
    let known = Set(inputs + made)
    captures = Array(Set(operands[loop.captures]).intersection(known)).sorted { $0.number < $1.number }
    var series: [Int] = []
    for offset in 0..<loop.carryCount where loop.isSeries(offset) {
      guard targets.contains(Value(firsts[position] + offset)), !known.contains(operands[loop.captureCount + offset])
      else { return nil }
      series.append(offset)
    }
    // Inputs are read again, and the cursors of series are needed to close these.
    let needed =
      after.flatMap { program.instructions[$0].operands } + program.outputs.map(\.value)
      + series.compactMap { loop.seriesCursor($0) }.map { operands[loop.captureCount + $0] }
    kept = Array(Set(needed).intersection(made)).sorted { $0.number < $1.number }
    let moved =
      (captures + kept).map { types[$0.number] }
      + (0..<loop.carryCount).filter { !series.contains($0) }.map { loop.body.inputs[loop.captureCount + $0].type }
    guard moved.allSatisfy({ $0.shape.count <= Renderer.unrollLimit && $0.extent == .member }) else { return nil }
  }
}

/// The rows of the pool: a number a member each.
private struct Pool {
  /// Where the components of a value stand.
  private(set) var rows: [(name: String, kind: Kind)] = []

  /// Gives a value rows and, where lanes hold it, the names of variables.
  mutating func add(_ type: ValueType, _ renderer: Renderer) -> Held {
    let names = (0..<type.shape.count).map { _ in renderer.name("x", type) }
    rows += names.map { ($0, type.kind) }
    return Held(type: type, form: .components(names))
  }

  /// The text that reads or writes a row at the tile's members.
  static func place(_ row: Int, _ start: String) -> String { "pool + \(row) * pitch + \(start)" }

  static func number(_ text: String, _ kind: Kind) -> String { kind == .boolean ? "SEL(\(text), BC(1), BC(0))" : text }

  static func value(_ number: String, _ kind: Kind) -> String { kind == .boolean ? "NE(\(number), BC(0))" : number }
}

extension BlockRenderer {
  /// Writes the program but for what is hoisted, in three passes. Leaves the last open, after the instructions that follow
  /// the loop.
  ///
  /// - Parameter openTiles: opens a loop over tiles up to a member, and declares the inputs.
  func render(_ refilled: RefilledLoop, openTiles: (_ end: String) -> Void) {
    let (loop, first) = (refilled.loop, firstResult(of: refilled.position))
    let operands = program.instructions[refilled.position].operands
    let initial = Array(operands[loop.carries])
    let carryTypes = loop.body.inputs[loop.carries].map(\.type)
    let seriesOffsets = (0..<loop.carryCount).filter { loop.isSeries($0) }

    // Before the loop: everything that lanes will need goes into the pool.
    renderer.write("const long pitch = stride + W;")
    renderer.write("T *const pool = (T *)(memory + flowmap_workspace);")
    openTiles("members")
    render(where: refilled.before.contains)
    var pool = Pool()
    func keep(_ value: Held, _ type: ValueType) -> Held {
      let start = pool.rows.count
      for component in 0..<type.shape.count {
        let text = renderer.widened(value.component(component), value.type, to: .member)
        renderer.write("STORE(\(Pool.place(start + component, "m§")), \(Pool.number(text, type.kind)));")
      }
      return pool.add(type, renderer)
    }
    var carry: [Held?] = carryTypes.enumerated().map { offset, type in
      seriesOffsets.contains(offset) ? nil : keep(self[initial[offset]], type)
    }
    let results = pool.rows.count
    let captured = Dictionary(
      uniqueKeysWithValues: refilled.captures.map { ($0, keep(self[$0], self[$0].type.perMember)) })
    let inLanes = pool.rows.count
    let kept = refilled.kept.map { value in
      let start = pool.rows.count
      return (value: value, start: start, held: keep(self[value], self[value].type.perMember))
    }
    var closings: [(offset: Int, cursor: Int, series: Held)] = []
    for offset in seriesOffsets {
      let value = self[initial[offset]]
      let cursor = value.isUniform ? loop.seriesCursor(offset) : nil
      let series = seriesStorage(
        value, carryTypes[offset], root: first + offset, target: seriesTargets[Value(first + offset)],
        isOpen: cursor != nil)
      carry[offset] = series.refilled
      if let cursor { closings.append((offset, cursor, series)) }
    }
    renderer.close()
    renderer.poolRows = pool.rows.count

    let captures = operands[loop.captures].map { captured[$0] ?? whole(self[$0]) }
    renderRefilled(loop, captures, carry.map { $0! }, pool.rows.prefix(inLanes).map { $0 }, results: results)

    // After the loop: the tiles again, of the members that lanes took.
    openTiles("feed->end")
    func load(_ start: Int, _ type: ValueType) -> Held {
      let texts = (0..<type.shape.count).map { component in
        renderer.declare(
          "v", ValueType(type.kind, .scalar, .member),
          Pool.value("LOAD(\(Pool.place(start + component, "m§")))", type.kind))
      }
      return Held(type: type, form: .components(texts))
    }
    for entry in kept { hold(load(entry.start, entry.held.type), as: entry.value) }
    var row = 0
    for (offset, type) in carryTypes.enumerated() where !seriesOffsets.contains(offset) {
      hold(load(row, type), as: Value(first + offset))
      row += type.shape.count
    }
    for closing in closings {
      close(
        closing.series, initial: self[initial[closing.offset]], from: self[initial[closing.cursor]],
        to: self[Value(first + closing.cursor)])
    }
    render(where: refilled.after.contains)
  }

  /// The loop over lanes that take members from the pool until there are no more.
  ///
  /// Lanes are exchanged through memory, as few turns end a member: what all lanes hold is written down, changed one number at a
  /// time, and read again.
  private func renderRefilled(
    _ loop: WhileLoop, _ captures: [Held], _ carry: [Held], _ rows: [(name: String, kind: Kind)], results: Int
  ) {
    renderer.usesRefill = true
    renderer.open("")
    renderer.write("long next = W * \(renderer.vectorsPerTile);")
    renderer.write("const long granted = GRANTED(feed, next);")
    for (position, mark) in renderer.marks.enumerated() {
      renderer.write("const long m\(mark) = 0;")
      renderer.write("long at\(mark)[W]; T live\(mark)[W] __attribute__((aligned(64)));")
      renderer.write(
        "for (long l = 0; l < W; l++) { at\(mark)[l] = \(position) * W + l; live\(mark)[l] = at\(mark)[l] < granted; }")
      for (row, (name, kind)) in rows.enumerated() {
        let type = ValueType(kind, .scalar, .member)
        let text = Pool.value("LOAD(\(Pool.place(row, "\(position) * W")))", kind)
        renderer.write("\(type.cType) \(name.replacing("§", with: mark)) = \(text);")
      }
    }
    renderer.write("V held§[\(max(rows.count, 1))];")
    renderer.open("for (;;)")
    let condition = BlockRenderer(renderer, loop.condition, inputs: captures + carry)
    condition.render()
    let test = condition.outputs[0]
    renderer.write("const M alive§ = NE(LOAD(live§), BC(0));")
    renderer.write("const M active§ = AND(alive§, \(renderer.widened(test.component(0), test.type, to: .member)));")
    renderer.open("if (\(renderer.joined("ANY(AND(alive§, NOT(active§)))", by: " || ")))")
    for (row, (name, kind)) in rows.enumerated() { renderer.write("held§[\(row)] = \(Pool.number(name, kind));") }
    renderer.write(
      "next = REFILL(held§, \(results), \(rows.count), pool, pitch, at§, live§, active§, next, feed);")
    for (row, (name, kind)) in rows.enumerated() { renderer.write("\(name) = \(Pool.value("held§[\(row)]", kind));") }
    renderer.write("continue;")
    renderer.close()
    renderer.write("if (!(\(renderer.joined("ANY(active§)", by: " || ")))) break;")
    renderer.write("turns++;")
    renderTurn(loop, captures, carry, mask: "active§", tape: nil)
    condition.release()
    renderer.close()
    renderer.close()
  }
}

extension Held {
  /// A series whose lanes belong to the members `at§`.
  fileprivate var refilled: Held {
    guard case .series(let base, let stride, let isOpen, _) = form else { return self }
    return Held(type: type, form: .series(base: base, stride: stride, isOpen: isOpen, lanes: "at§"))
  }
}
