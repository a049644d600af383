import Programs

/// Reads the model and collects its names.
struct ModelReading {
  let reader: FieldReader
  private var names = ModelNames(parameters: [], states: [])

  init(reader: FieldReader) { self.reader = reader }

  /// The model and its names. Names are `nil` for a registered model, and where they could not be read well enough to
  /// tell a misspelt name from one whose declaration is broken.
  mutating func read(_ field: Field) -> (model: ModelDescription?, names: ModelNames?) {
    guard let kind = JobKeys.job["model"]?.kind, let fields = reader.fields(field, kind) else { return (nil, nil) }
    if fields.section["swift"] != nil { return (registered(fields).map { .registered($0) }, nil) }
    return equations(fields)
  }

  private func registered(_ fields: Fields) -> RegisteredModel? {
    let parameters = fields.named("parameters", role: "a parameter").compactMap { entry in
      reader.number(entry.field).map { (name: entry.name, value: $0.value) }
    }
    return fields.text("swift").map { RegisteredModel(name: $0, parameters: parameters) }
  }

  private mutating func equations(_ fields: Fields) -> (ModelDescription?, ModelNames?) {
    let before = reader.problems.problems.count
    let parameterEntries = fields.named("parameters", role: "a parameter")
    let letEntries = fields.named("let", role: "a let")
    let stateEntries = fields.named("states", role: "a state")
    let namesAreWhole = reader.problems.problems.count == before && fields["states"] != nil
    checkDistinct(
      parameterEntries.map { ($0.name, "a parameter") } + letEntries.map { ($0.name, "a let") }
        + stateEntries.map { ($0.name, "a state") })
    if let states = fields["states"], states.isMapping, states.entries.isEmpty {
      reader.report(
        .notAllowed(key: states.keyPath, rule: "at least one state with its start and rate", found: "empty"),
        at: states.location)
    }

    let parameters = parameterEntries.compactMap(parameter)
    for entry in parameterEntries { names.insert(entry.name.value, role: .parameter, dependence: .parameters) }
    for entry in stateEntries { names.insert(entry.name.value, role: .state, dependence: .states) }
    // Until their order is known, lets stand for numbers that depend on nothing.
    for entry in letEntries { names.insert(entry.name.value, role: .let, dependence: .parameters) }
    let lets = lets(letEntries.compactMap(unorderedLet), check: namesAreWhole)
    let states = stateEntries.compactMap(state)
    if namesAreWhole {
      let checks = NameChecks(names: names, problems: reader.problems)
      for state in states {
        checks.checkStart(state.start, subject: "start of '\(state.name.value)'")
        checks.check(state.rate.value, at: state.rate.location, subject: "rate of '\(state.name.value)'")
      }
    }
    let (phases, events) = phasesAndEvents(fields, namesAreWhole)
    let model = EquationsModel(parameters: parameters, lets: lets, states: states, phases: phases, events: events)
    return (.equations(model), namesAreWhole ? names : nil)
  }

  private mutating func phasesAndEvents(_ fields: Fields, _ namesAreWhole: Bool) -> (
    [PhaseDescription], [EventDescription]
  ) {
    let phaseEntries = fields.named("phases", role: "a phase")
    let eventEntries = fields.named("events", role: "an event")
    names.events = eventEntries.map(\.name.value)
    let reading = EventReading(
      reader: reader, names: namesAreWhole ? names : nil, phases: phaseEntries.map(\.name.value))
    return (phaseEntries.compactMap(reading.phase), eventEntries.compactMap(reading.event))
  }

  private func checkDistinct(_ declared: [(name: Located<String>, role: String)]) {
    var first: [String: (role: String, line: Int)] = [:]
    let inOrder = declared.sorted {
      ($0.name.location.line, $0.name.location.column) < ($1.name.location.line, $1.name.location.column)
    }
    for (name, role) in inOrder {
      if let meaning = ReservedNames.meaning(of: name.value) {
        reader.report(.reservedName(name.value, role: role, meaning: meaning), at: name.location)
      } else if let (by, line) = first[name.value] {
        reader.report(.nameTaken(name.value, role: role, by: by, line: line), at: name.location)
      } else {
        first[name.value] = (role, name.location.line)
      }
    }
  }

  private func parameter(_ entry: (name: Located<String>, field: Field)) -> ParameterDescription? {
    if entry.field.isMapping {
      guard let fields = reader.fields(entry.field, .section(JobKeys.parameter)) else { return nil }
      let (units, description) = labels(fields)
      return fields.number("value").map {
        ParameterDescription(name: entry.name, value: $0.value, units: units, description: description)
      }
    }
    return reader.number(entry.field).map {
      ParameterDescription(name: entry.name, value: $0.value, units: nil, description: nil)
    }
  }

  private func state(_ entry: (name: Located<String>, field: Field)) -> StateDescription? {
    let name = entry.name.value
    guard let fields = reader.fields(entry.field, .section(JobKeys.state), within: "state '\(name)'") else {
      return nil
    }
    let start = fields.expression("start", subject: "start of '\(name)'")
    let rate = fields.expression("rate", subject: "rate of '\(name)'")
    let (units, description) = labels(fields)
    guard let start, let rate else { return nil }
    return StateDescription(name: entry.name, start: start, rate: rate, units: units, description: description)
  }

  /// Units and description, which most things can have.
  private func labels(_ fields: Fields) -> (units: String?, description: String?) {
    (fields.text("units")?.value, fields.text("description")?.value)
  }
}

// MARK: Lets

extension ModelReading {
  private typealias UnorderedLet = (
    name: Located<String>, expression: Located<Expression>, units: String?, description: String?
  )

  private func unorderedLet(_ entry: (name: Located<String>, field: Field)) -> UnorderedLet? {
    let subject = "let '\(entry.name.value)'"
    if entry.field.isMapping {
      guard let fields = reader.fields(entry.field, .section(JobKeys.letExpression)) else { return nil }
      let (units, description) = labels(fields)
      return fields.expression("value", subject: subject).map { (entry.name, $0, units, description) }
    }
    return reader.expression(entry.field, subject: subject).map { (entry.name, $0, nil, nil) }
  }

  /// Orders lets, and finds their kinds and what they depend on.
  private mutating func lets(_ unordered: [UnorderedLet], check: Bool) -> [LetDescription] {
    let ordering = LetOrder(names: unordered.map(\.name.value), expressions: unordered.map(\.expression.value))
    for cycle in ordering.cycles {
      let cycleNames = cycle.map { unordered[$0].name.value }
      reader.report(
        .cyclicLet(cycleNames + cycleNames.prefix(1)),
        at: unordered[cycle[0]].name.location)
    }
    var lets: [LetDescription] = []
    for place in ordering.order {
      let (name, expression, units, description) = unordered[place]
      var kind: ExpressionKind?
      if check {
        kind = NameChecks(names: names, problems: reader.problems).check(
          expression.value, at: expression.location, subject: "let '\(name.value)'", conditionAllowed: true)
      }
      let dependence = expression.value.names.compactMap { names[$0.name]?.dependence }.max() ?? .parameters
      names.insert(name.value, role: .let, kind: kind ?? .number, dependence: dependence)
      lets.append(
        LetDescription(
          name: name, expression: expression, kind: kind ?? .number, dependence: dependence, units: units,
          description: description))
    }
    return lets
  }
}
