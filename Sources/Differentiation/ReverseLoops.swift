import Programs

extension ReverseMode {
  /// Walks a loop back: a backward scan over its tape, whose body is the reverse of the loop's body.
  ///
  /// The scan carries the cotangents of the loop's carry, and adds up those of what the loop captured.
  mutating func pullLoop(_ position: Int, _ cotangents: [Staged?], live: [LiveComponents], _ reach: Reach) throws {
    guard let tape = tapes[position] else { return }
    let loop = tape.loop
    let walk = try LoopWalk(tape, cotangents, live: live, reach, tapeSize)
    let results = walk.apply(to: tape, cotangents)
    let operands = program.instructions[position].operands
    for (carry, result) in zip(walk.carries, results) { add(result, to: operands[loop.captureCount + carry], reach) }
    var next = walk.carries.count
    for capture in walk.captures {
      add(results[next], to: operands[capture], reach)
      next += 1
    }
    if walk.region.isTaped {
      noteOverflow(results[next])
      next += 1
    }
    for (entry, result) in zip(walk.scanned, results[next...]) { add(result, to: operands[entry], reach) }
  }
}

/// The backward scan that walks one loop back.
struct LoopWalk {
  let loop: TapedLoop
  private let extent: Extent
  /// The reverse of one turn.
  let region: ReverseRegion
  /// Carries whose cotangents the scan carries.
  let carries: [Int]
  /// Captured operands whose cotangents are added up.
  let captures: [Int]
  /// Scanned operands, by their position, whose entries have cotangents.
  let scanned: [Int]
  /// Rows of the loop whose cotangents are given.
  private let rows: [Int]
  /// Carries in place whose cotangents are given, and captured.
  private let series: [Int]
  /// What is read from the tape besides the carry: values of the loop's body, and their numbers in the region.
  let cut: [(kept: Value, number: Value)]

  private var scannedInputs: Range<Int> { loop.scanned }
  private var carryInputs: Range<Int> { loop.carries }

  init(
    _ tape: LoopTape, _ cotangents: [Staged?], live: [LiveComponents], _ reach: ReverseMode.Reach, _ size: TapeSize
  ) throws {
    let loop = tape.loop
    let live = loop.body.liveTurn(live, carries: loop.carries).outputs
    self.loop = loop
    extent = reach == .once ? .shared : .member
    let given = cotangents.indices.filter { cotangents[$0] != nil }
    rows = given.filter { loop.carryCount..<loop.carryCount + loop.rowCount ~= $0 }
    series = given.filter { loop.series.contains($0) }
    // Cotangents spread from carry to carry, turn after turn, until no more are reached.
    var active = Set(given.filter { $0 < loop.carryCount && !loop.series.contains($0) })
    let exposing = loop.kept.filter { $0.number >= loop.body.inputs.count }
    var region: ReverseRegion
    while true {
      region = try ReverseRegion(
        loop.body, varying: loop.varies, seeds: active.sorted() + series + rows, live: live, reach,
        tape: size, exposing: exposing)
      let first = loop.captureCount
      let more = region.reached.filter { first..<first + loop.carryCount ~= $0 }.map { $0 - first }
      if active.isSuperset(of: more) { break }
      active.formUnion(more)
    }
    self.region = region
    carries = active.sorted()
    captures = region.reached.filter { $0 < loop.captureCount }
    scanned = region.reached.filter { $0 >= loop.captureCount + loop.carryCount }
    let chosen = TapeCut(region, carries: loop.carries)
      .chosen(of: Set(region.exposed.values))
    var taken: Set<Value> = []
    cut = exposing.compactMap { kept in
      guard let number = region.exposed[kept], chosen.contains(number), taken.insert(number).inserted else {
        return nil
      }
      return (kept, number)
    }
  }

  /// Records the walk.
  /// - Returns: the cotangents of `carries`, of `captures`, the overflow if the region has one, those of `scanned`.
  func apply(to tape: LoopTape, _ cotangents: [Staged?]) -> [Staged] {
    let types = loop.body.inputs.map(\.type.shape)
    var carried = carries.map { cotangents[$0] ?? Staged.zero(types[loop.captureCount + $0]) }
    carried += captures.map { Staged.zero(types[$0]) }
    if region.isTaped { carried.append(Staged(false)) }
    let captured = Array(tape.operands[loop.captures]) + series.compactMap { cotangents[$0] }
    do {
      let turn = try turn
      if loop.size.segments > 1 { return try applySegments(of: turn, to: tape, captured, carried) }
      return back(
        turn, captured, carried, cut: cut.compactMap { tape.rows[$0.kept] },
        starts: keptCarries.compactMap { tape.rows[Value($0)] },
        entries: scannedInputs.map { tape.operands[$0] } + rows.compactMap { cotangents[$0] }, count: tape.count)
    } catch {
      preconditionFailure("the reverse of \(loop.body.name) breaks the grammar: \(error)")
    }
  }

