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
  /// Of each value that a cotangent reaches, while instructions are walked back.
  private var guards: [Guard?] = []
  /// The components of the seeded outputs, then of each value, that a cotangent reaches.
  private var live: [LiveComponents] = []
  private var seeded: [Int: LiveComponents] = [:]
  /// The instruction that is walked back, and under which conditions all cotangents of its results count.
  private var present: (instruction: Instruction, guard: Guard)?
  private var presentLive = LiveComponents.all
  /// The reverses of callees that were made so far.
  private var regions: [CalledRegion: ReverseRegion] = [:]

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

  /// Gives an output a cotangent.
  /// - Parameter live: the components that are not zero by construction.
  mutating func seed(_ output: Int, _ cotangent: Staged, _ reach: Reach, live: LiveComponents) {
    let value = program.outputs[output].value
    seeded[value.number] = live.union(seeded[value.number] ?? .none)
    add(cotangent, to: value, reach)
  }

  /// The components of a value that a cotangent reaches.
  func live(of value: Value) -> LiveComponents { live[value.number] }

  mutating func add(_ contribution: Staged?, to value: Value, _ reach: Reach) {
    guard let contribution, isReached(value) else { return }
    add(contribution, to: value, under: presentGuard, reach)
  }

  mutating func add(_ contribution: Staged, to value: Value, entries: Range<Int>, _ reach: Reach) {
    guard isReached(value) else { return }
    add(contribution, to: value, entries: entries, under: presentGuard, reach)
  }

  private func isReached(_ value: Value) -> Bool {
    varies[value.number] && (live.isEmpty || live[value.number].isAny)
  }

  /// Under which conditions the present instruction's cotangents count, as far as it passes them on.
  private var presentGuard: Guard {
    present.map { $0.instruction.operation.isComponentwise ? $0.guard : $0.guard.scalars } ?? .none
  }

  /// Adds the cotangent of a select to one of the two that it selects from.
  mutating func addChosen(_ contribution: Staged, _ operand: Int, _ reach: Reach) {
    guard let (instruction, results) = present, isReached(instruction.operands[operand]) else { return }
    let condition = instruction.guardPassed(to: operand, from: results, values)
    add(contribution, to: instruction.operands[operand], under: condition, reach)
  }

  /// Adds under the conditions that the value's own cotangent does not have anyway.
  private mutating func add(
    _ contribution: Staged, to value: Value, entries: Range<Int>? = nil, under conditions: Guard, _ reach: Reach
  ) {
    let own = guards.isEmpty ? Guard.none : guards[value.number] ?? .none
    var condition = conditions.subtracting(own)
    var contribution = contribution
    let shape = values[value.number].shape
    if entries == nil, contribution.shape != shape {
      // What is added up over components must count for each of them.
      contribution = presentLive.masked(contribution)
      contribution = condition.arrays.selected(contribution, else: .zero(contribution.shape), values)
        .narrowed(to: shape)
      condition = condition.scalars
    }
    cotangents[reach]![value.number, default: Cotangent()].add(under: condition) {
      if let entries { $0.add(contribution, to: entries) } else { $0.add(contribution) }
    }
  }

  /// The reverse of a callee, made once.
  mutating func region(of call: CalledRegion) throws -> ReverseRegion {
    if let known = regions[call] { return known }
    let made = try ReverseRegion(
      call.callee, varying: call.varying, seeds: call.seeds, live: call.live, call.reach, tape: tapeSize)
    regions[call] = made
    return made
  }

  /// What was added up for a value.
  func cotangent(of value: Value, _ reach: Reach) -> Staged? {
    let found = cotangents[reach]![value.number]?.value(values[value.number].shape, values)
    return live.isEmpty ? found : found.map { live[value.number].masked($0) }
  }

  /// Walks all instructions back.
  mutating func run() throws {
    let firsts = program.firstResults
    live = program.live(from: seeded)
    guards = guards(from: Reach.allCases.flatMap { cotangents[$0]!.keys })
    for position in program.instructions.indices.reversed() {
      let instruction = program.instructions[position]
      let known = instruction.results.indices.compactMap { guards[firsts[position] + $0] }
      guard let start = known.first else { continue }
      presentLive = live[firsts[position]]
      present = (instruction, known.dropFirst().reduce(start) { $0.intersection($1) })
      for reach in Reach.allCases {
        let results = instruction.results.indices.map { exactCotangent(of: firsts[position] + $0, reach) }
        guard results.contains(where: { $0 != nil }) else { continue }
        try pull(position, results, reach)
      }
    }
    present = nil
  }

  /// The cotangent of a result of the present instruction, zero where conditions do not hold that are not passed on.
  private func exactCotangent(of number: Int, _ reach: Reach) -> Staged? {
    guard let found = cotangent(of: Value(number), reach) else { return nil }
    let left = (guards[number] ?? .none).subtracting(presentGuard)
    return left.selected(found, else: .zero(found.shape), values)
  }
}
