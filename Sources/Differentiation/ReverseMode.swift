import Programs

/// Reverse mode over one program: the program recorded again, then its instructions walked from the last to the first,
/// each turning the cotangents of its results into cotangents of its operands.
///
/// Loops are recorded with the rows that walking them back may need; what is not read is pruned afterwards.
struct ReverseMode {
  let program: Program
  /// Which values have a derivative by the inputs that were asked for.
  let varies: [Bool]
  let tapeSize: TapeSize
  private(set) var values: [Staged] = []
  private(set) var tapes: [Int: LoopTape] = [:]
  /// Whether a tape was too short for the member; nil if there is no tape.
  private(set) var overflow: Staged?
  private var cotangents: [Reach: [Int: Cotangent]] = [.once: [:], .perMember: [:]]

  /// Whose contributions a cotangent holds: a shared value used by members has one part for each member, which are to be
  /// summed over members, and another part from what is computed once for all, which is not.
  enum Reach: CaseIterable {
    case once
    case perMember
  }

  init(_ program: Program, varying inputs: [Bool], tape: TapeSize, _ staged: [Staged]) throws {
    self.program = program
    tapeSize = tape
    varies = program.varying(inputs)
    let (marks, firsts) = (varies, program.firstResults)
    var tapes: [Int: LoopTape] = [:]
    values = try program.replayed(staged) { position, operands in
      let instruction = program.instructions[position]
      let flags = instruction.operands.map { marks[$0.number] }
      // A loop whose results have no derivative, such as a search for a root, is not walked back.
      guard instruction.results.indices.contains(where: { marks[firsts[position] + $0] }) else { return nil }
      if case .whileLoop(let loop) = instruction.operation, loop.stride > 1 {
        throw DifferentiationError.segments(program: program.name)
      }
      guard let loop = TapedLoop(instruction.operation, flags, tape) else { return nil }
      let results = Staged.applyAll(loop.operation, operands)
      tapes[position] = LoopTape(loop, results, operands)
      return loop.untaped(results)
    }
    self.tapes = tapes
    for tape in tapes.sorted(by: { $0.key < $1.key }) { noteOverflow(tape.value.overflow) }
  }

  mutating func noteOverflow(_ flag: Staged?) {
    guard let flag else { return }
    overflow = overflow.map { $0 .| flag } ?? flag
  }

  mutating func seed(_ output: Int, _ cotangent: Staged, _ reach: Reach) {
    add(cotangent, to: program.outputs[output].value, reach)
  }

  mutating func add(_ contribution: Staged?, to value: Value, _ reach: Reach) {
    guard let contribution, varies[value.number] else { return }
    cotangents[reach]![value.number, default: Cotangent()].add(contribution.narrowed(to: values[value.number].shape))
  }

  mutating func add(_ contribution: Staged, to value: Value, entries: Range<Int>, _ reach: Reach) {
    guard varies[value.number] else { return }
    cotangents[reach]![value.number, default: Cotangent()].add(contribution, to: entries)
  }

  /// What was added up for a value.
  func cotangent(of value: Value, _ reach: Reach) -> Staged? {
    cotangents[reach]![value.number]?.value(values[value.number].shape)
  }

  /// Walks all instructions back.
  mutating func run() throws {
    let firsts = program.firstResults
    for position in program.instructions.indices.reversed() {
      let instruction = program.instructions[position]
      for reach in Reach.allCases {
        let results = instruction.results.indices.map { cotangent(of: Value(firsts[position] + $0), reach) }
        guard results.contains(where: { $0 != nil }) else { continue }
        try pull(position, results, reach)
      }
    }
  }
}
