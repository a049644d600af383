import Programs

/// Checks expressions against the names of a model.
struct NameChecks {
  let names: ModelNames
  let problems: ProblemList

  /// Checks that names are known and that the expression is a number (or a condition, where one is allowed).
  ///
  /// - Parameter known: which names there are, in words, to follow "which is not".
  /// - Returns: the kind of the expression, or `nil` if something is wrong.
  @discardableResult
  func check(
    _ expression: Expression, at location: Location, subject: String,
    known: String = "a parameter, state or let name", conditionAllowed: Bool = false
  ) -> ExpressionKind? {
    var isKnown = true
    for name in unknownNames(expression) {
      isKnown = false
      let nearest = NearestName.to(name, among: names.names + ["t", "pi"])
      problems.report(.undefinedName(subject: subject, name: name, expected: known, nearest: nearest), at: location)
    }
    guard isKnown else { return nil }
    do {
      let kind = try expression.kind { names[$0]?.kind ?? (isPlaceholder($0) ? .number : nil) }
      switch kind {
      case .number: return kind
      case .condition where conditionAllowed: return kind
      case .condition:
        problems.report(.conditionAsValue(subject: subject, text: expression.description), at: location)
      case .array:
        problems.report(.arrayAsValue(subject: subject, text: expression.description), at: location)
      }
    } catch {
      problems.report(.expression(subject: subject, error), at: location)
    }
    return nil
  }

  /// Checks a start: no states, neither itself nor by a let.
  func checkStart(_ start: Located<Expression>, subject: String) {
    for name in Set(start.value.names.map(\.name)).sorted() {
      guard let entry = names[name], entry.dependence == .states else { continue }
      problems.report(
        .startUsesState(subject: subject, name: name, isLet: entry.role == .let), at: start.location)
    }
    check(start.value, at: start.location, subject: subject, known: "a parameter or let name")
  }

  /// Checks an output: anything inside reductions, only parameters and lets over them outside.
  func checkOutput(_ output: OutputDescription) {
    let subject = "output '\(output.name.value)'"
    for reduction in output.specification.reductions {
      if reduction.function.isOfEvent {
        checkCounted(reduction.expression, subject: subject, at: output.location)
        continue
      }
      check(reduction.expression, at: output.location, subject: subject)
    }
    let combination = output.specification.combination
    var isConstant = true
    for name in Set(combination.names.map(\.name)).sorted() {
      guard let entry = names[name], entry.dependence > .parameters else { continue }
      isConstant = false
      problems.report(.bareName(subject: subject, name: name), at: output.location)
    }
    if isConstant { check(combination, at: output.location, subject: subject) }
  }

  private func checkCounted(_ expression: Expression, subject: String, at location: Location) {
    let name = expression.description
    guard !names.events.contains(name) else { return }
    problems.report(
      .unknownEvent(
        subject: subject, name: name, nearest: NearestName.to(name, among: names.events), known: names.events),
      at: location)
  }

  /// Checks names of states under `solve`.
  func checkSolve(_ solve: SolveDescription) {
    for (state, _) in solve.absoluteTolerances { checkState(state, key: "solve.absolute_tolerance") }
    for state in solve.nonnegative { checkState(state, key: "solve.nonnegative") }
  }

  private func checkState(_ name: Located<String>, key: String) {
    guard names[name.value]?.role != .state else { return }
    let nearest = NearestName.to(name.value, among: names.names(.state))
    problems.report(.unknownState(key: key, name: name.value, nearest: nearest), at: name.location)
  }

  /// - Parameter key: where things that vary are listed.
  func checkVariation(_ name: Located<VariedName>, in key: String) {
    guard !names.contains(name.value) else { return }
    let text = name.value.description
    if case .start(let state) = name.value, names[state]?.kind == .array {
      problems.report(.arrayStart(state: state, key: key), at: name.location)
      return
    }
    problems.report(.unknownVaried(text, key: key, nearest: names.nearestVariable(to: text)), at: name.location)
  }

  func checkSavedState(_ name: Located<String>) {
    guard names[name.value]?.role != .state else { return }
    let nearest = NearestName.to(name.value, among: names.names(.state))
    problems.report(
      .unknownState(key: "solve.save.states", name: name.value, nearest: nearest), at: name.location)
  }

  private func unknownNames(_ expression: Expression) -> [String] {
    var unknown: [String] = []
    for (name, _) in expression.names
    where names[name] == nil && Expression.constants[name] == nil && !isPlaceholder(name) && !unknown.contains(name) {
      unknown.append(name)
    }
    return unknown
  }

  private func isPlaceholder(_ name: String) -> Bool { name.hasPrefix("%") }
}
