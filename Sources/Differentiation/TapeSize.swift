import Programs

/// How many turns of a while loop reverse mode can walk back, and in how much memory.
///
/// With one segment the tape has a row for each turn. With more it keeps only the carry at the start of every segment, and
/// walking back takes the turns of one segment at a time again, onto a tape of `turns` rows: rows for turns + segments in
/// the place of turns × segments, for one more run of the loop. Which of the two is used, and how they are divided,
/// does not change the order in which anything is computed.
struct TapeSize: Hashable {
  /// Of one segment.
  var turns: Int
  var segments = 1

  /// Turns that can be walked back.
  var capacity: Int { turns * segments }
}

extension Program {
  /// How many numbers of a member all tapes here and in regions hold.
  package var tapeComponents: Int {
    instructions.reduce(0) { sum, instruction in
      var rows = 0..<0
      if case .whileLoop(let loop) = instruction.operation, loop.capacity != nil {
        rows = loop.carryCount..<loop.turnsResult
      } else if case .scan(let scan) = instruction.operation {
        rows = scan.carryCount..<scan.carryCount + scan.rowCount
      }
      return sum + instruction.results[rows].reduce(0) { $0 + $1.shape.count }
        + instruction.operation.regions.reduce(0) { $0 + $1.tapeComponents }
    }
  }
}
