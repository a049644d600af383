import Programs

extension ForwardMode {
  /// A region with tangents: its own inputs, then the tangents of those that vary, each direction after the other.
  private struct Region {
    let body: Program
    let varies: [Bool]
    let mode: ForwardMode

    /// The inputs of one kind, and after them their tangents.
    func inputs(_ range: Range<Int>) -> [Program.Input] {
      range.map { body.inputs[$0] }
        + range.filter { varies[$0] }.flatMap { input in
          (0..<mode.directions).map {
            Program.Input(body.inputs[input].name + ".tangent\($0)", body.inputs[input].type)
          }
        }
    }

    /// The operands for `inputs`: zeros where a tangent starts as zero by construction.
    func operands(_ range: Range<Int>, _ x: [Staged], _ dx: [Tangents]) -> [Staged] {
      range.map { x[$0] }
        + range.filter { varies[$0] }.flatMap { input in
          dx[input] ?? Array(repeating: .zero(like: x[input]), count: mode.directions)
        }
    }

    /// Sorts inputs given in the order of `inputs`, range after range, into values and tangents.
    func sorted(_ staged: [Staged], _ ranges: [Range<Int>]) -> (values: [Staged], tangents: [Tangents]) {
      var rest = staged[...]
      var values: [Staged] = []
      var tangents: [Tangents] = []
      for range in ranges {
        values += range.map { _ in rest.removeFirst() }
        tangents += range.map { input in
          varies[input] ? (0..<mode.directions).map { _ in rest.removeFirst() } : nil
        }
      }
      return (values, tangents)
    }

    /// Outputs of the body with the tangents of those in `moving`.
    func results(_ range: Range<Int>, moving: [Int], _ pushed: (values: [Staged], tangents: [Tangents])) -> [Staged] {
      range.map { pushed.values[body.outputs[$0].value.number] }
        + moving.flatMap { output in
          let value = body.outputs[output].value.number
          return pushed.tangents[value]
            ?? Array(repeating: .zero(like: pushed.values[value]), count: mode.directions)
        }
    }

    /// Splits a loop's results, values and then the tangents of those in `moving`, range after range.
    func split(_ results: [Staged], _ parts: [(range: Range<Int>, moving: [Int])]) -> ([Staged], [Tangents]) {
      var rest = results[...]
      var values: [Staged] = []
      var tangents: [Tangents] = []
      for (range, moving) in parts {
        values += range.map { _ in rest.removeFirst() }
        tangents += range.map { output in
          moving.contains(output) ? (0..<mode.directions).map { _ in rest.removeFirst() } : nil
        }
      }
      return (values, tangents)
    }
  }

  func pushWhile(_ loop: WhileLoop, _ x: [Staged], _ dx: [Tangents]) throws -> ([Staged], [Tangents]) {
    let region = Region(body: loop.body, varies: loop.varyingInputs(dx.map { $0 != nil }), mode: self)
    let ranges = [0..<loop.captureCount, loop.captureCount..<x.count]
    let inputs = ranges.flatMap(region.inputs)
    let marks = loop.body.varyingOutputs(region.varies)
    let carries = 0..<loop.carryCount
    let movingCarries = carries.filter { region.varies[loop.captureCount + $0] }
    let rows = loop.carryCount..<loop.body.outputs.count
    let movingRows = rows.filter { marks[$0] }
    let body = try named(loop.body, inputs) { staged in
      let (values, tangents) = region.sorted(staged, ranges)
      let pushed = try push(loop.body, values, tangents)
      return region.results(carries, moving: movingCarries, pushed) + region.results(rows, moving: movingRows, pushed)
    }
    let condition = try named(loop.condition, inputs) { staged in
      let values = loop.condition.replayed(region.sorted(staged, ranges).values)
      return [values[loop.condition.outputs[0].value.number]]
    }
    let captures = region.operands(ranges[0], x, dx)
    var results = Staged.applyAll(
      .whileLoop(
        WhileLoop(
          condition: condition, body: body, captureCount: captures.count, capacity: loop.capacity, stride: loop.stride)),
      captures + region.operands(ranges[1], x, dx))
    let turns = loop.capacity == nil ? [] : [results.removeLast()]
    let (values, tangents) = region.split(results, [(carries, movingCarries), (rows, movingRows)])
    return (values + turns, tangents + turns.map { _ in nil })
  }

  func pushScan(_ scan: Scan, _ x: [Staged], _ dx: [Tangents]) throws -> ([Staged], [Tangents]) {
    let region = Region(body: scan.body, varies: scan.varyingInputs(dx.map { $0 != nil }), mode: self)
    let plain = scan.captureCount + scan.carryCount
    let ranges = [0..<scan.captureCount, scan.captureCount..<plain, plain..<scan.body.inputs.count]
    let marks = scan.body.varyingOutputs(region.varies)
    let carries = 0..<scan.carryCount
    let movingCarries = carries.filter { region.varies[scan.captureCount + $0] }
    let rows = scan.carryCount..<scan.body.outputs.count
    let movingRows = rows.filter { marks[$0] }
    let body = try named(scan.body, ranges.flatMap(region.inputs)) { staged in
      let (values, tangents) = region.sorted(staged, ranges)
      let pushed = try push(scan.body, values, tangents)
      return region.results(carries, moving: movingCarries, pushed) + region.results(rows, moving: movingRows, pushed)
    }
    var copy = scan
    copy.body = body
    copy.captureCount = region.inputs(ranges[0]).count
    copy.carryCount = region.inputs(ranges[1]).count
    let operands = ranges.flatMap { region.operands($0, x, dx) }
    let results = Staged.applyAll(.scan(copy), operands + (scan.isCounted ? [x[x.count - 1]] : []))
    return region.split(results, [(carries, movingCarries), (rows, movingRows)])
  }

  func pushCall(_ callee: Program, _ x: [Staged], _ dx: [Tangents]) throws -> ([Staged], [Tangents]) {
    if let rule = try callee.tangentRule() { return push(callee, by: rule, x, dx) }
    let region = Region(body: callee, varies: dx.map { $0 != nil }, mode: self)
    let marks = callee.varyingOutputs(region.varies)
    let (all, outputs) = (0..<callee.inputs.count, 0..<callee.outputs.count)
    let moving = outputs.filter { marks[$0] }
    let body = try named(callee, region.inputs(all)) { staged in
      let (values, tangents) = region.sorted(staged, [all])
      return region.results(outputs, moving: moving, try push(callee, values, tangents))
    }
    return region.split(Staged.applyAll(.call(body), region.operands(all, x, dx)), [(outputs, moving)])
  }

  private func named(_ region: Program, _ inputs: [Program.Input], _ body: ([Staged]) throws -> [Staged]) throws
    -> Program
  {
    try Program.trace(region.name + ".forward", inputs: inputs) { staged in
      try body(staged).enumerated().map { ("result\($0.offset)", $0.element) }
    }.repeating(as: region)
  }
}
