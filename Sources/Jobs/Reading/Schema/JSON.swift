/// A JSON value whose objects keep the order of their keys, so that a schema reads in the order of its job.
indirect enum JSON {
  case null
  case text(String)
  case number(Int)
  case bool(Bool)
  case list([JSON])
  case object([(key: String, value: JSON)])

  /// The value with two spaces of indentation a level; short lists on one line.
  func written(indent: Int = 0) -> String {
    let inner = String(repeating: "  ", count: indent + 1)
    let outer = String(repeating: "  ", count: indent)
    switch self {
    case .null: return "null"
    case .text(let text): return Self.quoted(text)
    case .number(let number): return "\(number)"
    case .bool(let bool): return "\(bool)"
    case .list(let values):
      let parts = values.map { $0.written(indent: indent + 1) }
      let line = "[\(parts.joined(separator: ", "))]"
      return line.count < 100 && !line.contains("\n")
        ? line : "[\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let entries):
      if entries.isEmpty { return "{}" }
      let lines = entries.map { "\(inner)\(Self.quoted($0.key)): \($0.value.written(indent: indent + 1))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .number(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSON...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { (key: $0.0, value: $0.1) }) }
}
