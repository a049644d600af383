import Foundation

/// The files of a results folder, told apart by their names.
public struct FolderListing: Sendable {
  /// Paths of the shards, in the order of their names. Their contents are not looked at.
  public let shards: [String]
  /// Names of files that are no part of the results: other people's, and shards whose making was cut off.
  public let ignored: [String]
  /// The generation that a new run should use.
  let nextGeneration: Int

  /// - Throws: `ArchiveError.file` if the folder cannot be listed.
  public init(_ path: String) throws {
    let names: [String]
    do {
      // Sorted, so that every rank and every run sees the same order.
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw ArchiveError.file(action: "list", path: path, reason: Self.reason(error))
    }
    let own = [
      ResultsFolder.manifestName, ResultsFolder.manifestName + DurableFile.unfinished, ResultsFolder.logsName,
      ResultsFolder.notesName, ResultsFolder.notesName + DurableFile.unfinished,
    ]
    shards = names.filter { ShardName($0) != nil }.map { path + "/" + $0 }
    ignored = names.filter {
      ShardName($0) == nil && !own.contains($0) && !FolderLock.isOwn($0) && !RunRecord.isOwn($0)
    }
    // Shards whose making was cut off have had their number too.
    nextGeneration =
      (names.compactMap { name in
        ShardName(name.hasSuffix(DurableFile.unfinished) ? String(name.dropLast(DurableFile.unfinished.count)) : name)
      }.map(\.generation).max() ?? 0) + 1
  }

  /// Makes the folder if there is none, and makes sure that it can be written to.
  ///
  /// - Throws: `ArchiveError.file`.
  public static func make(_ path: String) throws {
    try makeAll(path)
    // access() knows of read-only file systems, which permissions do not show.
    guard access(path, W_OK) == 0 else { throw ArchiveError.system("write to", path) }
  }

  /// Makes a folder and those above it, where they are not there, and gives the system's own reason if that fails.
  private static func makeAll(_ path: String) throws {
    guard mkdir(path, 0o777) != 0 else { return }
    var status = stat()
    switch errno {
    case EEXIST:
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw ArchiveError.file(action: "create", path: path, reason: "a file of that name is there")
      }
    case ENOENT:
      let parent = path.parentPath
      guard !parent.isEmpty, parent != path else { throw ArchiveError.system("create", path) }
      try makeAll(parent)
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw ArchiveError.system("create", path) }
    default: throw ArchiveError.system("create", path)
    }
  }

  /// Makes a folder that was not there before: `path`, or else `path-2`, `path-3` and so on.
  ///
  /// - Returns: the path of the new folder.
  public static func makeFresh(_ path: String) throws -> String {
    let parent = path.parentPath
    if !parent.isEmpty { try make(parent) }
    for number in 1... {
      let candidate = number == 1 ? path : "\(path)-\(number)"
      // Making it says at once whether it was there, also to a run that looks at the same moment.
      if mkdir(candidate, 0o777) == 0 { return candidate }
      guard errno == EEXIST else { throw ArchiveError.system("create", candidate) }
    }
    preconditionFailure("numbers do not end")
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(underlying.code)))
  }
}
