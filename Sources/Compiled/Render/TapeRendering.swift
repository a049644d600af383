import Programs

/// The tape of a while loop in the C text: rows in memory, one after the other, and the turns of each lane.
struct RenderedTape {
  var loop: WhileLoop
  var capacity: Int
  /// The present turn, which all lanes take together.
  var turn: String
  var turns: String
  var rows: [String]
  var types: [ValueType]

  /// The results of the loop after its carry.
  var results: [Held] {
    zip(rows, types).map { Held(type: $1, form: .memory($0)) }
      + [Held(type: types[rows.count], form: .components([turns]))]
  }
}

extension BlockRenderer {
  /// Declares the memory of a tape and its counters.
  func openTape(_ loop: WhileLoop, capacity: Int, at position: Int) -> RenderedTape {
    let types = Array(program.instructions[position].results.dropFirst(loop.carryCount))
    let rows = (0..<loop.rowCount).map { allocate(types[$0], at: position, result: loop.carryCount + $0) }
    let turn = renderer.name("n")
    renderer.write("long \(turn) = 0;")
    let count = types[loop.rowCount]
    let turns = renderer.name("x", count)
    renderer.write(
      "\(count.cType) \(turns) = \(renderer.widened("(T)0", ValueType(.real, .scalar, .shared), to: count.extent));")
    return RenderedTape(loop: loop, capacity: capacity, turn: turn, turns: turns, rows: rows, types: types)
  }

  /// Writes the rows of a turn, while there is room, and counts the turn for the lanes that take it.
  func record(_ body: BlockRenderer, _ tape: RenderedTape, mask: String?) {
    if !tape.rows.isEmpty {
      let stride = tape.loop.stride
      let row = stride == 1 ? tape.turn : "\(tape.turn) / \(stride)"
      renderer.open(
        "if (\(stride == 1 ? "" : "\(tape.turn) % \(stride) == 0 && ")\(tape.turn) < \(tape.capacity * stride))")
      for (offset, pointer) in tape.rows.enumerated() {
        let type = ValueType(tape.types[offset].kind, tape.types[offset].shape.element, tape.types[offset].extent)
        body.copy(
          body[tape.loop.body.outputs[tape.loop.carryCount + offset].value], from: 0, count: type.shape.count,
          to: "(\(pointer) + \(row) * \(type.shape.count))", at: 0, type)
      }
      renderer.close()
    }
    renderer.write("\(tape.turn)++;")
    let turns = tape.types[tape.rows.count].extent == .member ? "BC(\(tape.turn))" : "(T)\(tape.turn)"
    renderer.write("\(tape.turns) = \(mask.map { "SEL(\($0), \(turns), \(tape.turns))" } ?? turns);")
  }

  /// Opens the loop of a scan.
  /// - Returns: the lanes that take part in the turn, where not all do.
  func openTurns(_ scan: Scan, count: Held?, _ turn: String) -> String? {
    var last = "\(scan.length)"
    if let count {
      // The lane with the most entries decides; entries beyond the length were never kept.
      last = renderer.name("n")
      let text = count.component(0)
      let most =
        count.type.extent == .member
        ? renderer.marks.reduce("0") { "MOST(\(text.replacing("§", with: $1)), \($0))" } : "(long)\(text)"
      renderer.write("const long \(last) = LEAST(\(scan.length), \(most));")
    }
    renderer.open(
      scan.isBackward
        ? "for (long \(turn) = \(last) - 1; \(turn) >= 0; \(turn)--)"
        : "for (long \(turn) = 0; \(turn) < \(last); \(turn)++)")
    guard let count, count.type.extent == .member else { return nil }
    let taking = "LT(BC(\(turn)), \(count.component(0)))"
    let mask = renderer.activeMask.map { "AND(\($0), \(taking))" } ?? taking
    return renderer.declare("m", ValueType(.boolean, .scalar, .member), mask)
  }
}
