import Archive
import Programs

extension JobDocument {
  /// Keys that say how a job is run or described, and not what comes out.
  private static let idle: Set<String> = ["version", "description", "results", "backend", "chunk"]

  /// Keys whose entries have names of the user's, and whose order is that of members or of variables in files.
  private static let ordered: Set<String> = [
    "vary", "outputs", "parameters", "let", "states", "columns", "groups",
  ]

  /// Everything that the results depend on, a line each: comments, layout and the order of keys make no difference.
  ///
  /// - Parameters:
  ///   - tables: the members of each table file that the job names.
  ///   - program: what is computed of each member. It stands for a model in Swift, which the job only names.
  func definition(tables: [(file: String, points: TablePoints)], program: Program) -> JobDefinition {
    var lines: [String] = []
    guard case .mapping(let entries) = root.content else { preconditionFailure("a job that was read is a mapping") }
    for entry in entries.sorted(by: { $0.key < $1.key }) where !Self.idle.contains(entry.key) {
      Self.add(entry.value, entry.key, to: &lines)
    }
    if case .registered = model {
      lines.append("\(Self.programKey)\(Self.programForm), \(Self.digest([program.text]))")
    }
    for table in tables {
      lines.append("table \(table.file): \(table.points.values.first?.count ?? 0) rows, \(Self.digest(table.points))")
    }
    return JobDefinition(name: name.value, lines: lines)
  }

  /// The line of a definition that stands for a model in Swift.
  private static let programKey = "model.program: "

  /// What that line's digest is of: digests of different forms say nothing of each other.
  private static let programForm = "text \(Program.textFormat)"

  /// Whether it can be told of two definitions if their models in Swift are the same: if both have one, they must know it by the
  /// same form of its program.
  static func canCompareModels(of a: JobDefinition, and b: JobDefinition) -> Bool {
    guard let a = form(of: a), let b = form(of: b) else { return true }
    return a == b
  }

  /// The form by which a definition knows its model in Swift, nil if it has none. Versions before there was a text wrote no
  /// form; their digest is of what `Program.description` prints, which leaves out most of a long constant.
  private static func form(of definition: JobDefinition) -> Substring? {
    guard let line = definition.lines.first(where: { $0.hasPrefix(programKey) }) else { return nil }
    return line.dropFirst(programKey.count).split(separator: ", ").dropLast().first ?? ""
  }

  /// Whether a line says which members there are, rather than what is computed of each.
  static func isAboutMembers(_ line: String) -> Bool {
    ["vary", "design", "table "].contains { line.hasPrefix($0) }
  }

  private static func add(_ node: TextNode, _ path: String, to lines: inout [String]) {
    switch node.content {
    case .scalar(let text, _): lines.append("\(path): \(text.onOneLine)")
    case .list(let nodes):
      let scalars = nodes.compactMap { node -> String? in
        guard case .scalar(let text, _) = node.content else { return nil }
        return text.onOneLine
      }
      if scalars.count == nodes.count {
        lines.append("\(path): [\(scalars.joined(separator: ", "))]")
      } else {
        for (number, node) in nodes.enumerated() { add(node, "\(path)[\(number + 1)]", to: &lines) }
      }
    case .mapping(let entries):
      let last = path.split(separator: ".").last.map(String.init) ?? path
      let sorted = ordered.contains(last) ? entries : entries.sorted { $0.key < $1.key }
      for entry in sorted { add(entry.value, "\(path).\(entry.key)", to: &lines) }
    }
  }

  /// The table's names and values to the last bit.
  private static func digest(_ points: TablePoints) -> String {
    digest(
      [points.names.map(\.description).joined(separator: " ")]
        + points.values.map { column in column.map { String($0.bitPattern, radix: 16) }.joined(separator: " ") })
  }

  private static func digest(_ lines: [String]) -> String {
    String(JobDefinition(name: "", lines: lines).identity.digest.prefix(12))
  }
}

extension String {
  fileprivate var onOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
