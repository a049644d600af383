/// A value in the file together with the keys that lead to it.
struct Field {
  let node: TextNode
  let location: Location

  init(_ node: TextNode, keyPath: String) {
    self.node = node
    location = Location(line: node.line, column: node.column, keyPath: keyPath)
  }

  var keyPath: String { location.keyPath }

  /// The keys of a mapping, nothing for other values.
  var entries: [TextEntry] {
    if case .mapping(let entries) = node.content { entries } else { [] }
  }

  var isList: Bool {
    if case .list = node.content { true } else { false }
  }

  var isMapping: Bool {
    if case .mapping = node.content { true } else { false }
  }

  /// The value of a key in this mapping.
  func child(_ entry: TextEntry) -> Field {
    Field(entry.value, keyPath: keyPath.isEmpty ? entry.key : "\(keyPath).\(entry.key)")
  }

  /// The place of a part of this text, where the text stands on one line as it was written.
  func location(of offset: Int) -> Location {
    guard case .scalar(let text, let isPlain) = node.content, !text.contains("\n") else { return location }
    return Location(line: location.line, column: location.column + offset + (isPlain ? 0 : 1), keyPath: keyPath)
  }
}

/// The problems found so far. Reading goes on after a problem, so that a user sees several at once.
final class ProblemList {
  /// More are not worth anyone's time.
  private static let most = 1000

  private(set) var problems: [JobProblem] = []

  func report(_ error: JobError, at location: Location) {
    let problem = JobProblem(error, at: location)
    if problems.count < Self.most, !problems.contains(problem) { problems.append(problem) }
  }

  func throwIfAny(path: String) throws(InvalidJob) {
    if !problems.isEmpty { throw InvalidJob(path: path, problems: problems) }
  }
}
