import Foundation

/// What the place of a results folder can hold, found out before anything is written there.
public enum DiskRoom {
  /// Bytes that this user may still write to the file system of a folder; nil if it does not say.
  ///
  /// - Parameter folder: need not be there yet; the nearest one above it that is there counts.
  public static func free(at folder: String) -> Int? {
    var disk = statvfs()
    guard statvfs(existing(folder), &disk) == 0 else { return nil }
    let (bytes, isTooLarge) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(clamping: disk.f_frsize))
    return isTooLarge ? .max : bytes
  }

  /// Tries out whether a file may be so large where a folder is, or is to be. HDF5 crashes when it meets the limit.
  ///
  /// - Throws: `ArchiveError.file` if it may not. That nothing can be written there at all is for others to say.
  public static func checkFile(of bytes: Int, in folder: String) throws {
    let path = "\(existing(folder))/.flowmap-\(getpid()).part"
    let probe = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard probe >= 0 else { return }
    defer {
      close(probe)
      unlink(path)
    }
    guard ftruncate(probe, bytes) == 0 || errno != EFBIG else {
      throw ArchiveError.system("make a file of \(bytes) bytes in", folder)
    }
  }

  /// The folder, or the nearest one above it that is there.
  private static func existing(_ folder: String) -> String {
    var url = URL(fileURLWithPath: folder)
    var isFolder: ObjCBool = false
    while !(FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue),
      url.path != "/"
    { url.deleteLastPathComponent() }
    return url.path
  }
}
