import Foundation

/// A private folder of compiled kernels, each beside the source it was made from.
///
/// A kernel is named by a hash of its source and of all that went into compiling it, and used only if the source
/// beside it is the same to the letter, so neither a collision nor an unlike node can give a wrong kernel.
struct KernelCache: Sendable {
  let folder: String

  /// The folder named by `FLOWMAP_CACHE`, else `flowmap` in the user's cache folder; made if missing.
  /// - Throws: `CompilerError.cacheNotPrivate` if others may write there, `.cacheNotWritable`.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(CompilerError) {
    if let named = environment["FLOWMAP_CACHE"], !named.isEmpty {
      folder = named
    } else if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      folder = base + "/flowmap"
    } else {
      folder = (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/flowmap"
    }
    if access(folder, F_OK) != 0 {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        // Foundation's words are its own; asked once more, the system gives its reason.
        let reason = mkdir(folder, 0o700) != 0 ? String(cString: strerror(errno)) : error.localizedDescription
        throw .cacheNotWritable(path: folder, reason: reason)
      }
    }
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .cacheNotPrivate(path: folder, reason: "is not a folder")
    }
    guard status.st_uid == geteuid() else { throw .cacheNotPrivate(path: folder, reason: "belongs to another user") }
    guard status.st_mode & 0o022 == 0 else { throw .cacheNotPrivate(path: folder, reason: "can be written by others") }
  }

  /// The path of the library made from `source`, compiling it if it is not there.
  ///
  /// Of the ranks of a node one compiles, under a lock; the others wait for it and find the file.
  /// - Parameters:
  ///   - watch: is told if it is not there, and may stop the waiting.
  ///   - compile: writes a library, given the paths of the source and the library.
  func library(
    for source: String, watch: CompilationWatch = CompilationWatch(),
    compile: (String, String) throws(CompilerError) -> Void
  ) throws(CompilerError) -> (path: String, wasCompiled: Bool) {
    let stem = folder + "/" + Self.hash(source)
    if isCurrent(stem, source) { return (stem + ".so", false) }
    watch.begins()
    let lock = open(stem + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw .cacheNotWritable(path: folder, reason: String(cString: strerror(errno))) }
    defer { close(lock) }
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      if watch.isStopped() { throw .stopped }
      // A file system without locks is one more reason to compile, not to wait.
      guard errno == EWOULDBLOCK || errno == EINTR else { break }
      usleep(10_000)
    }
    if watch.isStopped() { throw .stopped }
    if isCurrent(stem, source) { return (stem + ".so", false) }
    let draft = "\(stem).\(getpid())"
    do {
      try source.write(toFile: draft + ".c", atomically: false, encoding: .utf8)
    } catch {
      throw .cacheNotWritable(path: folder, reason: error.localizedDescription)
    }
    defer {
      unlink(draft + ".c")
      unlink(draft + ".so")
    }
    try compile(draft + ".c", draft + ".so")
    // The source comes last: a kernel without its source beside it does not count.
    guard rename(draft + ".so", stem + ".so") == 0, rename(draft + ".c", stem + ".c") == 0 else {
      throw .cacheNotWritable(path: folder, reason: String(cString: strerror(errno)))
    }
    return (stem + ".so", true)
  }

  private func isCurrent(_ stem: String, _ source: String) -> Bool {
    guard let file = FileManager.default.contents(atPath: stem + ".c") else { return false }
    return file.elementsEqual(source.utf8) && access(stem + ".so", R_OK) == 0
  }

  /// Two 64-bit FNV-1a hashes from different starts (Fowler, Noll, Vo), as 32 hexadecimal digits.
  static func hash(_ text: String) -> String {
    [0xcbf2_9ce4_8422_2325, 0x9ae1_6a3b_2f90_404f].map { (start: UInt64) in
      let value = text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
