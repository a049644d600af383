import Programs

extension JobDocument {
  /// States that stand in a divisor of a rate: a step that takes one of them over zero may go over a pole unseen, as that of
  /// k·s/(K + s) once the substrate s is used up.
  var guardedStates: [String] {
    guard case .equations(let equations) = model else { return [] }
    let states = Set(equations.states.map(\.name.value))
    let lets = Dictionary(equations.lets.map { ($0.name.value, $0.expression.value) }) { first, _ in first }
    var found: Set<String> = []
    /// Names in an expression, those of lets replaced by what is in these.
    func add(_ expression: Expression, _ seen: inout Set<String>) {
      for (name, _) in expression.names where seen.insert(name).inserted {
        if states.contains(name) { found.insert(name) }
        if let definition = lets[name] { add(definition, &seen) }
      }
    }
    func visit(_ expression: Expression) {
      if case .binary(.divide, _, let divisor, _) = expression {
        var seen: Set<String> = []
        add(divisor, &seen)
      }
      for operand in expression.operands { visit(operand) }
    }
    for definition in equations.lets { visit(definition.expression.value) }
    for state in equations.states { visit(state.rate.value) }
    for rate in equations.phases.flatMap(\.rates) { visit(rate.expression.value) }
    return equations.states.map(\.name.value).filter { found.contains($0) }
  }
}
