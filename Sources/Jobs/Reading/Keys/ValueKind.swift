/// What a value in a job file must be.
///
/// The reader, the JSON Schema and the reference table all follow from these descriptions, so that they cannot differ.
indirect enum ValueKind: Sendable {
  /// Any text.
  case text
  /// A text of these.
  case choice([String])
  /// A number or an expression over numbers, such as `8/3` or `2*pi`.
  case number(NumberRule)
  /// A time or an interval: a number, or an expression over parameters.
  case time
  /// A whole number from `least` on.
  case integer(least: Int)
  /// `yes` or `no`.
  case flag
  /// An expression over the model's names.
  case expression
  /// The name of something in the model: `rho`, `x` or `x.start`.
  case name
  case list(ValueKind, length: ClosedRange<Int>)
  /// Names that the user chooses, each with a value.
  case named(ValueKind, names: NameForm)
  /// A mapping with these keys.
  case section(KeySection)
  /// One of several mappings, told apart by which key is present; the last has no such key of its own.
  case byPresence([(key: String, section: KeySection)], otherwise: KeySection)
  /// One of several mappings, told apart by the value of one key.
  case byChoice(key: String, [(values: [String], section: KeySection)], otherwise: KeySection)
  case either([ValueKind])
}

/// A bound on a number, where it can be told without looking at other keys.
enum NumberRule: Sendable {
  case any, positive

  var inWords: String? {
    switch self {
    case .any: nil
    case .positive: "greater than 0"
    }
  }
}

/// The form of names that users choose.
enum NameForm: Sendable {
  /// A letter, then letters, digits or `_`.
  case identifier
  /// An identifier, or `x.start`.
  case varied

  var pattern: String {
    switch self {
    case .identifier: "^[A-Za-z][A-Za-z0-9_]*$"
    case .varied: "^[A-Za-z][A-Za-z0-9_]*(\\.start)?$"
    }
  }

  func allows(_ name: String) -> Bool {
    let base = self == .varied && name.hasSuffix(".start") ? String(name.dropLast(6)) : name
    guard let first = base.unicodeScalars.first, first != "_" else { return false }
    return base.unicodeScalars.allSatisfy { $0 == "_" || ($0.isASCII && $0.properties.isAlphabetic) || isDigit($0) }
      && !isDigit(first)
  }

  /// What may be meant by something that is not a name: behind the dot of `x.strt` only one word can stand.
  func nearest(to name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard self == .varied, parts.count == 2, allows(String(parts[0])) else { return nil }
    return parts[0] + ".start"
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}

/// A key of a job file and all there is to say about it.
struct JobKey: Sendable {
  let name: String
  let kind: ValueKind
  let isRequired: Bool
  /// The value without the key, in words; `nil` if there is none.
  let standard: String?
  /// A sentence for the reference and for editors.
  let meaning: String

  static func required(_ name: String, _ kind: ValueKind, _ meaning: String) -> JobKey {
    JobKey(name: name, kind: kind, isRequired: true, standard: nil, meaning: meaning)
  }

  static func optional(_ name: String, _ kind: ValueKind, standard: String? = nil, _ meaning: String) -> JobKey {
    JobKey(name: name, kind: kind, isRequired: false, standard: standard, meaning: meaning)
  }
}

/// The keys of one mapping.
struct KeySection: Sendable {
  /// What the mapping is, in words: "a state", "the job".
  let title: String
  let keys: [JobKey]

  subscript(name: String) -> JobKey? { keys.first { $0.name == name } }
}
