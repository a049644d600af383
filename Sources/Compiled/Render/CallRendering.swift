import Programs

extension BlockRenderer {
  /// A call of a C function that is written once for each callee.
  ///
  /// Arguments and results travel in memory: only callees that are too large to inline come here, and for them that
  /// costs little.
  func renderCall(_ callee: Program, _ operands: [Held], _ results: [ValueType], at position: Int) -> [Held] {
    let arguments = zip(operands, callee.inputs).map { value, input in inMemory(value, input.type) }
    let targets = results.indices.map { allocate(results[$0], at: position, result: $0) }
    let function = renderer.function(of: callee)
    let scratch = renderer.workspace.allocate(max(function.scratch, 1))
    // Lanes that have ended in a loop around the call must not keep the callee's loops running.
    let list = arguments + targets + ["base§ + \(scratch.lowerBound)", renderer.activeMask ?? "ALL"]
    renderer.write("\(function.name)(\(list.joined(separator: ", ")));")
    renderer.workspace.release(scratch)
    return zip(results, targets).map { loaded($1, $0) }
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
