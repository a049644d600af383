/// A part of a job file before it has a type: texts, lists and mappings, each with its place.
///
/// YAML's own guesses of types (`yes`, `1:30:00`, `010`) are left out on purpose: the schema says what a text must be.
struct TextNode: Sendable {
  enum Content: Sendable {
    /// A text, and whether it stood without quotes, so that it may be meant as "nothing".
    case scalar(String, isPlain: Bool)
    case list([TextNode])
    case mapping([TextEntry])
  }

  let content: Content
  let line: Int
  let column: Int

  /// Whether this is YAML's null: nothing at all, `~` or `null`, without quotes.
  var isNull: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The node in words, to follow "found".
  var inWords: String {
    switch content {
    case .scalar where isNull: "nothing"
    case .scalar(let text, _): "'\(text.shortened)'"
    case .list: "a list"
    case .mapping: "a mapping of keys to values"
    }
  }
}

/// A key and its value in a mapping.
struct TextEntry: Sendable {
  let key: String
  let line: Int
  let column: Int
  let value: TextNode
}

extension String {
  /// The beginning of a long text, for messages; without line breaks.
  var shortened: String {
    let line = split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 60 ? line.prefix(57) + "…" : line
  }
}
