import Programs

extension RandomProgram {
  /// Carries are averaged with what a turn computes, so that errors die out and values stay in range.
  private func damped(_ before: Staged, _ after: Staged) -> Staged { 0.5 * before + 0.5 * after }

  /// Operations of a region, of values here and its own.
  private mutating func region(_ count: Int, own: [Item]) -> RandomProgram {
    var inner = self
    inner.depth -= 1
    // Its own values often, outer ones sometimes: those are captured.
    inner.reals = Array(reals.suffix(6)) + reals.prefix(2) + own + own
    inner.reals += reals.filter { $0.value.shape.rank == 2 }.prefix(1)
    inner.booleans = []
    inner.sums = []
    inner.add(count)
    generator = inner.generator
    return inner
  }

  mutating func addWhile() {
    guard depth > 0 else { return }
    // A carry that is shared, or an array, or that only its start makes different for members.
    let carries = [pick(), pick { $0.value.shape.isScalar }]
    let limit = floor(abs(pickExactScalar().value))
    var next: RandomProgram?
    let results = whileLoop("random", [0] + carries.map(\.value)) { values in
      values[0] .< limit
    } body: { values in
      let start = self
      var copy = start
      let own = [Item(value: values[0], fineness: 0)] + values.dropFirst().map { Item(value: $0, fineness: nil) }
      let inner = copy.region(5, own: own)
      // A body may be traced twice, and must be the same each time.
      next = copy
      let updates = values.dropFirst().map { value in
        let latest = inner.reals.last { $0.value.shape == value.shape || $0.value.shape.isScalar }
        return damped(value, latest!.value)
      }
      return [values[0] + 1] + updates
    }
    if let next { generator = next.generator }
    append(results[0], 0)
    for result in results.dropFirst() { append(result) }
  }

  mutating func addScan() {
    guard depth > 0 else { return }
    let table = pick { !$0.value.shape.isScalar && 1...12 ~= $0.value.shape.dimensions[0] }
    let carry = pick { $0.value.shape.isScalar }
    var next: RandomProgram?
    let results = scan("random", length: table.value.shape.dimensions[0], [carry.value], over: [table.value]) {
      values, entries in
      let start = self
      var copy = start
      let inner = copy.region(
        4, own: [Item(value: values[0], fineness: nil), Item(value: entries[0], fineness: table.fineness)])
      next = copy
      let latest = inner.reals.last { $0.value.shape.isScalar }!
      return ([damped(values[0], latest.value)], [inner.reals.last!.value])
    }
    if let next { generator = next.generator }
    append(results.carry[0])
    if results.rows[0].shape.count <= 128 { append(results.rows[0]) }
  }

  mutating func addCall() {
    guard depth > 0 else { return }
    let (a, b) = (pick(), pick())
    let fineness = joined([a, b])
    var next: RandomProgram?
    let start = self
    let function = StagedFunction("random") { arguments in
      var copy = start
      let inner = copy.region(5, own: arguments.map { Item(value: $0, fineness: fineness) })
      next = copy
      return inner.reals.suffix(2).map(\.value)
    }
    for value in function([a.value, b.value]) { append(value) }
    if let next { generator = next.generator }
    // The same function again, with its arguments exchanged where that is possible.
    append(function(a.value.type == b.value.type ? [b.value, a.value] : [a.value, b.value])[0])
  }

  mutating func addTabulation() {
    guard depth > 0 else { return }
    let times = Staged([-3, -1, 0, 0.5, 0.5, 1.25, 3.5])
    let components = 2
    let coefficients = (0..<3).map { _ in
      Staged.stack((0..<components).map { _ in pick { $0.value.shape.isScalar }.value })
    }
    let series = pick { $0.value.shape.isScalar }.value.broadcast(to: [components, times.shape.count])
    // Two steps of a solver, the second where the first ended.
    let (first, second) = (pickExactScalar().value, pickExactScalar().value)
    var result = (series: series, cursor: Staged(0))
    for until in [min(first, second), max(first, second)] {
      result = tabulate(
        series: result.series, cursor: result.cursor, times: times, until: until, origin: 0, scale: 0.25,
        coefficients: .stack(coefficients))
    }
    append(result.series * 0.25)
    append(result.cursor * 0.5, 1)
  }

  mutating func addMoments() {
    guard depth > 0 else { return }
    let times = Staged([-3, -1, 0, 0.5, 0.5, 1.25, 3.5])
    let series = Staged.stack(
      (0..<2).map { _ in
        pick { $0.value.shape.isScalar }.value * Staged((0..<7).map { Double($0 - 3) / 8 })
      })
    append(
      moments(
        degree: 2, series: series, cursor: floor(abs(pickExactScalar().value)), times: times,
        until: pickExactScalar().value, origin: 0, scale: 0.25) * 0.25)
  }
}
