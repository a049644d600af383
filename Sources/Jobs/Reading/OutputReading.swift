import Programs

/// Reads outputs: reductions of the solution, and arithmetic over them.
struct OutputReading {
  let reader: FieldReader
  let solve: SolveDescription?
  /// The names that times may use; nil where only numbers will do.
  let names: ModelNames?

  static let functions = Dictionary(
    uniqueKeysWithValues: ReductionFunction.allCases.map { ($0.rawValue, $0.arity) })

  func read(_ entry: (name: Located<String>, field: Field)) -> OutputDescription? {
    let (name, field) = entry
    if let meaning = ReservedNames.meaning(of: name.value) {
      reader.report(.reservedName(name.value, role: "an output", meaning: meaning), at: name.location)
    }
    guard field.isMapping else { return output(name, field, units: nil, description: nil) }
    guard let fields = reader.fields(field, .section(JobKeys.output), within: "output '\(name.value)'"),
      let value = fields["value"]
    else { return nil }
    return output(
      name, value, units: fields.text("units")?.value, description: fields.text("description")?.value)
  }

  private func output(_ name: Located<String>, _ field: Field, units: String?, description: String?)
    -> OutputDescription?
  {
    let subject = "output '\(name.value)'"
    guard let text = reader.scalar(field, expected: "an expression such as final(x)") else { return nil }
    do {
      let expression = try Expression.parse(text, alsoCalling: Self.functions)
      guard let specification = specification(expression, text: text, subject: subject, at: field.location) else {
        return nil
      }
      return OutputDescription(
        name: name, specification: specification, location: field.location, units: units, description: description)
    } catch {
      reader.report(.expression(subject: subject, error), at: field.location(of: error.range.lowerBound))
      return nil
    }
  }

  /// Takes the reductions out of an expression and leaves placeholders for their values.
  private func specification(_ expression: Expression, text: String, subject: String, at location: Location)
    -> OutputSpecification?
  {
    var reductions: [Reduction] = []
    do {
      let combination = try expression.replacing { (part) throws(JobError) -> Expression? in
        guard case .call(let name, let arguments, let range) = part, let function = ReductionFunction(rawValue: name)
        else { return nil }
        let reduction = try reduction(function, arguments, subject: subject)
        let place = reductions.firstIndex(of: reduction) ?? reductions.count
        if place == reductions.count { reductions.append(reduction) }
        return .name(OutputSpecification.placeholder(place), at: range)
      }
      return OutputSpecification(reductions: reductions, combination: combination, text: text)
    } catch {
      reader.report(error, at: location)
      return nil
    }
  }

  private func reduction(_ function: ReductionFunction, _ arguments: [Expression], subject: String) throws(JobError)
    -> Reduction
  {
    guard function.arity.allows(arguments.count) else {
      throw .windowNeedsBothEdges(subject: subject, function: function.rawValue)
    }
    if function.isOfEvent {
      guard case .name(_, _) = arguments[0] else {
        throw .countOfExpression(subject: subject, text: arguments[0].description)
      }
    }
    for argument in arguments {
      if let inner = nestedReduction(argument) {
        throw .nestedReduction(subject: subject, outer: function.rawValue, inner: inner)
      }
    }
    var reduction = Reduction(function: function, expression: arguments[0], time: nil)
    if function == .timeOf, arguments.count > 1 {
      guard arguments.count == 2, case .name(let which, _) = arguments[1], ["first", "last"].contains(which) else {
        throw .neitherFirstNorLast(
          subject: subject, text: arguments.dropFirst().map(\.description).joined(separator: ", "))
      }
      reduction.isLast = which == "last"
    }
    if function == .at {
      let time = try self.time(arguments[1], subject: subject)
      if let time = time.constant, let solve, solve.hasOneStart, solve.hasOneEnd,
        !(solve.from...solve.until).contains(time)
      {
        throw .timeOutside(subject: subject, time: time, from: solve.from, until: solve.until)
      }
      reduction.time = time
    }
    if function.takesWindow, arguments.count > 1 {
      guard arguments.count == 3 else { throw .windowNeedsBothEdges(subject: subject, function: function.rawValue) }
      let (from, until) = (try time(arguments[1], subject: subject), try time(arguments[2], subject: subject))
      try checkWindow(from.constant, until.constant, subject: subject)
      (reduction.from, reduction.until) = (from, until)
    }
    return reduction
  }

  private func checkWindow(_ from: Double?, _ until: Double?, subject: String) throws(JobError) {
    if let from, let until, from >= until { throw .windowReversed(subject: subject, from: from, until: until) }
    guard let solve, solve.hasOneStart, solve.hasOneEnd else { return }
    let span = solve.from...solve.until
    if !span.contains(from ?? solve.from) || !span.contains(until ?? solve.until) {
      throw .windowOutside(
        subject: subject, from: from ?? solve.from, until: until ?? solve.until, begin: solve.from, end: solve.until)
    }
  }

  /// A number, or an expression over parameters.
  private func time(_ expression: Expression, subject: String) throws(JobError) -> TimeValue {
    if let names, !expression.names.isEmpty {
      for name in expression.names where Expression.constants[name.name] == nil {
        guard let entry = names[name.name], entry.dependence == .parameters else {
          throw .reductionTimeNotConstant(subject: subject, text: expression.description)
        }
      }
      if expression.names.contains(where: { Expression.constants[$0.name] == nil }) { return .expression(expression) }
    }
    guard let time = try? expression.evaluated(), time.isFinite else {
      throw .reductionTimeNotConstant(subject: subject, text: expression.description)
    }
    return .constant(time)
  }

  private func nestedReduction(_ expression: Expression) -> String? {
    if case .call(let name, _, _) = expression, ReductionFunction(rawValue: name) != nil { return name }
    for operand in expression.operands {
      if let inner = nestedReduction(operand) { return inner }
    }
    return nil
  }
}
