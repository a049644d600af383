import Programs

extension StagedFunction {
  /// How the results change along a direction of the arguments; what the function captures is held fixed.
  ///
  /// - Parameter directions: a tangent an argument, of its shape; nil for arguments that are held fixed.
  /// - Returns: a tangent a result, of its shape.
  public func tangents(_ arguments: [Staged], along directions: [Staged?]) -> [Staged] {
    let (program, captures) = traced(for: arguments)
    let moving = directions.compactMap { $0 }
    let slope = derived(from: arguments.map(\.type), directions.map { $0?.type }) {
      Self.slope(of: program, captures: captures.count, directions.map { $0?.type })
    }
    return call(slope, captures + arguments + moving)
  }

  private static func slope(of program: Program, captures: Int, _ directions: [ValueType?]) -> Program {
    let moving = directions.enumerated().compactMap { offset, type in
      type.map { Program.Input("tangent\(offset)", $0) }
    }
    do {
      return try Program.trace(program.name + ".slope", inputs: program.inputs + moving) { staged in
        let own = Array(staged.prefix(program.inputs.count))
        var rest = staged.dropFirst(own.count)
        let tangents = (0..<captures).map { _ in nil } + directions.map { $0 == nil ? nil : [rest.removeFirst()] }
        let pushed = try ForwardMode(directions: 1).push(program, own, tangents)
        return program.outputs.map { output in
          let number = output.value.number
          return (output.name, pushed.tangents[number]?[0] ?? .zero(like: pushed.values[number]))
        }
      }.simplified()
    } catch {
      preconditionFailure("the slope of \(program.name) breaks the grammar: \(error)")
    }
  }
}
