import Foundation

/// The words of every error that this module throws.
extension ArchiveError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .hdf5(let function, let argument, let text):
      return "\(function) failed on \(argument): \(text)"
    case .diskFull(let path, let text):
      return "no space is left for \(path); what shards have committed stays valid (\(text))"
    case .file(let action, let path, let reason):
      return "cannot \(action) \(path): \(reason)"
    case .invalidLayout(let reason):
      return "the results cannot be stored: \(reason)"
    case .changedJob(let folder, let changes):
      return """
        \(folder) holds the results of this job before it was changed; nothing was written. What has changed:
        \(Self.lines(changes))
        Undo that to continue, add members to these results with --extend, start over in a new folder with --fresh, or \
        choose another folder with --results.
        """
    case .modelNotComparable(let folder):
      return """
        \(folder) was begun by another version of flowmap, which knew models in Swift in another way, so it cannot be told \
        whether these are results of the same model; nothing was written. Start over in a new folder with --fresh, choose \
        another folder with --results, or go on with the version that began them. What is there can still be merged.
        """
    case .notExtendable(let folder, let reason):
      return """
        the results in \(folder) cannot be extended: \(reason); nothing was written. Start over in a new folder with \
        --fresh.
        """
    case .movedMember(let folder, let member, let name, let stored, let planned):
      return """
        the results in \(folder) cannot be extended: member \(member) has \(name) = \(stored) there, and would have \
        \(planned) now; nothing was written. Members keep their numbers and points: what keeps them is a larger count of a \
        random or Sobol design, values after those of the first name under 'vary', rows at the end of a table, or one \
        more design in a list. Start over in a new folder with --fresh.
        """
    case .locked(let path, let holder?):
      return """
        another run is at work here: process \(holder.process) on \(holder.host), since \(holder.since) (\(path)); \
        nothing was written. If that run has died with its machine, --break-lock takes the folder over.
        """
    case .locked(let path, nil):
      return """
        another run seems to be starting here (\(path)); nothing was written. If there is none, --break-lock takes the \
        folder over.
        """
    case .otherJob(let shard, let found, let expected):
      return """
        \(shard) holds results of another job ('\(found.name)', \(found.digest.prefix(12))), not of this folder's \
        ('\(expected.name)', \(expected.digest.prefix(12))); nothing was written. Move it elsewhere.
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
    case .missingMembers(let folder, let members, let chunks, let damage):
      let count = members.reduce(0) { $0 + $1.count }
      var text = """
        \(folder) is not complete: \(count) members in \(chunks == 1 ? "a chunk" : "\(chunks) chunks") are missing \
        (\(Self.list(members.map(Self.words), of: "run")))
        """
      if !damage.isEmpty { text += "; " + Self.list(damage, of: "problem") }
      return text + ". Run the job again in the same folder, or merge what is there with --partial."
    case .damagedFile(let path, let reason):
      return "\(path) is damaged: \(reason). Merge the results again."
    case .outputIsInput(let path):
      return "\(path) is one of the files to merge; choose another name for the merged file"
    }
  }

  public var errorDescription: String? { description }

  private static func words(_ range: Range<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound - 1)"
  }

  /// The first few, a line each, and how many more there are.
  private static func lines(_ items: [String]) -> String {
    let more = items.count > 12 ? ["and \(items.count - 12) more"] : []
    return (items.prefix(12) + more).map { "  " + $0 }.joined(separator: "\n")
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
