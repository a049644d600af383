import Foundation

/// Telling a full disk from other failures of writing.
enum FullDisk {
  /// Does `write`, and finds out whether a full disk made it fail.
  ///
  /// The serial driver passes the system's words on. Through MPI-IO, HDF5 only hears that too few bytes were written,
  /// so this looks at the disk.
  ///
  /// - Parameter bytes: how much `write` writes.
  static func explained(_ path: String, bytes: Int, _ write: () throws -> Void) throws {
    do {
      try write()
    } catch ArchiveError.hdf5(let function, let argument, let text) {
      var disk = statvfs()
      if statvfs(path, &disk) == 0, Int(disk.f_bavail) * Int(disk.f_frsize) < bytes {
        throw ArchiveError.diskFull(path: path, text: "\(function) wrote too few bytes")
      }
      throw ArchiveError.hdf5(function: function, argument: argument, text: text)
    }
  }
}
