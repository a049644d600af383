import Dynamics
import Programs

/// Reads phases and events, and checks the names that they use.
struct EventReading {
  let reader: FieldReader
  /// The names of the model; nil where they could not be read well enough to check others against them.
  let names: ModelNames?
  /// The phases by name, in the order of the file.
  let phases: [String]

  /// More times than any schedule has; a slip such as `every: 1e-9` is told at once.
  static let mostTimes = 1_000_000

  // MARK: Phases

  func phase(_ entry: (name: Located<String>, field: Field)) -> PhaseDescription? {
    let subject = "phase '\(entry.name.value)'"
    // A phase that has nothing of its own is as the model is.
    if entry.field.node.isNull { return PhaseDescription(name: entry.name, rates: []) }
    guard let fields = reader.fields(entry.field, .section(JobKeys.phase), within: subject) else { return nil }
    let rates = stateExpressions(fields, "rates") { "rate of '\($0)' in \(subject)" }
    return PhaseDescription(name: entry.name, rates: rates)
  }

  private func stateExpressions(_ fields: Fields, _ key: String, subject: (String) -> String) -> [StateExpression] {
    fields.named(key, role: "a state").compactMap { state, field in
      if let names, names[state.value]?.role != .state {
        let nearest = NearestName.to(state.value, among: names.names(.state))
        reader.report(
          .unknownState(key: "\(fields.location.keyPath).\(key)", name: state.value, nearest: nearest),
          at: state.location)
      }
      guard let expression = reader.expression(field, subject: subject(state.value)) else { return nil }
      check(expression, subject: subject(state.value))
      return StateExpression(state: state, expression: expression)
    }
  }

  @discardableResult
  private func check(_ expression: Located<Expression>, subject: String, conditionAllowed: Bool = false)
    -> ExpressionKind?
  {
    guard let names else { return nil }
    return NameChecks(names: names, problems: reader.problems).check(
      expression.value, at: expression.location, subject: subject, conditionAllowed: conditionAllowed)
  }

  // MARK: Events

  /// Checks how many times events have within a solution.
  static func checkTimes(of events: [EventDescription], within solve: SolveDescription, _ reader: FieldReader) {
    for event in events {
      guard case .every(let interval, let from, let until) = event.trigger, let length = interval.value.constant,
        from == nil || from?.constant != nil
      else { continue }
      let span = min(until?.constant ?? solve.until, solve.until) - (from?.constant ?? solve.from)
      if span / length > Double(mostTimes) {
        reader.report(
          .tooManyEventTimes(key: interval.location.keyPath, count: span / length, most: mostTimes),
          at: interval.location)
      }
    }
  }

  func event(_ entry: (name: Located<String>, field: Field)) -> EventDescription? {
    let subject = "event '\(entry.name.value)'"
    guard let fields = reader.fields(entry.field, JobKeys.event, within: subject) else { return nil }
    let trigger = trigger(fields, subject)
    let action = action(fields, entry.name)
    let phases = fields["during"].map { field -> [Located<String>] in
      let fields = field.isList ? reader.list(field, length: 1...1000) ?? [] : [field]
      return fields.compactMap { self.phaseName($0) }
    }
    guard let trigger, let action else { return nil }
    var event = EventDescription(name: entry.name, trigger: trigger, action: action, phases: phases)
    readOrder(fields, subject, &event)
    return event
  }

  /// When an event acts once it is triggered.
  private func readOrder(_ fields: Fields, _ subject: String, _ event: inout EventDescription) {
    if fields.section["when"] != nil {
      if let flag = fields.flag("at_start"), flag.value {
        event.happensAtStart = true
        if case .crossing(_, .both) = event.trigger {
          reader.report(.startOfBothDirections(subject: subject), at: flag.location)
        }
      }
      if let flag = fields.flag("persistent") { event.isPersistent = flag.value }
    }
    if let priority = fields.expression("priority", subject: "priority of \(subject)") {
      check(priority, subject: "priority of \(subject)")
      event.priority = priority
    }
    if let delay = fields.expression("delay", subject: "delay of \(subject)") {
      check(delay, subject: "delay of \(subject)")
      if let value = try? delay.value.evaluated(), !(value >= 0) {
        reader.report(
          .negativeDelay(subject: "delay of \(subject)", text: delay.value.description), at: delay.location)
      }
      event.delay = delay
    }
    if let values = fields.choice("values", EventValues.self) {
      event.takesValuesFromTrigger = values.value == .trigger
    }
  }

