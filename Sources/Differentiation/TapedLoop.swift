import Programs

/// A loop that is walked back: what while loops and scans have in common, and the loop with the rows that its derivative
/// may read.
struct TapedLoop: LoopOperation {
  let body: Program
  let captureCount: Int
  let carryCount: Int
  /// Rows that the loop had already.
  let rowCount: Int
  /// Which inputs of the body have a derivative that is passed back turn after turn.
  let varies: [Bool]
  /// Carries that only a tabulation a turn fills: their cotangent is the same in all turns, as each entry is written once
  /// and read nowhere, so it is captured.
  let series: [Int]
  /// The body's values that may be kept for each turn.
  let kept: [Value]
  /// Turns that can be walked back.
  let size: TapeSize
  let isBackward: Bool
  /// The loop with rows after those that it had: what is kept of each turn, or the carry at the start of each segment.
  let operation: Operation
  let rows: [Value]
  private let hadTurns: Bool

  /// - Parameters:
  ///   - operands: which operands vary.
  ///   - size: of the tape of a while loop that has none yet.
  /// - Returns: nil if the operation is not a loop.
  init?(_ operation: Operation, _ operands: [Bool], _ size: TapeSize) {
    switch operation.control {
    case .whileLoop(var loop):
      series = (0..<loop.carryCount).filter { loop.isSeries($0) && !operands[loop.captureCount + $0] }
      var varies = loop.varyingInputs(operands)
      for carry in series { varies[loop.captureCount + carry] = false }
      (self.varies, captureCount, carryCount, rowCount) = (varies, loop.captureCount, loop.carryCount, loop.rowCount)
      kept = loop.body.cheapToKeep(varies, carries: loop.carries, but: series)
      hadTurns = loop.capacity != nil
      let size = loop.capacity.map { TapeSize(turns: $0) } ?? size
      self.size = size
      isBackward = false
      body = loop.body
      rows = size.segments == 1 ? kept : kept.filter { $0.number < loop.body.inputs.count }
      loop.capacity = size.segments == 1 ? size.turns : size.segments
      loop.stride = size.segments == 1 ? 1 : size.turns
      loop.body.outputs += rows.map { Program.Output("kept\($0.number)", $0) }
      self.operation = .whileLoop(loop)
    case .scan(var scan):
      varies = scan.varyingInputs(operands)
      series = []
      (captureCount, carryCount, rowCount) = (scan.captureCount, scan.carryCount, scan.rowCount)
      kept = scan.body.cheapToKeep(varies, carries: scan.carries, but: [])
      hadTurns = false
      rows = kept
      self.size = TapeSize(turns: scan.length)
      isBackward = scan.isBackward
      body = scan.body
      scan.body.outputs += kept.map { Program.Output("kept\($0.number)", $0) }
      self.operation = .scan(scan)
    case .call, nil: return nil
    }
  }

  /// The results of the loop as it was, out of those of the loop with more rows.
  func untaped(_ results: [Staged]) -> [Staged] {
    Array(results.prefix(carryCount + rowCount)) + (hadTurns ? [results[results.count - 1]] : [])
  }
}

/// What a loop has left for its derivative.
struct LoopTape {
  let loop: TapedLoop
  let operands: [Staged]
  /// The kept values of the body, stacked over turns, or over segments.
  let rows: [Value: Staged]
  /// The number of turns that each member took; nil if all took all.
  let count: Staged?
  /// Whether a member took more turns than were kept.
  let overflow: Staged?

  init(_ loop: TapedLoop, _ results: [Staged], _ operands: [Staged]) {
    self.loop = loop
    self.operands = operands
    let first = loop.carryCount + loop.rowCount
    rows = Dictionary(uniqueKeysWithValues: zip(loop.rows, results[first...]))
    switch loop.operation.control {
    case .whileLoop:
      let turns = results[results.count - 1]
      (count, overflow) = (turns, turns .> Staged(Double(loop.size.capacity)))
    case .scan:
      (count, overflow) = (operands.count > loop.body.inputs.count ? operands[operands.count - 1] : nil, nil)
    case .call, nil: preconditionFailure("\(loop.operation.name) is not a loop")
    }
  }
}

extension Program {
  /// The values of a loop's body that may be worth keeping for each turn: the carry at its start, and what is small and has
  /// no derivative, such as the length of a step and whether it was accepted.
  fileprivate func cheapToKeep(_ inputs: [Bool], carries: Range<Int>, but series: [Int]) -> [Value] {
    let marks = varying(inputs)
    let types = types
    var kept = carries.filter { !series.contains($0 - carries.lowerBound) }.map { Value($0) }
    for (instruction, first) in zip(instructions, firstResults) {
      if case .constant = instruction.operation { continue }
      for result in first..<first + instruction.results.count where !marks[result] && types[result].shape.count <= 4 {
        kept.append(Value(result))
      }
    }
    return kept
  }
}
