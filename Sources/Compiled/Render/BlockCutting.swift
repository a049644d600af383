import Programs

/// Cuts long blocks of instructions into called programs, so that no C function is long.
///
/// C compilers take more than twice as long for a block twice as long: GCC 12 took 0.3 ms a statement in functions of up to
/// 1,000 statements, and 1.4 where one had 40,000. What passes between the pieces travels in memory, packed into one array for
/// numbers of one kind.
final class BlockCutter {
  /// Blocks of at most so many statements stay as they are.
  let limit: Int
  /// Programs of at most so many statements are not large: the gradient of lotka-volterra in `jobs/`, the largest there, has
  /// about 5,000, and is compiled in a second.
  var programLimit: Int { 2 * limit }
  /// A piece ends when it has so many.
  let pieceLength: Int
  private var callees: [Program: Program] = [:]

  init(limit: Int = BlockCutter.standardLimit, pieceLength: Int = BlockCutter.standardPieceLength) {
    (self.limit, self.pieceLength) = (limit, pieceLength)
  }

  static let standardLimit = 4000
  static let standardPieceLength = 1000

  /// The program with all its blocks cut, also those of its loops and of what it calls.
  func cut(_ program: Program) -> Program {
    var copy = program
    for position in copy.instructions.indices {
      copy.instructions[position].operation = copy.instructions[position].operation.mapRegions(cut) { callee in
        let smaller = callees[callee] ?? cut(callee)
        callees[callee] = smaller
        return smaller
      }
    }
    guard copy.blockStatementCount > limit else { return copy }
    return CutBlock(copy, pieceLength: pieceLength).program
  }
}

/// One block that is cut.
private struct CutBlock {
  let source: Program
  let pieceLength: Int
  private let types: [ValueType]
  private let firsts: [Int]
  /// The instruction that makes each value; nil for inputs.
  private var makers: [Int?]
  /// The unit that makes each value, where a piece does.
  private var pieces: [Int: Int] = [:]
  private var units: [Unit] = []

  private enum Unit {
    case single(Int)
    case piece([Int])
  }

  init(_ source: Program, pieceLength: Int) {
    (self.source, self.pieceLength) = (source, pieceLength)
    types = source.types
    firsts = source.firstResults
    makers = Array(repeating: nil, count: types.count)
    for (position, instruction) in source.instructions.enumerated() {
      for result in instruction.results.indices { makers[firsts[position] + result] = position }
    }
    divide()
  }

  // MARK: Which instructions go together

  /// Whether an instruction is copied to wherever it is used: literals, and entries of arrays that are in memory.
  private func isCopied(_ position: Int) -> Bool {
    let instruction = source.instructions[position]
    switch instruction.operation.group {
    case .constant(let values): return values.count <= Renderer.unrollLimit
    case .rearrangement(.index), .rearrangement(.slice(axis: 0, _, _)):
      return types[instruction.operands[0].number].shape.count > Renderer.unrollLimit
    case .rearrangement(.broadcast): return makers[instruction.operands[0].number].map(isCopied) ?? false
    case .rearrangement, .componentwise, .reduction, .ofMatrices, .overMembers, .control, .table: return false
    }
  }

  /// Loops, tables and sums over members stay where they are: what is written in place is known by them. So does what makes
  /// both shared and members' values, as pieces make one kind.
  private func staysOutside(_ instruction: Instruction) -> Bool {
    if Set(instruction.results.map(\.extent)).count > 1 { return true }
    return switch instruction.operation.group {
    case .control(.whileLoop), .control(.scan), .table, .overMembers: true
    case .control(.call), .constant, .componentwise, .rearrangement, .reduction, .ofMatrices: false
    }
  }

  private mutating func divide() {
    var used = Array(repeating: false, count: types.count)
    for operand in source.instructions.flatMap(\.operands) { used[operand.number] = true }
    var open: [Extent: (positions: [Int], statements: Int)] = [:]
    var last: [Int] = []
    /// Ends the pieces under construction. What members share never depends on what differs.
    func end(_ extents: [Extent], _ units: inout [Unit], _ pieces: inout [Int: Int]) {
      for extent in extents {
        guard let positions = open.removeValue(forKey: extent)?.positions else { continue }
        for position in positions {
          for result in source.instructions[position].results.indices {
            pieces[firsts[position] + result] = units.count
          }
        }
        units.append(.piece(positions))
      }
    }
    for (position, instruction) in source.instructions.enumerated() where !isCopied(position) {
      // The next carries of loops are selects that the loop writes by itself.
      if instruction.operation == .select, !used[firsts[position]] {
        last.append(position)
        continue
      }
      if staysOutside(instruction) {
        end([.shared, .member], &units, &pieces)
        units.append(.single(position))
        continue
      }
      let extent: Extent = instruction.results.contains { $0.extent == .member } ? .member : .shared
      open[extent, default: ([], 0)].positions.append(position)
      open[extent]!.statements += instruction.statementCount(types)
      if open[extent]!.statements >= pieceLength {
        end(extent == .shared ? [.shared] : [.shared, .member], &units, &pieces)
      }
    }
    end([.shared, .member], &units, &pieces)
    units += last.map { .single($0) }
  }

  // MARK: Writing

