import Programs

extension FieldReader {
  /// Reads a mapping whose keys are names that the user chose.
  func named(_ field: Field, _ form: NameForm, role: String) -> [(name: Located<String>, field: Field)]? {
    guard isMapping(field, expected: "a mapping of names to values") else { return nil }
    guard !hasBrokenKeys(field, known: { form.allows($0) }) else { return nil }
    return field.entries.compactMap { entry in
      let child = field.child(entry)
      let place = Location(line: entry.line, column: entry.column, keyPath: child.keyPath)
      guard form.allows(entry.key) else {
        report(.notAName(entry.key, role: role, nearest: form.nearest(to: entry.key)), at: place)
        return nil
      }
      return (Located(entry.key, at: place), child)
    }
  }

  /// Reads a mapping with known keys. `within` names it in messages.
  func fields(_ field: Field, _ kind: ValueKind, within: String? = nil) -> Fields? {
    switch kind {
    case .section(let section):
      return fields(field, ChosenSection(section: section), within: within)
    case .byPresence(let choices, let otherwise):
      let present = choices.first { choice in field.entries.contains { $0.key == choice.key } }
      let own = otherwise.keys.first?.name ?? ""
      var alternatives = choices.map { (name: "'\($0.key)'", section: $0.section) }
      alternatives.append((name: "'\(own)'", section: otherwise))
      return fields(
        field,
        ChosenSection(
          section: present?.section ?? otherwise, choice: present?.key ?? own, alternatives: alternatives,
          selectors: choices.map(\.key), own: own),
        within: within)
    case .byChoice(let key, let choices, let otherwise):
      let entry = field.entries.first { $0.key == key }
      var chosen: String?
      if case .scalar(let text, _)? = entry?.value.content { chosen = text }
      let all: [String] =
        if case .choice(let all)? = otherwise[key]?.kind { all } else { [] }
      let section = choices.first { choice in choice.values.contains { $0 == chosen } }?.section ?? otherwise
      // With a misspelt choice nobody knows which keys are right: complain about the choice alone.
      if let entry, let chosen, !all.contains(chosen) {
        let path = field.child(entry)
        let nearest = NearestName.to(chosen, among: all)
        report(
          .notAChoice(key: path.keyPath, found: path.node.inWords, choices: all, nearest: nearest), at: path.location)
        return nil
      }
      let special = choices.flatMap(\.values)
      let rest = all.filter { !special.contains($0) }
      var alternatives = choices.map { (name: "\(key): \($0.values.joined(separator: " or "))", section: $0.section) }
      alternatives.append((name: "\(key): \(rest.joined(separator: " or "))", section: otherwise))
      return fields(
        field,
        ChosenSection(
          section: section, choice: "\(key): \(chosen ?? otherwise[key]?.standard ?? "")", alternatives: alternatives),
        within: within)
    case .text, .choice, .number, .time, .integer, .flag, .expression, .name, .list, .named, .either:
      preconditionFailure("not a kind of mapping")
    }
  }

  /// A section that was chosen among several, and the others, to explain keys that belong there.
  fileprivate struct ChosenSection {
    let section: KeySection
    var choice = ""
    var alternatives: [(name: String, section: KeySection)] = []
    /// Keys that choose a section by being present.
    var selectors: [String] = []
    /// The first key of the section that is meant when no selector is present.
    var own: String?
  }

  private func fields(_ field: Field, _ chosen: ChosenSection, within title: String?) -> Fields? {
    let section = chosen.section
    let within = title ?? (field.keyPath.isEmpty ? section.title : field.keyPath)
    let known = section.keys.map(\.name)
    let listed = known.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    guard isMapping(field, expected: "a mapping with keys such as \(listed)") else { return nil }
    guard !hasBrokenKeys(field, known: { section[$0] != nil || chosen.selectors.contains($0) }) else { return nil }

    var values: [String: Field] = [:]
    var meant: Set<String> = []
    for entry in field.entries {
      let child = field.child(entry)
      let place = Location(line: entry.line, column: entry.column, keyPath: child.keyPath)
      if let key = section[entry.key] {
        // An optional list or mapping that is left empty is as good as absent: all its lines may be commented out.
        if child.node.isNull, !key.isRequired, key.kind.holdsMany { continue }
        values[entry.key] = child
      } else if let advice = chosen.advice(on: entry.key) {
        meant.insert(entry.key)
        report(.misplacedKey(entry.key, within: within, choice: chosen.choice, advice: advice), at: place)
      } else {
        let candidates = known + chosen.selectors.filter { !known.contains($0) }
        let nearest = NearestName.to(entry.key, among: candidates)
        if let nearest { meant.insert(nearest) }
        report(.unknownKey(entry.key, within: within, nearest: nearest, known: candidates), at: place)
      }
    }
    // A key that chooses a section, misspelt, leaves the section in doubt.
    if !meant.isDisjoint(with: chosen.selectors) { return nil }
    for key in section.keys where key.isRequired && values[key.name] == nil && !meant.contains(key.name) {
      report(.missingKey(key.name, within: within, meaning: key.meaning), at: field.location)
    }
    return Fields(section: section, location: field.location, values: values, reader: self)
  }

  private func isMapping(_ field: Field, expected: String) -> Bool {
    if field.isMapping { return true }
    if field.node.isNull {
      report(.noValue(key: field.keyPath), at: field.location)
    } else {
      let key = field.keyPath.isEmpty ? "a job file" : field.keyPath
      report(.wrongShape(key: key, expected: expected, found: field.node.inWords), at: field.location)
    }
    return false
  }

  /// Whether a mapping has keys that are pieces of a value: `{rate: min(x, y)}` has the key `y)`, and `{from:0}` has
  /// the key `from:0`. What else is wrong with such a mapping follows from that, and is not reported.
  private func hasBrokenKeys(_ field: Field, known: (String) -> Bool) -> Bool {
    for entry in field.entries where entry.value.isNull && !known(entry.key) {
      let place = Location(line: entry.line, column: entry.column, keyPath: field.keyPath)
      let beforeColon = entry.key.prefix { $0 != ":" }
      if beforeColon.count < entry.key.count, Expression.isName(String(beforeColon)) {
        report(.missingSpace(entry.key), at: place)
        return true
      }
      if entry.key.contains(where: { ")]*/+^<>".contains($0) }) {
        report(.unquotedComma(entry.key), at: place)
        return true
      }
    }
    return false
  }
}

extension FieldReader.ChosenSection {
  /// Where a key belongs, if to another section than the chosen one.
  fileprivate func advice(on key: String) -> String? {
    if selectors.contains(key) || key == own { return "Give one of them" }
    let homes = alternatives.filter { $0.section[key] != nil }.map(\.name)
    return homes.isEmpty ? nil : "It goes with \(homes.joined(separator: ", "))"
  }
}

extension ValueKind {
  /// Whether a name with this value may be left without any: nothing is needed to say what it is.
  var mayBeEmpty: Bool {
    if case .section(let section) = self { section.keys.allSatisfy { !$0.isRequired } } else { false }
  }

  /// Whether the value is a list or a mapping.
  var holdsMany: Bool {
    switch self {
    case .text, .choice, .number, .time, .integer, .flag, .expression, .name: false
    case .list, .named, .section, .byPresence, .byChoice: true
    case .either(let kinds): kinds.contains { $0.holdsMany }
    }
  }
}
