/// One line of what `doctor` says.
struct Finding: Codable, Equatable {
  enum Kind: String, Codable {
    case ok
    /// Worth knowing; runs work.
    case note
    /// Runs fail, or go wrong, or are much slower than they need to be.
    case fault = "FAULT"
  }

  let kind: Kind
  let subject: String
  var text: String
  /// What to do about it.
  let cure: String?

  static func ok(_ subject: String, _ text: String) -> Finding {
    Finding(kind: .ok, subject: subject, text: text, cure: nil)
  }

  static func note(_ subject: String, _ text: String, cure: String? = nil) -> Finding {
    Finding(kind: .note, subject: subject, text: text, cure: cure)
  }

  static func fault(_ subject: String, _ text: String, cure: String) -> Finding {
    Finding(kind: .fault, subject: subject, text: text, cure: cure)
  }

  /// The findings of several nodes as one list: what all have found stands there once, the rest with the hosts' names.
  static func merged(_ nodes: [(host: String, findings: [Finding])]) -> [Finding] {
    var entries: [(finding: Finding, hosts: [String])] = []
    for node in nodes {
      for finding in node.findings {
        if let place = entries.firstIndex(where: { $0.finding == finding }) {
          entries[place].hosts.append(node.host)
        } else {
          // After the last of its subject, so that what belongs together stands together.
          let last = entries.lastIndex { $0.finding.subject == finding.subject }
          entries.insert((finding, [node.host]), at: last.map { $0 + 1 } ?? entries.endIndex)
        }
      }
    }
    return entries.map { entry in
      guard entry.hosts.count < nodes.count else { return entry.finding }
      var finding = entry.finding
      let more = entry.hosts.count > 4 ? " and \(entry.hosts.count - 4) more" : ""
      finding.text = "\(entry.hosts.prefix(4).joined(separator: ", "))\(more): \(finding.text)"
      return finding
    }
  }
}