  /// Records the scan over one tape.
  /// - Parameters:
  ///   - turn: one turn back.
  ///   - captured: what the loop captured, then the cotangents of `series`.
  ///   - carried: the cotangents of `carries`, those of `captures` so far, and the overflow if the region has one.
  ///   - cut: a row a turn of each kept value.
  ///   - starts: a row a turn of each carry at the start of the turn.
  ///   - entries: what the loop scanned, then the cotangents of `rows`.
  ///   - count: how many of the turns a member took; nil for all.
  func back(
    _ turn: Program, _ captured: [Staged], _ carried: [Staged], cut: [Staged], starts: [Staged], entries: [Staged] = [],
    count: Staged?
  ) -> [Staged] {
    let scan = Scan(
      body: turn, length: loop.size.turns, captureCount: captured.count, carryCount: carried.count,
      isBackward: !loop.isBackward, isCounted: count != nil)
    return Staged.applyAll(.scan(scan), captured + carried + cut + starts + entries + (count.map { [$0] } ?? []))
  }

  /// Carries that the tape has; those in place are not read.
  var keptCarries: [Int] { carryInputs.filter { !loop.series.contains($0 - loop.captureCount) } }

  /// One turn back: the region, with its inputs read from the captures, the tape and the carry.
  private var turn: Program {
    get throws {
      let (inputs, outputs) = (loop.body.inputs, loop.body.outputTypes)
      let types = region.program.types
      func cotangent(_ name: String, _ shape: Shape) -> Program.Input { .init(name, ValueType(.real, shape, extent)) }
      var all = inputs.prefix(loop.captureCount) + series.map { cotangent("series\($0)", outputs[$0].shape) }
      all += carries.map { cotangent("cotangent\($0)", outputs[$0].shape) }
      all += captures.map { cotangent("total\($0)", inputs[$0].type.shape) }
      if region.isTaped { all.append(.init("overflow", ValueType(.boolean, .scalar, extent))) }
      all += cut.map { .init("kept\($0.kept.number)", types[$0.number.number]) }
      all += keptCarries.map { inputs[$0] }
      all += scannedInputs.map { inputs[$0] }
      all += rows.map { cotangent("row\($0)", outputs[$0].shape) }
      return try Program.trace(loop.body.name + ".back", inputs: Array(all)) { staged in
        var rest = staged[...]
        func take(_ count: Int) -> [Staged] {
          defer { rest = rest.dropFirst(count) }
          return Array(rest.prefix(count))
        }
        let (captured, seriesSeeds, carrySeeds) = (take(loop.captureCount), take(series.count), take(carries.count))
        let (totals, overflow) = (take(captures.count), take(region.isTaped ? 1 : 0))
        let (kept, start) = (take(cut.count), take(keptCarries.count))
        let (entries, rowSeeds) = (take(scannedInputs.count), take(rows.count))
        let started = Dictionary(uniqueKeysWithValues: zip(keptCarries, start))
        let own = captured + carryInputs.map { started[$0] ?? .zero(inputs[$0].type.shape) } + entries
        let values = region.program.replayed(
          own + carrySeeds + seriesSeeds + rowSeeds,
          replacing: Dictionary(uniqueKeysWithValues: zip(cut.map(\.number), kept)))
        let found = Dictionary(
          uniqueKeysWithValues: zip(region.reached, region.program.outputs.map { values[$0.value.number] }))
        var next = carries.map { found[loop.captureCount + $0] ?? Staged.zero(outputs[$0].shape) }
        next += zip(captures, totals).map { sum(found[$0], $1)! }
        next += overflow.map { $0 .| values[region.program.outputs[region.reached.count].value.number] }
        next += scanned.compactMap { found[$0] }
        return next.enumerated().map { ("next\($0.offset)", $0.element) }
      }.simplified().narrowed().asRepetition
    }
  }
}
