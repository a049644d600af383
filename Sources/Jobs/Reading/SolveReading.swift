import Dynamics
import Execution
import Programs

/// Reads how to solve the model.
struct SolveReading {
  let reader: FieldReader
  let precision: Precision
  /// The names that times may use; nil where only numbers will do.
  let names: ModelNames?
  /// Parameters, and lets over them, with the model's own values.
  let constants: [String: Double]

  /// More times than anyone saves; a slip such as `every: 1e-9` is told at once.
  static let mostSaves = 10_000_000

  func read(_ field: Field) -> SolveDescription? {
    guard let kind = JobKeys.job["solve"]?.kind, let fields = reader.fields(field, kind) else { return nil }
    let begin = fields["from"].flatMap { reader.time($0, names, subject: "solve.from") }
    let end = fields["until"].flatMap { reader.time($0, names, subject: "solve.until") }
    let from = begin.map { value($0.value) } ?? (fields["from"] == nil ? 0 : nil)
    let until = end.map { Located(value($0.value), at: $0.location) }
    let method =
      fields.choice("method", Method.self)
      ?? (fields["method"] == nil ? Located(.tsit5, at: field.location) : nil)
    var span: ClosedRange<Double>?
    if let from, let until {
      if !(until.value - from).isFinite {
        reader.report(
          .notAllowed(
            key: until.location.keyPath, rule: "a finite time after 'from', \(Expression.shortest(from))",
            found: Expression.shortest(until.value)),
          at: until.location)
      } else if until.value > from {
        span = from...until.value
      } else {
        reader.report(.backwards(from: from, until: until.value), at: until.location)
      }
    }
    let maximumSteps = fields.integer("maximum_steps")?.value ?? 100_000
    let stepping =
      method?.value.isAdaptive == false
      ? fixed(fields, span: span, maximumSteps: maximumSteps) : adaptive(fields, span: span)
    let save = fields["save"].flatMap { field in
      // What lies beyond a member's own end is not there; nothing is known of it here.
      let isOneEnd = end?.value.constant != nil
      return checkSaved(field, begin?.value, end?.value) ? self.save(field, span: isOneEnd ? span : nil) : nil
    }
    guard let span, let method, let stepping else { return nil }
    var solve = SolveDescription(
      from: span.lowerBound, until: span.upperBound, method: method, stepping: stepping, maximumSteps: maximumSteps,
      save: save)
    solve.fromExpression = located(begin)
    solve.untilExpression = located(end)
    if let switches = fields.choice("switches", SwitchChoice.self) {
      solve.endsStepsAtSwitches = switches.value == .on
    }
    if method.value.isAdaptive {
      solve.followsState = fields["absolute_tolerance"] == nil
      solve.nonnegative = fields.list("nonnegative")?.compactMap(reader.text) ?? []
      if let field = fields["absolute_tolerance"], field.isMapping {
        let all = tolerances(field)
        solve.absoluteTolerances = all.filter { $0.state.value != Self.otherStates }
        solve.followsState = all.count == solve.absoluteTolerances.count
      }
    }
    return solve
  }

  /// The key of a tolerance for all states that have none of their own.
  private static let otherStates = "default"

  /// The value of a time where nothing varies.
  private func value(_ time: TimeValue) -> Double {
    (try? time.expression.evaluated(constants: constants)) ?? .nan
  }

  private func located(_ time: Located<TimeValue>?) -> Located<Expression>? {
    guard let time, time.value.constant == nil else { return nil }
    return Located(time.value.expression, at: time.location)
  }

  /// Absolute tolerances by state.
  private func tolerances(_ field: Field) -> [(state: Located<String>, value: Double)] {
    (reader.named(field, .identifier, role: "a state") ?? []).compactMap { state, field in
      guard let value = reader.number(field, .positive) else { return nil }
      if value.value < precision.smallestAbsoluteTolerance {
        reportTooSmall(value, precision.smallestAbsoluteTolerance)
      }
      return (state, value.value)
    }
  }

  /// Saved times are those of all members.
  private func checkSaved(_ field: Field, _ begin: TimeValue?, _ end: TimeValue?) -> Bool {
    if case .scalar("nothing", _) = field.node.content { return true }
    if let begin, begin.constant == nil {
      reader.report(
        .saveNeedsKnownTimes(key: field.keyPath, advice: "Begin at a number, or keep outputs such as at(x, time)"),
        at: field.location)
      return false
    }
    if let end, end.constant == nil, !field.entries.contains(where: { $0.key == "at" }) {
      reader.report(
        .saveNeedsKnownTimes(
          key: field.keyPath, advice: "List them under 'at'; those after a member's end are NaN"),
        at: field.location)
      return false
    }
    return true
  }

  private func fixed(_ fields: Fields, span: ClosedRange<Double>?, maximumSteps: Int) -> Stepping? {
    guard let step = fields.number("step") else { return nil }
    if let span {
      let length = span.upperBound - span.lowerBound
      let steps = (length / step.value).rounded(.up)
      if step.value > length {
        reader.report(
          .notAllowed(
            key: step.location.keyPath, rule: "no longer than the time to solve, \(Expression.shortest(length))",
            found: Expression.shortest(step.value)),
          at: step.location)
      } else if steps > Double(maximumSteps) {
        reader.report(.tooManySteps(step: step.value, steps: steps, allowed: maximumSteps), at: step.location)
      }
    }
    return .fixed(step.value)
  }

