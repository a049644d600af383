import Programs

/// Makes calls with many numbers pass arrays instead: what is in an array already needs no copy, and all calls with the same
/// numbers share one.
final class CallPacker {
  private var callees: [Program: PackedCallee] = [:]

  /// Fewer numbers of one type are passed one by one.
  private static let least = 8

  /// The program with all its calls packed, also in its loops and in what it calls.
  func packed(_ program: Program) -> Program {
    var block = BlockUnderConstruction(inputs: program.inputs)
    var values = program.inputs.indices.map { Value($0) }
    var stacks: [[Value]: Value] = [:]
    for instruction in program.instructions {
      let operands = instruction.operands.map { values[$0.number] }
      switch instruction.operation.control {
      case .call(let callee):
        let packed = packedCallee(callee)
        let arguments = packed.inputs.map { group -> Value in
          guard group.isPacked else { return operands[group.positions[0]] }
          let numbers = group.positions.map { operands[$0] }
          if let known = stacks[numbers] { return known }
          let extents = numbers.map { block.types[$0.number].extent }
          let type = ValueType(group.type.kind, [numbers.count], extents.reduce(.shared) { $0.joined($1) })
          let array = block.append(.stack, numbers, [type])[0]
          stacks[numbers] = array
          return array
        }
        let results = block.append(.call(packed.program), arguments, packed.program.outputTypes)
        var own = Array(repeating: Value(0), count: instruction.results.count)
        for (group, result) in zip(packed.outputs, results) {
          for (entry, position) in group.positions.enumerated() {
            own[position] =
              group.isPacked ? block.append(.index(entry), [result], [instruction.results[position]])[0] : result
          }
        }
        values += own
      case .whileLoop, .scan, nil:
        values += block.append(instruction.operation.mapRegions(packed), operands, instruction.results)
      }
    }
    return Program(
      name: program.name, inputs: program.inputs, instructions: block.instructions,
      outputs: program.outputs.map { Program.Output($0.name, values[$0.value.number]) })
  }

  private func packedCallee(_ callee: Program) -> PackedCallee {
    if let known = callees[callee] { return known }
    let made = PackedCallee(packed(callee), least: Self.least)
    callees[callee] = made
    return made
  }
}

/// A program that takes and gives arrays in place of many numbers.
private struct PackedCallee {
  /// Inputs or outputs of the callee that are one of the packed program.
  struct Group {
    var type: ValueType
    var positions: [Int]
    var isPacked: Bool

    /// An array takes so many numbers at most: one that differs between calls, such as the time among parameters, has few others
    /// copied along with it.
    private static let most = 64

    /// Values by what they are packed into, in the order of the first of each.
    static func groups(_ types: [ValueType], least: Int) -> [Group] {
      var groups: [Group] = []
      for (type, positions) in Dictionary(grouping: types.indices, by: { types[$0] }) {
        let isPacked = type.shape.isScalar && positions.count >= least
        for start in stride(from: 0, to: positions.count, by: isPacked ? most : 1) {
          let end = isPacked ? min(start + most, positions.count) : start + 1
          groups.append(Group(type: type, positions: Array(positions[start..<end]), isPacked: isPacked))
        }
      }
      return groups.sorted { $0.positions[0] < $1.positions[0] }
    }
  }

  let program: Program
  let inputs: [Group]
  let outputs: [Group]

  init(_ callee: Program, least: Int) {
    inputs = Group.groups(callee.inputs.map(\.type), least: least)
    outputs = Group.groups(callee.outputTypes, least: least)
    var block = BlockUnderConstruction(
      inputs: inputs.enumerated().map { offset, group in
        Program.Input("argument\(offset)", group.isPacked ? group.type.stacked(group.positions.count) : group.type)
      })
    var values = Array(repeating: Value(0), count: callee.inputs.count)
    for (input, group) in inputs.enumerated() {
      for (entry, position) in group.positions.enumerated() {
        values[position] =
          group.isPacked ? block.append(.index(entry), [Value(input)], [group.type])[0] : Value(input)
      }
    }
    for instruction in callee.instructions {
      values += block.append(instruction.operation, instruction.operands.map { values[$0.number] }, instruction.results)
    }
    let results = outputs.map { group -> Value in
      let own = group.positions.map { values[callee.outputs[$0].value.number] }
      return group.isPacked ? block.append(.stack, own, [group.type.stacked(own.count)])[0] : own[0]
    }
    program = Program(
      name: callee.name, inputs: block.inputs, instructions: block.instructions,
      outputs: results.enumerated().map { Program.Output("result\($0.offset)", $0.element) })
  }
}
