import Foundation

/// How far the latest run in a results folder is, for those who look on: a small file that rank 0 replaces now and then.
///
/// Nothing depends on it. What is there of the results is found by reading them.
public struct RunRecord: Codable, Equatable, Sendable {
  public enum State: String, Codable, Sendable {
    case running
    /// Every member is there.
    case finished
    /// It was asked to end early.
    case stopped
    /// It met an error, which `message` tells.
    case failed
  }

  /// What one node has done in this run.
  public struct Node: Codable, Equatable, Sendable {
    public var host: String
    public var ranks: Int
    public var threads: Int
    public var members: Int
    /// Members a second, lately.
    public var rate: Double

    public init(host: String, ranks: Int, threads: Int, members: Int = 0, rate: Double = 0) {
      (self.host, self.ranks, self.threads, self.members, self.rate) = (host, ranks, threads, members, rate)
    }
  }

  public var job: String
  public var state = State.running
  /// The run: its first process, and since when it runs.
  public let holder: FolderLock.Holder
  /// When this was written, in seconds since 1970.
  public var updated = Date().timeIntervalSince1970
  /// Seconds from the start of computing until then.
  public var seconds = 0.0
  /// Members of the job, those that were there before this run, and those that it has finished.
  public var members: Int
  public var reused: Int
  public var computed = 0
  /// Members that are there, but ended with another status than success.
  public var failed: Int
  public var nodes: [Node]
  public var message: String?

  /// The record of a run of this process that begins now.
  public init(job: String, members: Int, reused: Int, failed: Int, nodes: [Node]) {
    (self.job, self.members, self.reused, self.failed, self.nodes) = (job, members, reused, failed, nodes)
    holder = FolderLock.Holder()
  }

  /// Members a second of all nodes, lately.
  public var rate: Double { nodes.reduce(0) { $0 + $1.rate } }

  /// Whether the run said that it was at work, but its process on this machine has ended.
  public var hasDied: Bool { state == .running && holder.hasEnded }

  static let name = "progress.json"

  /// Whether a name in a results folder belongs to the record.
  static func isOwn(_ file: String) -> Bool { file == name || file == name + DurableFile.unfinished }

  /// The record in a folder; nil if there is none that can be read.
  public init?(in folder: String) {
    guard let data = FileManager.default.contents(atPath: folder + "/" + Self.name),
      let found = try? ResultsFolder.decoder.decode(Self.self, from: data)
    else { return nil }
    self = found
  }

  /// Replaces the folder's record. It is not forced to the disk, so it costs next to nothing.
  public func write(in folder: String) throws {
    try DurableFile.replace(folder + "/" + Self.name, with: ResultsFolder.encoder.encode(self), forced: false)
  }
}
