import Execution
import Programs

/// Where the values of a program or region stand in a frame of memory, known before anything runs.
///
/// A member value has a row of `width` numbers for each component, a shared value one number. Memory is used again once
/// a value is dead, so that a frame is about as large as what is alive at once.
final class Plan: Sendable {
  let program: Program
  let width: Int
  let types: [ValueType]
  let steps: [Step]
  let places: [Place]
  /// Numbers that a frame holds.
  let size: Int

  enum Place: Sendable {
    /// Memory of whoever runs the plan.
    case input(Int)
    /// From here on in the frame.
    case frame(Int)
    /// So many numbers into another value.
    case view(of: Int, skipping: Int)
  }

  /// An instruction with what its execution needs besides operands and results.
  struct Step: Sendable {
    var instruction: Instruction
    var firstResult: Int
    /// Whether no member takes part: computed once for all blocks.
    var isHoisted: Bool
    var regions: [Plan] = []
    /// Where the regions' frames start; they are never alive together.
    var regionFrame = 0
    /// Where shared operands are widened for regions that take them by member.
    var widened: [Int: Int] = [:]
    /// Where next carries wait that would otherwise be overwritten before they are read.
    var snapshots: [Int: Int] = [:]
    /// Where a loop marks its active members.
    var mask = 0
    /// Where products and factorisations work.
    var scratch = 0
    /// Whether a tabulation fills its operand itself.
    var isInPlace = false
  }

  /// - Parameters:
  ///   - isOutermost: whether shared values are kept from block to block.
  ///   - seriesInPlace: inputs that a tabulation may fill in place.
  init(_ program: Program, width: Int, isOutermost: Bool, seriesInPlace: Set<Int> = []) {
    self.program = program
    self.width = width
    types = program.types
    var planner = Planner(program, types, width: width, isOutermost: isOutermost, seriesInPlace: seriesInPlace)
    planner.plan()
    steps = planner.steps
    places = planner.places
    size = planner.arena.size
  }
}

/// Assigns memory to one program's values, instruction by instruction.
private struct Planner {
  let program: Program
  let types: [ValueType]
  let width: Int
  let seriesInPlace: Set<Int>
  /// Until which instruction each value's memory is needed, through all its views.
  var lastUses: [Int]
  var places: [Plan.Place]
  var steps: [Plan.Step] = []
  var arena = Arena(granule: Plan.granule)
  private var alive: [(stretch: Range<Int>, value: Int)] = []
  private let hoisted: Set<Int>

  init(_ program: Program, _ types: [ValueType], width: Int, isOutermost: Bool, seriesInPlace: Set<Int>) {
    self.program = program
    self.types = types
    self.width = width
    self.seriesInPlace = seriesInPlace
    hoisted = isOutermost ? program.memberFreeInstructions : []
    // Those of results are found in `plan`.
    places = types.indices.map { .input($0) }
    lastUses = Array(repeating: -1, count: types.count)
    for (position, instruction) in program.instructions.enumerated() {
      for operand in instruction.operands { lastUses[operand.number] = position }
    }
    for output in program.outputs { lastUses[output.value.number] = .max }
    let firsts = program.firstResults
    for position in hoisted {
      for result in program.instructions[position].results.indices { lastUses[firsts[position] + result] = .max }
    }
    for (instruction, first) in zip(program.instructions, firsts).reversed()
    where instruction.viewStart != nil || instruction.operation == .tabulate || instruction.operation == .sumOverMembers
    {
      let source = instruction.operands[0].number
      lastUses[source] = max(lastUses[source], lastUses[first])
    }
  }

  func numbers(_ type: ValueType) -> Int { type.shape.count * (type.extent == .member ? width : 1) }

  /// What is computed once comes first: nothing of a block may take its memory, wherever it stands in the program.
  mutating func plan() {
    var planned: [Int: Plan.Step] = [:]
    let firsts = program.firstResults
    let others = program.instructions.indices.filter { !hoisted.contains($0) }
    for position in hoisted.sorted() + others {
      var step = Plan.Step(
        instruction: program.instructions[position], firstResult: firsts[position],
        isHoisted: hoisted.contains(position))
      place(&step)
      planWork(&step)
      planned[position] = step
      alive.removeAll { stretch, value in
        guard lastUses[value] <= position else { return false }
        arena.release(stretch)
        return true
      }
    }
    steps = program.instructions.indices.compactMap { planned[$0] }
  }

