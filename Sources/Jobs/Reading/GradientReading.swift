/// Reads which derivatives are wanted.
struct GradientReading {
  let reader: FieldReader

  func read(_ field: Field) -> GradientDescription? {
    guard let fields = reader.fields(field, .section(JobKeys.gradient)), let of = fields["of"],
      let withRespectTo = fields["with_respect_to"]
    else { return nil }
    let mode = fields["mode"] == nil ? Located(.auto, at: field.location) : fields.choice("mode", GradientMode.self)
    guard let of = names(of), let withRespectTo = names(withRespectTo), let mode else { return nil }
    return GradientDescription(
      of: of.list, withRespectTo: withRespectTo.list?.map { Located(VariedName($0.value), at: $0.location) },
      mode: mode,
      location: field.location)
  }

  /// - Returns: nil for a mistake; no list for `all`.
  private func names(_ field: Field) -> (list: [Located<String>]?, Void)? {
    guard field.isList else {
      guard let text = reader.scalar(field, expected: "'all' or a list of names, [a, b, …]") else { return nil }
      if text == "all" { return (nil, ()) }
      reader.report(
        .wrongShape(key: field.keyPath, expected: "'all' or a list of names, [a, b, …]", found: field.node.inWords),
        at: field.location)
      return nil
    }
    guard let names = reader.list(field, length: 1...100_000)?.compactMap(reader.text) else { return nil }
    var seen: Set<String> = []
    for name in names where !seen.insert(name.value).inserted {
      reader.report(
        .notAllowed(key: field.keyPath, rule: "a list of different names", found: "one with '\(name.value)' twice"),
        at: name.location)
    }
    return (names, ())
  }
}
