import Foundation

/// The words of every error that this module throws.
extension ArchiveError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .hdf5(let function, let argument, let text):
      return "\(function) failed on \(argument): \(text)"
    case .diskFull(let path, let text):
      return "no space is left for \(path); what was committed before stays valid (\(text))"
    case .file(let action, let path, let reason):
      return "cannot \(action) \(path): \(reason)"
    case .invalidLayout(let reason):
      return "the results cannot be stored: \(reason)"
    case .otherJob(let folder, let found, let expected):
      return """
        \(folder) holds the results of another job ('\(found.name)', \(found.digest.prefix(12))), not of this one \
        ('\(expected.name)', \(expected.digest.prefix(12))); nothing was written. Choose another folder.
        """
    case .otherLayout(let folder):
      return """
        \(folder) holds results of this job in another layout, so another version of flowmap wrote them; nothing was \
        written. Choose another folder.
        """
    case .notResults(let folder, let reason):
      return "\(folder) holds no results of flowmap: \(reason)"
    case .notShard(let path, let reason):
      return "\(path) is not a shard that this flowmap can read: \(reason)"
    case .missingChunks(let folder, let chunks, let members, let unreadable):
      let count = chunks.reduce(0) { $0 + $1.count }
      var text = """
        \(folder) is not complete: \(members) members in \(count) chunks are missing \
        (\(Self.list(chunks.map(Self.words), of: "chunk")))
        """
      if !unreadable.isEmpty { text += "; unreadable: " + Self.list(unreadable, of: "shard") }
      return text + ". Run the job again in the same folder."
    case .damagedChunks(let chunks):
      let places = chunks.map { "chunk \($0.chunk) in \($0.shard)" }
      return "the data do not match their checksums: " + Self.list(places, of: "damaged chunk")
    case .outputIsInput(let path):
      return "\(path) is one of the files to merge; choose another name for the merged file"
    }
  }

  public var errorDescription: String? { description }

  private static func words(_ range: Range<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound - 1)"
  }

  /// The first few, and how many more there are.
  private static func list(_ items: [String], of noun: String) -> String {
    let shown = items.prefix(8).joined(separator: ", ")
    return items.count <= 8 ? shown : "\(shown) and \(items.count - 8) more"
  }
}

extension ArchiveError {
  /// The error that `errno` tells of.
  static func system(_ action: String, _ path: String) -> ArchiveError {
    let code = errno
    let reason =
      String(cString: strerror(code)) + (code == EFBIG ? " for this file system or your limit (ulimit -f)" : "")
    return code == ENOSPC || code == EDQUOT
      ? .diskFull(path: path, text: reason) : .file(action: action, path: path, reason: reason)
  }

  /// The error of a failed HDF5 call; a full disk is told apart, whichever driver met it.
  static func library(_ function: String, _ argument: String, _ text: String) -> ArchiveError {
    let signs = [
      String(cString: strerror(ENOSPC)), String(cString: strerror(EDQUOT)), "MPI_ERR_NO_SPACE", "MPI_ERR_QUOTA",
    ]
    if let sign = signs.first(where: { text.contains($0) }) { return .diskFull(path: argument, text: sign) }
    return .hdf5(function: function, argument: argument, text: text)
  }
}
