import Programs

/// Gives texts their types, as the schema says, and reports those that do not fit.
struct FieldReader {
  let problems: ProblemList

  func report(_ error: JobError, at location: Location) { problems.report(error, at: location) }

  // MARK: Texts

  func text(_ field: Field) -> Located<String>? {
    guard let text = scalar(field, expected: "a text") else { return nil }
    return Located(text, at: field.location)
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ field: Field) -> Located<Choice>? {
    let choices = Choice.allCases.map(\.rawValue)
    guard let text = scalar(field, expected: "one of \(choices.joined(separator: ", "))") else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let nearest = NearestName.to(text, among: choices)
      report(
        .notAChoice(key: field.keyPath, found: field.node.inWords, choices: choices, nearest: nearest),
        at: field.location)
      return nil
    }
    return Located(choice, at: field.location)
  }

  /// `yes` or `no`, which YAML may also write as `true` and `false`.
  func flag(_ field: Field) -> Located<Bool>? {
    guard let text = scalar(field, expected: "yes or no") else { return nil }
    guard let value = Self.flags[text] else {
      report(
        .notAChoice(
          key: field.keyPath, found: field.node.inWords, choices: ["yes", "no"],
          nearest: NearestName.to(text, among: ["yes", "no"])),
        at: field.location)
      return nil
    }
    return Located(value, at: field.location)
  }

  private static let flags = ["yes": true, "true": true, "no": false, "false": false]

  // MARK: Numbers

  /// A number, or an expression over numbers.
  func number(_ field: Field, _ rule: NumberRule = .any, mayBeInfinite: Bool = false) -> Located<Double>? {
    guard let text = scalar(field, expected: "a number such as 31, 1e-8 or 8/3"),
      let value = constant(text, field)
    else { return nil }
    guard value.isFinite || (mayBeInfinite && !value.isNaN) else {
      report(.notFinite(key: field.keyPath, found: field.node.inWords), at: field.location)
      return nil
    }
    switch rule {
    case .any: break
    case .positive where value > 0: break
    case .positive:
      report(
        .notAllowed(key: field.keyPath, rule: rule.inWords ?? "", found: field.node.inWords), at: field.location)
      return nil
    }
    return Located(value, at: field.location)
  }

  private func constant(_ text: String, _ field: Field) -> Double? {
    // Long lists of plain numbers need no parser. (Swift's own reading of numbers takes hexadecimals and `nan` too.)
    if text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let value = Double(text), value.isFinite {
      return value
    }
    do {
      return try Expression.parse(text).evaluated()
    } catch {
      let reason: String? =
        switch error.problem {
        // Plain words, such as "yes": that they are no known names helps nobody.
        case .unknownName where Expression.isName(text): nil
        case .malformedNumber(text), .numberOutOfRange(text): error.advice
        case .unexpectedCharacter where text.contains(":"): "is no single number; write times in the model's unit"
        default: error.message
        }
      report(.notANumber(key: field.keyPath, found: field.node.inWords, because: reason), at: field.location)
      return nil
    }
  }

  /// A whole number; `1e6` is one, as is `2^20`, but not `1.5`.
  func integer(_ field: Field, least: Int) -> Located<Int>? {
    guard let text = scalar(field, expected: "a whole number"), let value = constant(text, field) else { return nil }
    // Beyond 2^53 doubles skip whole numbers.
    guard let whole = Int(text) ?? (abs(value) <= 0x1p53 ? Int(exactly: value) : nil) else {
      report(.notAnInteger(key: field.keyPath, found: field.node.inWords), at: field.location)
      return nil
    }
    guard whole >= least else {
      report(
        .notAllowed(key: field.keyPath, rule: "a whole number from \(least) on", found: field.node.inWords),
        at: field.location)
      return nil
    }
    return Located(whole, at: field.location)
  }

  // MARK: Expressions

  func expression(_ field: Field, subject: String) -> Located<Expression>? {
    guard let text = scalar(field, expected: "an expression") else { return nil }
    do {
      return Located(try Expression.parse(text), at: field.location)
    } catch {
      var problem = JobError.expression(subject: subject, error)
      if case .unknownFunction(let name, _) = error.problem, ReductionFunction(rawValue: name) != nil {
        problem = .reductionOutsideOutput(subject: subject, name: name)
      }
      report(problem, at: field.location(of: error.range.lowerBound))
      return nil
    }
  }

  /// The text of a scalar that says something.
  func scalar(_ field: Field, expected: String) -> String? {
    guard case .scalar(let text, _) = field.node.content else {
      report(.wrongShape(key: field.keyPath, expected: expected, found: field.node.inWords), at: field.location)
      return nil
    }
    guard !field.node.isNull else {
      report(.noValue(key: field.keyPath), at: field.location)
      return nil
    }
    return text
  }

  // MARK: Lists

  func list(_ field: Field, length: ClosedRange<Int>) -> [Field]? {
    guard case .list(let nodes) = field.node.content else {
      let expected = length == 2...2 ? "a list of two numbers, [low, high]" : "a list, [a, b, …]"
      report(.wrongShape(key: field.keyPath, expected: expected, found: field.node.inWords), at: field.location)
      return nil
    }
    guard length.contains(nodes.count) else {
      let rule =
        length.lowerBound == length.upperBound
        ? "a list of \(length.lowerBound) values"
        : nodes.count < length.lowerBound
          ? "a list of at least \(length.lowerBound) value\(length.lowerBound == 1 ? "" : "s")"
          : "a list of at most \(length.upperBound) values"
      report(.notAllowed(key: field.keyPath, rule: rule, found: "a list of \(nodes.count)"), at: field.location)
      return nil
    }
    return nodes.enumerated().map { Field($1, keyPath: "\(field.keyPath)[\($0)]") }
  }

  func numbers(_ field: Field, length: ClosedRange<Int>, mayBeInfinite: Bool = false) -> [Located<Double>]? {
    guard let fields = list(field, length: length) else { return nil }
    let numbers = fields.compactMap { number($0, mayBeInfinite: mayBeInfinite) }
    return numbers.count == fields.count ? numbers : nil
  }

  /// A number, or a list of them.
  func oneOrMoreNumbers(_ field: Field, atMost count: Int) -> [Located<Double>]? {
    field.isList ? numbers(field, length: 1...count) : number(field).map { [$0] }
  }
}
