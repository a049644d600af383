extension JobSchema {
  /// Every key of a job file as Markdown tables, one a mapping: the reference part of docs/job-file.md.
  public static var markdownReference: String {
    var tables: [(title: String, keys: [JobKey])] = []
    collect(.section(JobKeys.job), Place(path: ""), into: &tables)
    // Whoever prints it ends the last line.
    return String(tables.map(markdown).joined(separator: "\n").dropLast())
  }

  /// Where a mapping stands, and which of several mappings it is.
  private struct Place {
    var path: String
    var variant = ""

    var title: String {
      path.isEmpty ? "The job" : variant.isEmpty ? "`\(path)`" : "`\(path)` with `\(variant)`"
    }

    func child(_ key: String) -> Place { Place(path: path.isEmpty ? key : "\(path).\(key)") }

    func with(_ variant: String) -> Place { Place(path: path, variant: variant) }
  }

  private static func collect(_ kind: ValueKind, _ place: Place, into tables: inout [(title: String, keys: [JobKey])]) {
    switch kind {
    case .text, .choice, .number, .time, .integer, .flag, .expression, .name: break
    case .list(let element, _): collect(element, place, into: &tables)
    case .named(let value, _): collect(value, place.child("<name>"), into: &tables)
    case .either(let kinds): for kind in kinds { collect(kind, place, into: &tables) }
    case .section(let section):
      // What several mappings share, such as 'save' under 'solve', is told once.
      guard !tables.contains(where: { $0.title == place.title }) else { return }
      tables.append((place.title, section.keys))
      for key in section.keys { collect(key.kind, place.child(key.name), into: &tables) }
    case .byPresence(let choices, let otherwise):
      collect(.section(otherwise), place.with(otherwise.keys.first?.name ?? ""), into: &tables)
      for choice in choices { collect(.section(choice.section), place.with(choice.key), into: &tables) }
    case .byChoice(let key, let choices, let otherwise):
      let special = choices.flatMap(\.values)
      var rest: [String] = []
      if case .choice(let all)? = otherwise[key]?.kind { rest = all.filter { !special.contains($0) } }
      for (values, section) in [(rest, otherwise)] + choices.map({ ($0.values, $0.section) }) {
        collect(.section(section), place.with("\(key): \(values.joined(separator: "|"))"), into: &tables)
      }
    }
  }

  private static func markdown(_ table: (title: String, keys: [JobKey])) -> String {
    var lines = ["### \(table.title)", "", "| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key in table.keys {
      let standard = key.isRequired ? "required" : key.standard ?? "none"
      lines.append("| `\(key.name)` | \(inWords(key.kind)) | \(escaped(standard)) | \(escaped(key.meaning)) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  private static func inWords(_ kind: ValueKind) -> String {
    switch kind {
    case .text: "text"
    case .choice(let choices): choices.map { "`\($0)`" }.joined(separator: ", ")
    case .number(let rule): rule.inWords.map { "number \($0)" } ?? "number"
    case .time: "time"
    case .integer(let least): "whole number from \(least) on"
    case .flag: "`yes`, `no`"
    case .expression: "expression"
    case .name: "name"
    case .list(let element, let length):
      length.lowerBound == length.upperBound
        ? "list of \(length.lowerBound): \(inWords(element))" : "list of: \(inWords(element))"
    case .named(let value, _): "names, each with: \(inWords(value))"
    case .section, .byPresence, .byChoice: "mapping"
    case .either(let kinds): kinds.map(inWords).joined(separator: ", or ")
    }
  }
}
