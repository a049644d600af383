import Foundation

/// Steps that make files survive a crash of the machine.
enum DurableFile {
  /// What the name of a file ends with until it is complete.
  static let unfinished = ".part"

  /// Writes a file beside the old one, forces it to the disk, and puts it in the old one's place.
  ///
  /// - Parameter forced: whether it has to survive a crash of the machine, too.
  static func replace(_ path: String, with data: Data, forced: Bool = true) throws {
    let part = path + unfinished
    try write(part, data, forced: forced)
    if forced { return try rename(part, to: path) }
    guard Glibc.rename(part, path) == 0 else { throw ArchiveError.system("replace", path) }
  }

  /// Writes a file, and forces it to the disk.
  static func write(_ path: String, _ data: Data, forced: Bool = true) throws {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ArchiveError.system("create", path) }
    defer { close(descriptor) }
    var rest = data[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else { throw ArchiveError.system("write", path) }
      rest = rest.dropFirst(written)
    }
    guard !forced || fsync(descriptor) == 0 else { throw ArchiveError.system("write", path) }
  }

  /// Renames a file that is already on the disk, so that the new name is on the disk too.
  static func rename(_ path: String, to target: String) throws {
    guard Glibc.rename(path, target) == 0 else { throw ArchiveError.system("rename \(path) to", target) }
    let folder = target.parentPath
    try synchronize(folder.isEmpty ? "." : folder)
  }

  /// Forces a file's bytes, or a folder's names, to the disk.
  static func synchronize(_ path: String) throws {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ArchiveError.system("open", path) }
    defer { close(descriptor) }
    // Some file systems cannot synchronize a folder and say EINVAL; they need not either.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw ArchiveError.system("write", path) }
  }
}
