import Programs

extension FieldReader {
  /// A time: a number, or an expression over parameters and lets over them.
  ///
  /// - Parameters:
  ///   - names: of the model; nil where only numbers will do.
  ///   - subject: what the time is, in words.
  func time(_ field: Field, _ names: ModelNames?, subject: String) -> Located<TimeValue>? {
    guard case .scalar(let text, _) = field.node.content, let names, let expression = try? Expression.parse(text),
      expression.names.contains(where: { names[$0.name] != nil })
    else { return number(field).map { Located(.constant($0.value), at: $0.location) } }
    if let found = expression.names.first(where: { (names[$0.name]?.dependence ?? .parameters) > .parameters }) {
      report(.timeNotConstant(subject: subject, text: text, name: found.name), at: field.location)
      return nil
    }
    let kind = NameChecks(names: names, problems: problems).check(
      expression, at: field.location, subject: subject, known: "a parameter, or a let over parameters")
    return kind == nil ? nil : Located(.expression(expression), at: field.location)
  }

  /// An interval of time: greater than zero where it is a number.
  func interval(_ field: Field, _ names: ModelNames?, subject: String) -> Located<TimeValue>? {
    guard let time = time(field, names, subject: subject) else { return nil }
    if time.value.constant != nil, number(field, .positive) == nil { return nil }
    return time
  }

  /// A time, or a list of them; those that are numbers increase.
  func oneOrMoreTimes(_ field: Field, _ names: ModelNames?, subject: String, atMost count: Int) -> [TimeValue]? {
    guard let fields = field.isList ? list(field, length: 1...count) : [field] else { return nil }
    let times = fields.compactMap { time($0, names, subject: subject) }
    guard times.count == fields.count else { return nil }
    let numbers = times.compactMap { time in time.value.constant.map { Located($0, at: time.location) } }
    for (before, after) in zip(numbers, numbers.dropFirst()) where before.value >= after.value {
      report(.notIncreasing(key: field.keyPath, before: before.value, after: after.value), at: after.location)
      break
    }
    return times.map(\.value)
  }
}
