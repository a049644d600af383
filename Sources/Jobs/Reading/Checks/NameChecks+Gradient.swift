import Programs

extension NameChecks {
  /// Checks that what is differentiated has derivatives, and what it is differentiated by is a parameter or a start.
  func checkGradient(_ gradient: GradientDescription, outputs: [OutputDescription], save: SaveDescription?) {
    let outputs = outputs.map(\.name.value)
    let saved = save.map { $0.states?.map(\.value) ?? names.names(.state) } ?? []
    for name in gradient.withRespectTo ?? [] { checkDifferentiatedBy(name) }
    for name in gradient.of ?? [] where !outputs.contains(name.value) {
      guard saved.contains(name.value), names[name.value]?.role == .state else {
        problems.report(problem(with: name.value, outputs: outputs, saved: saved, save == nil), at: name.location)
        continue
      }
      if gradient.mode.value == .reverse {
        problems.report(.seriesInReverse(state: name.value), at: gradient.mode.location)
      }
      for by in gradient.withRespectTo ?? [] {
        guard case .start(let state) = by.value, names[state]?.kind == .array else { continue }
        problems.report(.seriesByArray(state: name.value, start: by.value.description), at: by.location)
      }
    }
  }

  private func problem(with name: String, outputs: [String], saved: [String], _ savesNothing: Bool) -> JobError {
    if ["status", "steps", "rejected"].contains(name) {
      return .notDifferentiable(name, meaning: "a whole number that tells how the solution went")
    }
    switch names[name]?.role {
    case .state: return .seriesNotSaved(state: name, savesNothing: savesNothing)
    case .parameter: return .notDifferentiable(name, meaning: "a parameter")
    case .let: return .notDifferentiable(name, meaning: "a let, which is no number of the whole solution")
    case .time: return .notDifferentiable(name, meaning: "the time")
    case nil: return .unknownDifferentiated(name, nearest: NearestName.to(name, among: outputs + saved))
    }
  }

  private func checkDifferentiatedBy(_ name: Located<VariedName>) {
    // Also an array has a start to differentiate by.
    if case .start(let state) = name.value, names[state]?.role == .state { return }
    if names.contains(name.value) { return }
    let text = name.value.description
    problems.report(
      .unknownVaried(text, key: "gradient.with_respect_to", nearest: names.nearestVariable(to: text)),
      at: name.location)
  }
}
