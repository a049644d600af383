/// What makes a job this job and no other, short enough to stand in every shard.
public struct JobIdentity: Codable, Equatable, Sendable {
  /// The job's name, for messages.
  public let name: String
  /// 32 hexadecimal digits: the XXH3-128 of the definition.
  public let digest: String
}

/// Everything that the results of a job depend on, written in one fixed way: lines of the form `key: value`.
///
/// It is kept with the results, so that a changed job can be told from the same one and the change be shown.
public struct JobDefinition: Codable, Equatable, Sendable {
  /// The job's name, for messages.
  public let name: String
  public let lines: [String]

  public init(name: String, lines: [String]) { (self.name, self.lines) = (name, lines) }

  public var identity: JobIdentity {
    JobIdentity(name: name, digest: Checksum.digest(lines.joined(separator: "\n")))
  }

  /// What is different in `newer`, a line each: `solve.until: 1 → 2`.
  public func changes(to newer: JobDefinition) -> [String] {
    let (old, new) = (Self.values(lines), Self.values(newer.lines))
    var changes: [String] = []
    for (key, value) in old.inOrder where new.byKey[key] != value {
      changes.append("\(key): \(value) → \(new.byKey[key] ?? "nothing")")
    }
    for (key, value) in new.inOrder where old.byKey[key] == nil { changes.append("\(key): nothing → \(value)") }
    if changes.isEmpty && lines != newer.lines {
      let pair = zip(lines, newer.lines).first { $0 != $1 }
      changes.append("the order of what is listed, from '\(pair?.0 ?? "")' → '\(pair?.1 ?? "")' on")
    }
    return changes
  }

  private static func values(_ lines: [String]) -> (inOrder: [(String, String)], byKey: [String: String]) {
    let pairs = lines.map { line -> (String, String) in
      guard let colon = line.firstRange(of: ": ") else { return (line, "") }
      return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
    }
    return (pairs, Dictionary(pairs) { first, _ in first })
  }
}
