import Programs

/// The values of a mapping by key, after its keys have been checked against their section.
///
/// Reading a value reports what is wrong with it and gives `nil`; so does a missing key, which was reported before.
struct Fields {
  let section: KeySection
  let location: Location
  private let values: [String: Field]
  let reader: FieldReader

  init(section: KeySection, location: Location, values: [String: Field], reader: FieldReader) {
    self.section = section
    self.location = location
    self.values = values
    self.reader = reader
  }

  subscript(key: String) -> Field? {
    assert(section[key] != nil, "\(section.title) has no key \(key)")
    return values[key]
  }

  func text(_ key: String) -> Located<String>? { self[key].flatMap(reader.text) }

  func number(_ key: String) -> Located<Double>? {
    guard let field = self[key], case .number(let rule) = section[key]?.kind else { return nil }
    return reader.number(field, rule)
  }

  func integer(_ key: String) -> Located<Int>? {
    guard let field = self[key], case .integer(let least) = section[key]?.kind else { return nil }
    return reader.integer(field, least: least)
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Located<Choice>? {
    self[key].flatMap { reader.choice($0) }
  }

  func flag(_ key: String) -> Located<Bool>? { self[key].flatMap(reader.flag) }

  func expression(_ key: String, subject: String) -> Located<Expression>? {
    self[key].flatMap { reader.expression($0, subject: subject) }
  }

  func list(_ key: String) -> [Field]? {
    guard let field = self[key], case .list(_, let length) = section[key]?.kind else { return nil }
    return reader.list(field, length: length)
  }

  /// The entries of a mapping whose keys are names that the user chose; empty if the key is absent.
  func named(_ key: String, role: String) -> [(name: Located<String>, field: Field)] {
    guard let field = self[key], case .named(_, let form) = section[key]?.kind else { return [] }
    return reader.named(field, form, role: role) ?? []
  }
}