  private func phaseName(_ field: Field) -> Located<String>? {
    guard let name = reader.text(field) else { return nil }
    if !phases.contains(name.value) {
      reader.report(
        .unknownPhase(
          key: field.keyPath, name: name.value, nearest: NearestName.to(name.value, among: phases), known: phases),
        at: name.location)
    }
    return name
  }

  private func trigger(_ fields: Fields, _ subject: String) -> EventDescription.Trigger? {
    if fields.section["when"] != nil {
      guard let condition = fields.expression("when", subject: subject) else { return nil }
      let kind = checkCondition(condition, subject)
      let direction = fields.choice("direction", Event.Direction.self)
      if kind == .condition {
        if let direction {
          reader.report(
            .directionOfCondition(subject: subject, text: condition.value.description), at: direction.location)
        }
        return .becomesTrue(condition)
      }
      return .crossing(condition, direction?.value ?? .both)
    }
    if fields.section["at"] != nil {
      guard let field = fields["at"] else { return nil }
      return reader.oneOrMoreTimes(field, names, subject: "the time of \(subject)", atMost: Self.mostTimes).map {
        .at($0)
      }
    }
    guard let field = fields["every"],
      let interval = reader.interval(field, names, subject: "the interval of \(subject)")
    else { return nil }
    let bounds = ["from", "until"].map { key in
      fields[key].flatMap { reader.time($0, names, subject: "'\(key)' of \(subject)") }
    }
    if let from = bounds[0]?.value.constant, let until = bounds[1]?.value.constant, until < from {
      reader.report(
        .reversed(key: fields.location.keyPath, low: "from", high: "until", lowValue: from, highValue: until),
        at: bounds[1]?.location ?? fields.location)
      return nil
    }
    return .every(interval, from: bounds[0]?.value, until: bounds[1]?.value)
  }

  /// A condition changes in time.
  private func checkCondition(_ condition: Located<Expression>, _ subject: String) -> ExpressionKind? {
    guard let names, let kind = check(condition, subject: subject, conditionAllowed: true) else { return nil }
    defer { checkIsNumber(condition, subject) }
    if !condition.value.names.contains(where: { (names[$0.name]?.dependence ?? .parameters) > .parameters }) {
      reader.report(.constantTrigger(subject: subject, text: condition.value.description), at: condition.location)
    }
    return kind
  }

  /// A part of numbers alone that is not a number makes all that it stands in no number.
  private func checkIsNumber(_ condition: Located<Expression>, _ subject: String) {
    func isNever(_ part: Expression) -> Bool {
      if case .call(KnownFunction.piecewise.rawValue, _, _) = part { return false }
      if part.names.isEmpty, let value = try? part.evaluated(), value.isNaN { return true }
      return part.operands.contains(where: isNever)
    }
    if isNever(condition.value) {
      reader.report(.neverANumber(subject: subject, text: condition.value.description), at: condition.location)
    }
  }

  private func action(_ fields: Fields, _ name: Located<String>) -> EventDescription.Action? {
    let changes = stateExpressions(fields, "set") { "event '\(name.value)': the new value of '\($0)'" }
    let next = fields["next"].flatMap(phaseName)
    let isEmpty = fields["set"].map { $0.isMapping && $0.entries.isEmpty } ?? true
    let proceeds = fields["next"] != nil || !isEmpty
    let stop = fields.flag("stop")
    // A 'stop' that could not be read was told of already.
    if fields["stop"] != nil && stop == nil { return nil }
    if let stop, stop.value {
      if proceeds { reader.report(.stopAndProceed(event: name.value), at: stop.location) }
      return .stop
    }
    return .proceed(set: changes, next: next)
  }
}