  /// Which values of each piece are needed outside of it, in order.
  private func exports() -> [[Int]] {
    var needed = Array(repeating: Set<Int>(), count: units.count)
    func need(_ value: Int, from unit: Int?) {
      if let maker = makers[value], isCopied(maker) {
        for operand in source.instructions[maker].operands { need(operand.number, from: unit) }
      } else if let piece = pieces[value], piece != unit {
        needed[piece].insert(value)
      }
    }
    for (number, unit) in units.enumerated() {
      switch unit {
      case .single(let position):
        for operand in source.instructions[position].operands { need(operand.number, from: nil) }
      case .piece(let positions):
        for position in positions {
          for operand in source.instructions[position].operands { need(operand.number, from: number) }
        }
      }
    }
    for output in source.outputs { need(output.value.number, from: nil) }
    return needed.map { $0.sorted() }
  }

  var program: Program {
    var outer = BlockUnderConstruction(inputs: source.inputs)
    for input in source.inputs.indices { outer.places[input] = Value(input) }
    let exports = exports()
    for (number, unit) in units.enumerated() {
      switch unit {
      case .single(let position): write(position, to: &outer)
      case .piece(let positions):
        // What nobody uses is not computed.
        if !exports[number].isEmpty { write(positions, number, exports: exports[number], to: &outer) }
      }
    }
    let outputs = source.outputs.map { Program.Output($0.name, place(of: $0.value.number, in: &outer)) }
    return Program(name: source.name, inputs: source.inputs, instructions: outer.instructions, outputs: outputs)
  }

  /// A value where it can be used, taken out of its array or copied here if it is not there yet.
  private func place(of number: Int, in block: inout BlockUnderConstruction) -> Value {
    if let known = block.places[number] { return known }
    let copied: Value
    if let entry = block.packed[number] {
      copied = block.append(.index(entry.position), [entry.array], [types[number]])[0]
    } else {
      guard let maker = makers[number], isCopied(maker) else {
        preconditionFailure("%\(number) is used before it is made")
      }
      let instruction = source.instructions[maker]
      let operands = instruction.operands.map { place(of: $0.number, in: &block) }
      copied = block.append(instruction.operation, operands, instruction.results)[0]
    }
    block.places[number] = copied
    return copied
  }

  /// Writes one piece as a call.
  private func write(_ positions: [Int], _ number: Int, exports: [Int], to outer: inout BlockUnderConstruction) {
    let needed = valuesNeeded(by: positions, outer)
    var arguments: [Value] = []
    var numbers: [ValueType: [Int]] = [:]
    func pass(_ value: Value) { if !arguments.contains(value) { arguments.append(value) } }
    for value in needed {
      if let entry = outer.packed[value] {
        pass(entry.array)
      } else if types[value].shape.isScalar {
        numbers[types[value], default: []].append(value)
      } else {
        pass(place(of: value, in: &outer))
      }
    }
    // Numbers that no piece has used so far.
    for (type, values) in numbers.sorted(by: { $0.key.order < $1.key.order }) {
      let operands = values.map { place(of: $0, in: &outer) }
      let array = outer.append(.stack, operands, [type.stacked(values.count)])[0]
      for (position, value) in values.enumerated() { outer.packed[value] = (array, position) }
      arguments.append(array)
    }
    var inner = BlockUnderConstruction(
      inputs: arguments.enumerated().map { offset, value in
        Program.Input("argument\(offset)", outer.types[value.number])
      })
    let inputs = Dictionary(uniqueKeysWithValues: arguments.enumerated().map { ($0.element, Value($0.offset)) })
    for value in needed {
      if let entry = outer.packed[value] {
        inner.packed[value] = (inputs[entry.array]!, entry.position)
      } else {
        inner.places[value] = inputs[outer.places[value]!]!
      }
    }
    for position in positions { write(position, to: &inner) }
    let arrays = exports.filter { !types[$0].shape.isScalar }
    let packs = Dictionary(grouping: exports.filter { types[$0].shape.isScalar }) { types[$0] }
      .sorted { $0.key.order < $1.key.order }
    var results = arrays.map { place(of: $0, in: &inner) }
    for (type, values) in packs {
      let operands = values.map { place(of: $0, in: &inner) }
      results.append(inner.append(.stack, operands, [type.stacked(values.count)])[0])
    }
    let piece = Program(
      name: "\(source.name).piece\(number)", inputs: inner.inputs, instructions: inner.instructions,
      outputs: results.enumerated().map { Program.Output("result\($0.offset)", $0.element) })
    let made = outer.append(.call(piece), arguments, piece.outputTypes)
    for (value, place) in zip(arrays, made) { outer.places[value] = place }
    for ((_, values), array) in zip(packs, made[arrays.count...]) {
      for (position, value) in values.enumerated() { outer.packed[value] = (array, position) }
    }
  }

  /// The values from outside that a piece uses, also through what is copied into it; in order.
  private func valuesNeeded(by positions: [Int], _ outer: BlockUnderConstruction) -> [Int] {
    let own = Set(positions)
    var (seen, needed) = (Set<Int>(), [Int]())
    func find(_ value: Int) {
      guard seen.insert(value).inserted else { return }
      if let maker = makers[value], own.contains(maker) { return }
      if let maker = makers[value], isCopied(maker) {
        for operand in source.instructions[maker].operands { find(operand.number) }
      } else {
        needed.append(value)
      }
    }
    for position in positions {
      for operand in source.instructions[position].operands { find(operand.number) }
    }
    return needed
  }

  private func write(_ position: Int, to block: inout BlockUnderConstruction) {
    let instruction = source.instructions[position]
    let operands = instruction.operands.map { place(of: $0.number, in: &block) }
    for (result, value) in block.append(instruction.operation, operands, instruction.results).enumerated() {
      block.places[firsts[position] + result] = value
    }
  }
}
