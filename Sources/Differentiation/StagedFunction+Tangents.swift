import Programs

extension StagedFunction {
  /// How the results change along a direction of the arguments; what the function captures is held fixed.
  ///
  /// - Parameter directions: a tangent an argument, of its shape.
  /// - Returns: a tangent a result, of its shape.
  public func tangents(_ arguments: [Staged], along directions: [Staged]) -> [Staged] {
    let (program, captures) = traced(for: arguments)
    let moving = directions.enumerated().map { Program.Input("tangent\($0.offset)", $0.element.type) }
    do {
      let slope = try Program.trace(program.name + ".slope", inputs: program.inputs + moving) { staged in
        let own = Array(staged.prefix(program.inputs.count))
        let tangents = captures.map { _ in nil } + staged.dropFirst(own.count).map { [$0] }
        let pushed = try ForwardMode(directions: 1).push(program, own, tangents)
        return program.outputs.map { output in
          let number = output.value.number
          return (output.name, pushed.tangents[number]?[0] ?? .zero(like: pushed.values[number]))
        }
      }
      return call(try slope.simplified(), captures + arguments + directions)
    } catch {
      preconditionFailure("the slope of \(program.name) breaks the grammar: \(error)")
    }
  }
}
