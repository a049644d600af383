import Foundation

/// Telling a full disk from other failures of writing.
enum FullDisk {
  /// Does `write`, and finds out whether a full disk or a quota made it fail.
  ///
  /// The serial driver passes the system's words on. Through MPI-IO, HDF5 only hears that too few bytes were written,
  /// so this tries to write as many beside it.
  ///
  /// - Parameter bytes: how much `write` writes.
  static func explained(_ path: String, bytes: Int, _ write: () throws -> Void) throws {
    do {
      try write()
    } catch ArchiveError.hdf5(let function, let argument, let text) {
      try trial(path, bytes: bytes)
      throw ArchiveError.hdf5(function: function, argument: argument, text: text)
    }
  }

  /// Writes so many bytes into a file of its own beside a shard, and removes it.
  ///
  /// - Throws: `ArchiveError.diskFull` if they do not fit. What else goes wrong here is not what went wrong there.
  private static func trial(_ shard: String, bytes: Int) throws {
    let path = "\(shard).\(getpid())\(DurableFile.unfinished)"
    defer { unlink(path) }
    do {
      // A file system over the network may tell of a quota only here, where the bytes are sent.
      try DurableFile.write(path, Data(count: bytes))
    } catch ArchiveError.diskFull(_, let text) {
      throw ArchiveError.diskFull(path: shard, text: text)
    } catch {}
  }
}