  private mutating func place(_ step: inout Plan.Step) {
    let instruction = step.instruction
    for (offset, type) in instruction.results.enumerated() {
      let source = instruction.operands.first.map { $0.number } ?? 0
      if let start = instruction.viewStart {
        places[step.firstResult + offset] =
          .view(of: source, skipping: start * (type.extent == .member ? width : 1))
      } else if instruction.operation == .tabulate, offset == Tabulation.series, seriesInPlace.contains(source) {
        places[step.firstResult + offset] = .view(of: source, skipping: 0)
        step.isInPlace = true
      } else {
        let stretch = arena.allocate(numbers(type))
        alive.append((stretch, step.firstResult + offset))
        places[step.firstResult + offset] = .frame(stretch.lowerBound)
      }
    }
  }

  private mutating func planWork(_ step: inout Plan.Step) {
    let instruction = step.instruction
    var temporary: [Range<Int>] = []
    func room(_ count: Int, _ arena: inout Arena) -> Int {
      let stretch = arena.allocate(count)
      temporary.append(stretch)
      return stretch.lowerBound
    }
    var carries: Range<Int> = 0..<0
    switch instruction.operation.group {
    case .control(.whileLoop(let loop)):
      let series = (0..<loop.carryCount).filter(loop.isSeries).map { $0 + loop.captureCount }
      step.regions = [
        Plan(loop.condition, width: width, isOutermost: false),
        Plan(loop.body, width: width, isOutermost: false, seriesInPlace: Set(series)),
      ]
      step.mask = room(width, &arena)
      carries = loop.carries
    case .control(.scan(let scan)):
      step.regions = [Plan(scan.body, width: width, isOutermost: false)]
      if scan.isCounted { step.mask = room(width, &arena) }
      carries = scan.carries
    case .control(.call(let callee)):
      step.regions = [Plan(callee, width: width, isOutermost: false)]
    case .ofMatrices:
      let shapes = instruction.operands.map { types[$0.number].shape }
      let scratch =
        if case .linearAlgebra(let function) = instruction.operation {
          MatrixRoom(function, shapes.map(\.count)).count
        } else {
          ProductExtents(shapes[0], shapes[1]).scratch
        }
      step.scratch = room(scratch, &arena)
    case .constant, .componentwise, .rearrangement, .reduction, .overMembers, .table: return
    }
    defer { for stretch in temporary { arena.release(stretch) } }
    guard let body = step.regions.last else { return }
    for (position, input) in body.program.inputs.enumerated() where !carries.contains(position) {
      let operand = types[instruction.operands[position].number]
      if operand.extent == .shared, input.type.extent == .member {
        step.widened[position] = room(operand.shape.count * width, &arena)
      }
    }
    for (offset, carry) in carries.enumerated() {
      let next = body.program.outputs[offset].value.number
      // A next carry that reads another carry's memory, or another place of its own, must be read before that is written.
      if next != carry, let input = body.rootInput(of: next), carries.contains(input),
        !(input == carry && body.isWhole(next))
      {
        step.snapshots[offset] = room(numbers(body.types[next]), &arena)
      }
    }
    step.regionFrame = room(step.regions.map(\.size).max() ?? 0, &arena)
  }
}

extension Plan {
  /// The input whose memory a value is a view of.
  fileprivate func rootInput(of value: Int) -> Int? {
    switch places[value] {
    case .input(let input): input
    case .frame: nil
    case .view(let source, _): rootInput(of: source)
    }
  }

  /// Whether a value is all of its root, component for component.
  fileprivate func isWhole(_ value: Int) -> Bool {
    switch places[value] {
    case .input, .frame: true
    case .view(let source, let skipping):
      skipping == 0 && types[value].shape.count == types[source].shape.count && isWhole(source)
    }
  }
}

extension Instruction {
  /// The component of its first operand where the result stands, if it is nothing but a part of it.
  fileprivate var viewStart: Int? {
    switch operation.group {
    case .rearrangement(.reshape), .componentwise(.stopGradient): 0
    case .rearrangement(.index(let position)): position * results[0].shape.count
    case .rearrangement(.slice(axis: 0, let start, let count)):
      count == 0 ? 0 : start * (results[0].shape.count / count)
    case .rearrangement, .componentwise, .constant, .reduction, .ofMatrices, .overMembers, .control, .table: nil
    }
  }
}

extension Plan {
  /// Values start at whole cache lines of the widest number type.
  static var granule: Int { 16 }
}
