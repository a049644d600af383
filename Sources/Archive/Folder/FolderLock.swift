import Cluster
import Foundation

/// One run's claim to a results folder, held by rank 0 from before it looks into the folder until its shards are closed.
///
/// A small file, made in one step by linking: file systems of clusters agree on that, and not on `flock`. Who holds it stands
/// in it. A process that has died on this host, or before its last start, leaves a lock that the next run takes over.
public final class FolderLock: Sendable {
  static let name = "flowmap.lock"

  /// Whether a name in the folder belongs to the lock, or to a claim that was cut off.
  static func isOwn(_ file: String) -> Bool { file == name || file.hasPrefix(name + ".") }

  /// Who holds a lock.
  public struct Holder: Codable, Equatable, Sendable {
    public let host: String
    public let process: Int32
    /// When the process claimed the folder, in UTC.
    public let since: String
    /// What tells the process from a later one with its number: the start of the machine, and of the process after it.
    let machineStart: String
    let processStart: String
    /// The batch job that the process belongs to; nil outside of Slurm.
    let batchJob: BatchJob?

    /// A start of a job of Slurm's.
    struct BatchJob: Codable, Equatable, Sendable {
      let number: String
      let restarts: Int

      /// - Parameter environment: of a process that the job has started.
      init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let number = environment["SLURM_JOB_ID"] else { return nil }
        self.number = [environment["SLURM_CLUSTER_NAME"], number].compactMap { $0 }.joined(separator: " ")
        restarts = environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0
      }
    }

    /// - Parameter process: a process of this machine.
    init(process: Int32 = getpid(), batchJob: BatchJob? = BatchJob()) {
      self.batchJob = batchJob
      (host, machineStart) = (Self.hostName, Self.contents("/proc/sys/kernel/random/boot_id"))
      (self.process, processStart) = (process, Self.start(of: process) ?? "")
      var (now, parts, text) = (time(nil), tm(), [CChar](repeating: 0, count: 32))
      gmtime_r(&now, &parts)
      strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
      since = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether this is a process of this machine that has ended, or one of an earlier start of this batch job: Slurm starts
    /// a job again only when its last start is over, be it by the loss of a node.
    var hasEnded: Bool { hasEnded(seenFrom: BatchJob()) }

    func hasEnded(seenFrom now: BatchJob?) -> Bool {
      if let batchJob, let now, batchJob.number == now.number, batchJob.restarts < now.restarts {
        return true
      }
      guard host == Self.hostName else { return false }
      return machineStart != Self.contents("/proc/sys/kernel/random/boot_id") || Self.start(of: process) != processStart
    }

    private static var hostName: String {
      var name = [CChar](repeating: 0, count: 256)
      gethostname(&name, name.count - 1)
      return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func contents(_ path: String) -> String {
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      return String(text.prefix { !$0.isNewline })
    }

    /// Field 22 of the process's `stat`, its start in ticks; nil if there is no such process, or only its exit code.
    private static func start(of process: Int32) -> String? {
      // The name in field 2 may hold blanks and parentheses.
      let fields = contents("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 19 && fields[0] != "Z" ? String(fields[19]) : nil
    }
  }

  /// What is worth a line in the log: whose lock was taken over.
  public let remark: String?
  private let path: String
  /// Nil on ranks other than 0, which hold nothing.
  private let contents: Data?

  /// Claims a folder that exists. Collective over all ranks.
  ///
  /// - Parameter breaking: takes the folder even if its lock may be that of a living process.
  /// - Throws: `ArchiveError.locked` if another run may be at work there.
  public init(_ folder: String, breaking: Bool = false, on communicator: Communicator) throws {
    path = folder + "/" + Self.name
    (contents, remark) = try communicator.together { [path] in
      guard communicator.rank == 0 else { return (nil, nil) }
      let contents = try ResultsFolder.encoder.encode(Holder())
      return (contents, try Self.claim(path, contents, breaking: breaking))
    }
  }

  /// Gives the folder free, unless another run has broken the lock since.
  public func release() {
    if let contents, FileManager.default.contents(atPath: path) == contents { unlink(path) }
  }

  private static func claim(_ path: String, _ contents: Data, breaking: Bool) throws -> String? {
    let own = "\(path).\(getpid())"
    try DurableFile.write(own, contents)
    defer { unlink(own) }
    if try link(own, to: path) { return nil }
    guard let found = FileManager.default.contents(atPath: path) else {
      // Its holder has ended between the two looks.
      return try link(own, to: path) ? nil : claim(path, contents, breaking: breaking)
    }
    let holder = try? ResultsFolder.decoder.decode(Holder.self, from: found)
    guard breaking || holder?.hasEnded ?? false else { throw ArchiveError.locked(path: path, holder: holder) }
    // Of several that see the same stale lock, only one can move it away.
    let old = own + ".old"
    guard rename(path, old) == 0 else { throw ArchiveError.locked(path: path, holder: holder) }
    defer { unlink(old) }
    guard FileManager.default.contents(atPath: old) == found, try link(own, to: path) else {
      // Another run was faster: what was moved is its lock.
      _ = try link(old, to: path)
      throw ArchiveError.locked(path: path, holder: nil)
    }
    let who = holder.map { "process \($0.process) on \($0.host), held since \($0.since)" } ?? "an unknown process"
    return breaking ? "broke the lock of \(who)" : "took over the lock of \(who), which has ended"
  }

  /// - Returns: false if there is a file of that name.
  private static func link(_ file: String, to name: String) throws -> Bool {
    if Glibc.link(file, name) == 0 { return true }
    if [EPERM, ENOTSUP, EOPNOTSUPP].contains(errno) {
      // File systems of memory sticks know no second names. A file that must be new is nearly as good.
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        close(descriptor)
        try DurableFile.write(name, FileManager.default.contents(atPath: file) ?? Data())
        return true
      }
    }
    guard errno == EEXIST else { throw ArchiveError.system("lock", name) }
    return false
  }
}
