import Programs

extension BlockRenderer {
  /// A call of a C function that is written once for each callee.
  ///
  /// Arguments and results travel in memory: only callees that are too large to inline come here, and for them that
  /// costs little.
  func renderCall(_ callee: Program, _ operands: [Held], _ results: [ValueType], at position: Int) -> [Held] {
    var copies: [Range<Int>] = []
    let arguments = zip(operands, callee.inputs).map { value, input in argument(value, input.type, &copies) }
    let targets = results.indices.map { allocate(results[$0], at: position, result: $0) }
    let function = renderer.function(of: callee)
    let scratch = renderer.workspace.allocate(max(function.scratch, 1))
    // Lanes that have ended in a loop around the call must not keep the callee's loops running.
    let list = arguments + targets + ["base§ + \(scratch.lowerBound)", renderer.activeMask ?? "ALL"]
    renderer.write("\(function.name)(\(list.joined(separator: ", ")));")
    for copy in [scratch] + copies { renderer.workspace.release(copy) }
    return results.indices.map { result in
      isPassedOn(firstResult(of: position) + result)
        ? Held(type: results[result], form: .memory(targets[result])) : loaded(targets[result], results[result])
    }
  }

  /// Whether a small array is better in memory: it goes to calls, and single numbers are taken out of it.
  func isPassedOn(_ value: Int) -> Bool {
    var isArgument = false
    for position in users[value] {
      guard position != .max else { return false }
      switch program.instructions[position].operation {
      case .call: isArgument = true
      case .index: break
      default: return false
      }
    }
    return isArgument
  }

  /// A pointer to an argument. What stands in variables is copied: numbers once for all calls of this block, as the parameters
  /// of a model go to every evaluation of its rates; small arrays for this call.
  private func argument(_ value: Held, _ type: ValueType, _ copies: inout [Range<Int>]) -> String {
    if case .memory(let pointer) = value.form, value.type.extent == type.extent { return pointer }
    if type.shape.count == 1 {
      let text = renderer.widened(value.component(0), value.type, to: type.extent)
      if let known = numbersInMemory[text] { return known }
      let place = place(renderer.workspace.allocate(1), keeping: true, type)
      renderer.write("\(place)[0] = \(text);")
      numbersInMemory[text] = place
      return place
    }
    let block = renderer.workspace.allocate(max(type.shape.count, 1))
    copies.append(block)
    let place = place(block, keeping: false, type)
    copy(value, from: 0, count: value.count, to: place, at: 0, type)
    return place
  }
}

extension Renderer {
  /// A C function for one vector of members, and the scratch memory it needs.
  struct Function {
    var name: String
    var scratch: Int
  }

  /// The function of a called program; its text is written at the first call.
  func function(of callee: Program) -> Function {
    if let function = calledFunctions[callee] { return function }
    let name = name("call")
    let inner = Renderer(precision: precision, library: functions.library, vectorsPerTile: 1)
    inner.adopt(from: self)
    inner.activeMask = "active"
    let types = callee.outputTypes
    let parameters =
      callee.inputs.enumerated().map { "const \($0.element.type.cType) *in\($0.offset)" }
      + types.enumerated().map { "\($0.element.cType) *out\($0.offset)" } + ["V *base", "M active"]
    inner.open("static __attribute__((noinline)) void \(name)(\(parameters.joined(separator: ", ")))")
    let inputs = callee.inputs.enumerated().map { Held(type: $0.element.type, form: .memory("in\($0.offset)")) }
    let block = BlockRenderer(inner, callee, inputs: inputs)
    block.render()
    for (position, value) in block.outputs.enumerated() {
      block.copy(value, from: 0, count: value.count, to: "out\(position)", at: 0, types[position])
    }
    inner.close()
    let function = Function(name: name, scratch: inner.workspace.size)
    adopt(from: inner)
    statics.append(inner.lines.joined(separator: "\n"))
    calledFunctions[callee] = function
    return function
  }

  /// Takes over what another renderer of the same file has named, declared and used.
  private func adopt(from other: Renderer) {
    names = max(names, other.names)
    functions = other.functions
    usesTabulation = usesTabulation || other.usesTabulation
    usesLinearAlgebra = usesLinearAlgebra || other.usesLinearAlgebra
    calledFunctions = other.calledFunctions
    statics = other.statics
  }
}
