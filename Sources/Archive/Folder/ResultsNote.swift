import Foundation

/// Something that a reader of results should know.
public struct ResultsNote: Codable, Equatable, Sendable {
  /// Names, in the file, of the variables that it speaks of; none if it speaks of all results.
  public var variables: [String]
  public var text: String

  public init(_ text: String, on variables: [String] = []) { (self.variables, self.text) = (variables, text) }

  /// The attribute of a variable that has notes, and that of a file: one note a line.
  public static let attribute = "flowmap_note"
  public static let fileAttribute = "flowmap_notes"
}

extension ResultsLayout {
  /// The layout with notes among its attributes, after those that are there. Variables that it does not have are passed
  /// over.
  public func noting(_ notes: [ResultsNote]) throws -> ResultsLayout {
    if notes.isEmpty { return self }
    let noted = variables.map { variable in
      Variable(
        name: variable.name, elementType: variable.elementType, innerAxes: variable.innerAxes,
        attributes: variable.attributes.noting(
          notes.filter { $0.variables.contains(variable.name) }, as: ResultsNote.attribute),
        isCoordinate: variable.isCoordinate)
    }
    return try ResultsLayout(
      parts: parts, chunkSize: chunkSize, axes: axes, variables: noted,
      attributes: attributes.noting(notes.filter(\.variables.isEmpty), as: ResultsNote.fileAttribute))
  }
}

extension [Attribute] {
  fileprivate func noting(_ notes: [ResultsNote], as name: String) -> [Attribute] {
    if notes.isEmpty { return self }
    var lines = notes.map(\.text)
    if case .text(let before)? = first(name) { lines = before.split(separator: "\n").map(String.init) + lines }
    return filter { $0.name != name } + [Attribute(name, lines.joined(separator: "\n"))]
  }
}

/// What the end of a complete run has noted of the results, in a file of its own: shards are closed by then.
///
/// It is there if and only if the latest run that computed something has come to its end.
extension ResultsFolder {
  static let notesName = "notes.json"

  /// Keeps notes for merging. For one rank alone, when all members are there.
  ///
  /// - Throws: `ArchiveError.file` or `.diskFull`.
  public func write(_ notes: [ResultsNote]) throws {
    let (path, data) = (path + "/" + Self.notesName, try Self.encoder.encode(notes))
    // A run that finds everything there writes nothing.
    if FileManager.default.contents(atPath: path) == data { return }
    try DurableFile.replace(path, with: data)
  }

  /// Forgets the notes, as members will be computed. For one rank alone.
  public func removeNotes() throws {
    let path = path + "/" + Self.notesName
    guard unlink(path) == 0 || errno == ENOENT else { throw ArchiveError.system("replace", path) }
  }

  /// The notes, or nil if no run has come to its end since members were computed.
  ///
  /// - Throws: `ArchiveError.notResults` if they cannot be read.
  public var notes: [ResultsNote]? {
    get throws {
      guard let data = FileManager.default.contents(atPath: path + "/" + Self.notesName) else { return nil }
      guard let notes = try? Self.decoder.decode([ResultsNote].self, from: data) else {
        throw ArchiveError.notResults(
          folder: path, reason: "\(Self.notesName) is damaged; delete it, and the same run writes it again")
      }
      return notes
    }
  }
}