  private func adaptive(_ fields: Fields, span: ClosedRange<Double>?) -> Stepping {
    let relative = fields.number("relative_tolerance")
    let given = fields["absolute_tolerance"]
    let absolute =
      given?.isMapping == true
      ? given.flatMap { tolerances($0).first { $0.state.value == Self.otherStates } }
        .map { Located($0.value, at: $0.state.location) }
      : given.flatMap { reader.number($0, .positive) }
    if let relative, relative.value < precision.smallestTolerance {
      reportTooSmall(relative, precision.smallestTolerance)
    }
    if let relative, relative.value >= 1 {
      reader.report(
        .notAllowed(key: relative.location.keyPath, rule: "less than 1", found: Expression.shortest(relative.value)),
        at: relative.location)
    }
    if let absolute, absolute.value < precision.smallestAbsoluteTolerance {
      reportTooSmall(absolute, precision.smallestAbsoluteTolerance)
    }
    let first = fields.number("first_step")
    let longest = fields.number("maximum_step")
    if let first, let limit = longest?.value ?? span.map({ $0.upperBound - $0.lowerBound }), first.value > limit {
      let other = longest == nil ? "the time to solve" : "maximum_step"
      reader.report(
        .notAllowed(
          key: first.location.keyPath, rule: "no longer than \(other), \(Expression.shortest(limit))",
          found: Expression.shortest(first.value)),
        at: first.location)
    }
    let standard = precision.defaultTolerances
    return .adaptive(
      relativeTolerance: relative?.value ?? standard.relative, absoluteTolerance: absolute?.value ?? standard.absolute,
      firstStep: first?.value, maximumStep: longest?.value)
  }

  private func reportTooSmall(_ tolerance: Located<Double>, _ smallest: Double) {
    reader.report(
      .toleranceTooSmall(
        key: tolerance.location.keyPath, found: tolerance.value, smallest: smallest, precision: precision),
      at: tolerance.location)
  }

  // MARK: Saving

  private func save(_ field: Field, span: ClosedRange<Double>?) -> SaveDescription? {
    if case .scalar("nothing", _) = field.node.content { return nil }
    guard case .either(let kinds)? = JobKeys.adaptiveSolve["save"]?.kind,
      let fields = reader.fields(field, kinds[0])
    else { return nil }
    let times: SaveTimes?
    if fields.section["every"] != nil {
      times = fields.number("every").flatMap { every($0, span: span) }
    } else if fields.section["at"] != nil {
      times = fields["at"].flatMap { at($0, span: span) }
    } else {
      times = fields.integer("count").flatMap { count in
        guard count.value > Self.mostSaves else { return .count(count.value) }
        reader.report(
          .tooManySaves(key: count.location.keyPath, count: Double(count.value), most: Self.mostSaves),
          at: count.location)
        return nil
      }
    }
    if let times, let span { checkApart(times, span, field) }
    let states = fields.list("states")?.compactMap(reader.text)
    if let states { reportRepeated(states) }
    return times.map { SaveDescription(times: $0, states: states) }
  }

  /// Times so near to each other that rounding makes them equal would not be increasing.
  private func checkApart(_ times: SaveTimes, _ span: ClosedRange<Double>, _ field: Field) {
    let length = span.upperBound - span.lowerBound
    let interval: Double
    switch times {
    case .count(let count): interval = length / Double(count - 1)
    case .every(let every): interval = every
    case .at: return
    }
    let resolution = 2 * max(span.lowerBound.magnitude, span.upperBound.magnitude).ulp
    if interval < resolution {
      reader.report(
        .notAllowed(
          key: field.keyPath, rule: "at least \(Expression.shortest(resolution)) between times, to tell them apart",
          found: Expression.shortest(interval)),
        at: field.location)
    }
  }

  private func reportRepeated(_ states: [Located<String>]) {
    var seen: Set<String> = []
    for state in states where !seen.insert(state.value).inserted {
      reader.report(
        .notAllowed(
          key: "solve.save.states", rule: "a list of different states", found: "one with '\(state.value)' twice"),
        at: state.location)
    }
  }

  private func every(_ interval: Located<Double>, span: ClosedRange<Double>?) -> SaveTimes? {
    guard let span else { return .every(interval.value) }
    let length = span.upperBound - span.lowerBound
    if interval.value > length {
      reader.report(
        .notAllowed(
          key: interval.location.keyPath, rule: "no longer than the time to solve, \(Expression.shortest(length))",
          found: Expression.shortest(interval.value)),
        at: interval.location)
      return nil
    }
    let count = (length / interval.value).rounded(.down) + 1
    if count > Double(Self.mostSaves) {
      reader.report(
        .tooManySaves(key: interval.location.keyPath, count: count, most: Self.mostSaves), at: interval.location)
      return nil
    }
    return .every(interval.value)
  }

  private func at(_ field: Field, span: ClosedRange<Double>?) -> SaveTimes? {
    guard let times = reader.oneOrMoreNumbers(field, atMost: Self.mostSaves) else { return nil }
    for (time, next) in zip(times, times.dropFirst()) where next.value <= time.value {
      reader.report(
        .notIncreasing(key: field.keyPath, before: time.value, after: next.value), at: next.location)
      return nil
    }
    if let span, let outside = times.first(where: { !span.contains($0.value) }) {
      reader.report(
        .timeOutside(
          subject: field.keyPath, time: outside.value, from: span.lowerBound, until: span.upperBound),
        at: outside.location)
      return nil
    }
    return .at(times.map(\.value))
  }
}
