import Programs

extension SweepPlan {
  /// Which derivatives miss jumps of rates: with `switches: off`, or in a Swift model whose arrays jump.
  ///
  /// - Parameters:
  ///   - outputs: what is differentiated.
  ///   - names: by what.
  ///   - hasUnsearchedJumps: whether the model jumps where no step ends for it.
  static func notesOnSwitches(_ document: JobDocument, outputs: [String], names: [VariedName], hasUnsearchedJumps: Bool)
    -> [SweepNote]
  {
    guard case .equations(let equations) = document.model else {
      guard hasUnsearchedJumps else { return [] }
      let variables = outputs.flatMap { output in
        names.map { SweepLayout.derivative(of: output, by: $0.description) }
      }
      return [
        SweepNote(
          "the model compares or rounds \(document.solve.endsStepsAtSwitches ? "arrays" : "values, and switches are off"): if "
            + "a rate jumps there, that jump is missing from the derivatives", on: variables)
      ]
    }
    guard !document.solve.endsStepsAtSwitches else { return [] }
    let switches = SwitchSearch(equations)
    let missed = names.filter { switches.isMissed(by: $0) }
    guard let first = switches.texts.first, !missed.isEmpty else { return [] }
    let variables = outputs.flatMap { output in missed.map { SweepLayout.derivative(of: output, by: $0.description) } }
    let listed = variables.prefix(6).joined(separator: ", ")
    return [
      SweepNote(
        "switches are off, and rates jump where '\(first)' changes: the jumps are missing from "
          + "\(listed)\(variables.count > 6 ? " and \(variables.count - 6) more" : "")", on: variables)
    ]
  }
}

/// The switches in the rates of a model, and what moves them.
private struct SwitchSearch {
  /// As they are written.
  private(set) var texts: [String] = []
  /// Parameters that move a switch of time, and whether states move any: then everything does that moves states.
  private var parameters: Set<String> = []
  private var isOfStates = false
  private let lets: [String: Expression]
  private let states: Set<String>

  init(_ equations: EquationsModel) {
    lets = Dictionary(equations.lets.map { ($0.name.value, $0.expression.value) }) { first, _ in first }
    states = Set(equations.states.map(\.name.value))
    var seen: Set<String> = []
    for state in equations.states { visit(state.rate.value, &seen) }
    for rate in equations.phases.flatMap(\.rates) { visit(rate.expression.value, &seen) }
  }

  func isMissed(by name: VariedName) -> Bool {
    if isOfStates { return true }
    if case .parameter(let parameter) = name { return parameters.contains(parameter) }
    return false
  }

  private mutating func visit(_ expression: Expression, _ seen: inout Set<String>) {
    switch expression {
    case .binary(let operation, _, _, _) where operation.isComparison: add(expression)
    case .call(let function, _, _) where Self.jumps.contains(function): add(expression)
    case .name(let name, _): if let definition = lets[name], seen.insert(name).inserted { visit(definition, &seen) }
    case .number, .negate, .not, .binary, .call, .index: break
    }
    for operand in expression.operands { visit(operand, &seen) }
  }

  private static let jumps = ["sign", "floor", "ceil", "step", "heaviside", "mod"]

  private mutating func add(_ expression: Expression) {
    var names: Set<String> = []
    collect(expression, &names)
    let moves = names.contains("t") || !names.isDisjoint(with: states)
    guard moves else { return }
    texts.append(expression.description)
    if !names.isDisjoint(with: states) { isOfStates = true }
    parameters.formUnion(names)
  }

  /// Names in an expression, and in the lets that it uses.
  private func collect(_ expression: Expression, _ names: inout Set<String>) {
    for (name, _) in expression.names where names.insert(name).inserted {
      if let definition = lets[name] { collect(definition, &names) }
    }
  }
}
