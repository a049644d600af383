import Programs

/// Reads outputs: reductions of the solution, and arithmetic over them.
struct OutputReading {
  let reader: FieldReader
  let solve: SolveDescription?

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
    if function == .count {
      guard case .name(_, _) = arguments[0] else {
        throw .countOfExpression(subject: subject, text: arguments[0].description)
      }
    }
    for argument in arguments {
      if let inner = nestedReduction(argument) {
        throw .nestedReduction(subject: subject, outer: function.rawValue, inner: inner)
      }
    }
    guard function == .at else { return Reduction(function: function, expression: arguments[0], time: nil) }
    let time: Double
    do {
      time = try arguments[1].evaluated()
    } catch {
      throw .reductionTimeNotConstant(subject: subject, text: arguments[1].description)
    }
    if let solve, !(solve.from...solve.until).contains(time) {
      throw .timeOutside(subject: subject, time: time, from: solve.from, until: solve.until)
    }
    guard time.isFinite else {
      throw .reductionTimeNotConstant(subject: subject, text: arguments[1].description)
    }
    return Reduction(function: function, expression: arguments[0], time: time)
  }

  private func nestedReduction(_ expression: Expression) -> String? {
    if case .call(let name, _, _) = expression, ReductionFunction(rawValue: name) != nil { return name }
    for operand in expression.operands {
      if let inner = nestedReduction(operand) { return inner }
    }
    return nil
  }
}
