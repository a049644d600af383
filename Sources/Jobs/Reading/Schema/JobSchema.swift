/// What a job file can hold, for editors and for people; both follow from the keys that the reader knows.
public enum JobSchema {
  /// A JSON Schema (draft 2020-12) of job files.
  ///
  /// It knows the keys, which of them go together, and the form of values. What depends on the model (whether a name
  /// exists, whether a range is empty) only the reader knows. Numbers may be texts, as `8/3` and, to many YAML readers,
  /// `1e-8` are.
  public static let text: String = {
    var entries: [(key: String, value: JSON)] = [
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "Flowmap job"),
      ("description", "An ensemble of simulations: a model, how to solve it, what to vary and what to keep."),
    ]
    if case .object(let section) = schema(.section(JobKeys.job), isOptional: false) { entries += section }
    return JSON.object(entries).written() + "\n"
  }()

  /// - Parameter isOptional: whether the value may be left empty, as an optional list or mapping may.
  private static func schema(_ kind: ValueKind, isOptional: Bool) -> JSON {
    switch kind {
    case .text: ["type": ["string", "number", "boolean"]]
    case .choice(let choices): ["enum": .list(choices.map(JSON.text) + (isOptional ? [.null] : []))]
    case .number(let rule): number(rule)
    case .time: ["type": ["string", "number"], "minLength": 1]
    case .integer(let least):
      ["type": ["integer", "string"], "minimum": .number(least), "pattern": .text(constantPattern)]
    // YAML readers of either version: `yes` is a text to some and true to others.
    case .flag: ["enum": [true, false, "yes", "no"]]
    case .expression: ["type": ["string", "number"], "minLength": 1]
    case .name: ["type": "string", "pattern": .text(NameForm.varied.pattern)]
    case .list(let element, let length):
      [
        "type": type("array", isOptional), "items": schema(element, isOptional: false),
        "minItems": .number(length.lowerBound), "maxItems": .number(length.upperBound),
      ]
    case .named(let value, let names):
      [
        "type": type("object", isOptional),
        "patternProperties": .object([(key: names.pattern, value: schema(value, isOptional: value.mayBeEmpty))]),
        "additionalProperties": false,
      ]
    case .section(let section): mapping(section, isOptional)
    case .byPresence(let choices, let otherwise):
      conditional(
        choices.map { (condition: ["required": [.text($0.key)]], section: $0.section) }, otherwise, isOptional)
    case .byChoice(let key, let choices, let otherwise):
      conditional(
        choices.map { choice in
          let values = JSON.object([(key: key, value: ["enum": .list(choice.values.map(JSON.text))])])
          return (condition: ["required": [.text(key)], "properties": values], section: choice.section)
        }, otherwise, isOptional)
    case .either(let kinds): either(kinds, isOptional)
    }
  }

  /// Texts that can be constant expressions: they begin with a number, a constant or a call.
  private static let constantPattern = "^[-+( ]*([0-9.]|pi|inf|[a-z0-9]+\\()"

  private static func number(_ rule: NumberRule) -> JSON {
    var entries: [(key: String, value: JSON)] = [("type", ["number", "string"])]
    switch rule {
    case .any: break
    case .positive: entries.append(("exclusiveMinimum", 0))
    }
    entries.append(("pattern", .text(constantPattern)))
    return .object(entries)
  }

  private static func type(_ name: String, _ isOptional: Bool) -> JSON {
    isOptional ? [.text(name), "null"] : .text(name)
  }

  private static func mapping(_ section: KeySection, _ isOptional: Bool) -> JSON {
    let properties = section.keys.map { key -> (key: String, value: JSON) in
      var entries: [(key: String, value: JSON)] = [("description", .text(description(of: key)))]
      if case .object(let kind) = schema(key.kind, isOptional: !key.isRequired && key.kind.holdsMany) {
        entries += kind
      }
      return (key.name, .object(entries))
    }
    var entries: [(key: String, value: JSON)] = [
      ("type", type("object", isOptional)), ("properties", .object(properties)),
    ]
    let required = section.keys.filter(\.isRequired).map { JSON.text($0.name) }
    if !required.isEmpty { entries.append(("required", .list(required))) }
    entries.append(("additionalProperties", false))
    return .object(entries)
  }

  private static func description(of key: JobKey) -> String {
    key.standard.map { "\(key.meaning) Default: \($0)." } ?? key.meaning
  }

  /// A chain of if, then, else: a mistake is told against the one mapping that was meant, not against all of them.
  private static func conditional(
    _ choices: [(condition: JSON, section: KeySection)], _ otherwise: KeySection, _ isOptional: Bool
  ) -> JSON {
    choices.reversed().reduce(mapping(otherwise, isOptional)) { rest, choice in
      ["if": choice.condition, "then": mapping(choice.section, isOptional), "else": rest]
    }
  }

  private static func either(_ kinds: [ValueKind], _ isOptional: Bool) -> JSON {
    guard kinds.count == 2 else { preconditionFailure("a choice between more than two forms needs its own schema") }
    // The form that a list or a mapping shows is asked first; a mapping before a text, a list before a mapping.
    let lists = kinds.map { if case .list = $0 { true } else { false } }
    let first = lists.firstIndex(of: true) ?? kinds.firstIndex { $0.holdsMany } ?? 0
    return [
      "if": ["type": lists[first] ? "array" : "object"],
      "then": schema(kinds[first], isOptional: false),
      "else": schema(kinds[1 - first], isOptional: isOptional),
    ]
  }
}
