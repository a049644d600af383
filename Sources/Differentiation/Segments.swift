import Programs

extension LoopWalk {
  /// Records the walk over a tape that has only the carry at the start of each segment: a backward scan over segments, each
  /// of which takes its turns again, onto a tape of its own, and walks that back.
  ///
  /// Cotangents pass from segment to segment as from turn to turn, so they are added up in the order of a single tape.
  /// - Parameters: as for `back`.
  func applySegments(of turn: Program, to tape: LoopTape, _ captured: [Staged], _ carried: [Staged]) throws -> [Staged]
  {
    guard let turns = tape.count else { preconditionFailure("a tape in segments counts its turns") }
    let (size, again) = (loop.size, try again)
    let starts = keptCarries.compactMap { tape.rows[Value($0)] }
    let firsts = Staged((0..<size.segments).map { Double($0 * size.turns) })
    var inputs = Array(turn.inputs.prefix(captured.count + carried.count))
    inputs.insert(Program.Input("turns", turns.type), at: captured.count)
    inputs += keptCarries.map { loop.body.inputs[$0] } + [Program.Input("first", ValueType(.real, .scalar, .shared))]
    let body = try Program.trace(loop.body.name + ".segment", inputs: inputs) { staged in
      let (captured, turns) = (Array(staged.prefix(captured.count)), staged[captured.count])
      let carried = Array(staged.dropFirst(captured.count + 1).prefix(carried.count))
      let start = Array(staged.dropLast().suffix(keptCarries.count))
      let count = min(turns - staged[staged.count - 1], Staged(Double(size.turns)))
      let forward = Scan(
        body: again, length: size.turns, captureCount: loop.captureCount, carryCount: start.count, isCounted: true)
      let rows = Staged.applyAll(.scan(forward), captured.prefix(loop.captureCount) + start + [count])
        .dropFirst(start.count)
      let next = back(
        turn, captured, carried, cut: Array(rows.prefix(cut.count)), starts: Array(rows.dropFirst(cut.count)),
        count: count)
      return next.enumerated().map { ("next\($0.offset)", $0.element) }
    }.simplified()
    let scan = Scan(
      body: body, length: size.segments, captureCount: captured.count + 1, carryCount: carried.count, isBackward: true,
      isCounted: true)
    let segments = floor((turns + Staged(Double(size.turns - 1))) / Staged(Double(size.turns)))
    return Staged.applyAll(.scan(scan), captured + [turns] + carried + starts + [firsts, segments])
  }

  /// One turn of the loop once more: from the captures and the carry to the next carry, then the rows that walking back
  /// reads.
  private var again: Program {
    get throws {
      let captures = Array(loop.body.inputs.prefix(loop.captureCount))
      return try Program.trace(
        loop.body.name + ".again", inputs: captures + keptCarries.map { loop.body.inputs[$0] }
      ) { staged in
        let carry = Dictionary(uniqueKeysWithValues: zip(keptCarries, staged.dropFirst(captures.count)))
        let own = loop.body.inputs.enumerated().map { position, input in
          position < captures.count
            ? staged[position] : carry[position] ?? Staged([], shape: input.type.shape.withoutRows)
        }
        let values = loop.body.replayed(own) { position, operands in
          let instruction = loop.body.instructions[position]
          guard instruction.operation == .tabulate,
            loop.series.contains(instruction.operands[Tabulation.series].number - captures.count)
          else { return nil }
          // Nobody reads the table again: only how far it is filled.
          var narrow = operands
          narrow[Tabulation.coefficients] = Staged(
            [], shape: [operands[Tabulation.coefficients].shape.dimensions[0], 0])
          return Staged.applyAll(.tabulate, narrow)
        }
        let next = keptCarries.map { values[loop.body.outputs[$0 - captures.count].value.number] }
        let rows = cut.map { values[$0.kept.number] } + keptCarries.map { own[$0] }
        return (next + rows).enumerated().map { ("result\($0.offset)", $0.element) }
      }.simplified().asRepetition
    }
  }
}

extension Shape {
  /// A table `[n, S]` as `[0, S]`.
  fileprivate var withoutRows: Shape { [0, dimensions[1]] }
}
