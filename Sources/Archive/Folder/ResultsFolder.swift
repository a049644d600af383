import Cluster
import Foundation

/// A folder that holds the results of one job: a list of contents, and shards.
///
/// Shards are numbered by generation. Every run of the job opens shards of a new generation and never writes into old
/// ones; since members are computed to the same bits every time, a chunk may be taken from any shard that has it.
/// Nothing here deletes results.
public struct ResultsFolder: Sendable {
  /// The name of the list of contents inside the folder.
  public static let manifestName = "flowmap.json"
  /// Where ranks keep their logs.
  public static let logsName = "logs"

  public let path: String
  /// What the results depend on.
  public let definition: JobDefinition
  public let layout: ResultsLayout
  /// The jobs that this one has extended. Their shards hold this job's first chunks.
  public let earlier: [JobIdentity]
  /// The digest of `definition`, which every chunk is marked with.
  public let job: JobIdentity

  /// The list of contents, as stored.
  private struct Manifest: Codable {
    static let currentFormat = 2
    let format: Int
    let job: JobDefinition
    let layout: ResultsLayout
    let earlier: [JobIdentity]
  }

  /// A folder that is to hold a job's results; nothing is on the disk yet.
  public init(path: String, job: JobDefinition, layout: ResultsLayout) {
    self.init(path: path, definition: job, layout: layout, earlier: [])
  }

  private init(path: String, definition: JobDefinition, layout: ResultsLayout, earlier: [JobIdentity]) {
    (self.path, self.definition, self.layout, self.earlier) = (path, definition, layout, earlier)
    job = definition.identity
  }

  /// Finds out what a folder holds.
  ///
  /// - Throws: `ArchiveError.notResults`, also if shards lie there without a list of contents.
  public init(reading path: String) throws {
    try self.init(path: path, manifest: Self.manifest(in: path))
  }

  private static func manifest(in path: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: path + "/" + Self.manifestName) else {
      throw ArchiveError.notResults(folder: path, reason: "there is no readable \(Self.manifestName)")
    }
    return data
  }

  private init(path: String, manifest data: Data) throws {
    do {
      // The format is read first: what it means for the rest is not known otherwise.
      struct Format: Codable { let format: Int }
      let format = try Self.decoder.decode(Format.self, from: data).format
      guard format == Manifest.currentFormat else {
        throw ArchiveError.notResults(
          folder: path,
          reason: "\(Self.manifestName) has format \(format), but this version knows \(Manifest.currentFormat)")
      }
      let manifest = try Self.decoder.decode(Manifest.self, from: data)
      self.init(path: path, definition: manifest.job, layout: manifest.layout, earlier: manifest.earlier)
    } catch let error as DecodingError {
      throw ArchiveError.notResults(folder: path, reason: "\(Self.manifestName) is damaged\(error.place)")
    }
  }

  /// What a folder holds, or nil if no run was there before. Collective over all ranks; rank 0 reads.
  ///
  /// - Throws: `ArchiveError.notResults` if its list of contents is unreadable or shards lie there without one.
  public static func found(at path: String, on communicator: Communicator) throws -> ResultsFolder? {
    let manifest = try communicator.together { () -> Data in
      guard communicator.rank == 0 else { return Data() }
      if FileManager.default.fileExists(atPath: path + "/" + manifestName) { return try Self.manifest(in: path) }
      guard try FolderListing(path).shards.isEmpty else {
        throw ArchiveError.notResults(folder: path, reason: "there are shards but no \(manifestName)")
      }
      return Data()
    }
    let bytes = try communicator.broadcast(Array(manifest))
    return bytes.isEmpty ? nil : try ResultsFolder(path: path, manifest: Data(bytes))
  }

  /// The same folder for a job with more members, whose first ones are those that are there.
  ///
  /// - Throws: `ArchiveError.notExtendable` if the new job has fewer members or stores other variables.
  public func extended(to job: JobDefinition, layout newer: ResultsLayout) throws -> ResultsFolder {
    guard newer.memberCount >= layout.memberCount else {
      throw ArchiveError.notExtendable(
        folder: path,
        reason: "it has \(layout.memberCount) members already, more than the \(newer.memberCount) of the job now")
    }
    guard layout.hasSameVariables(as: newer) else {
      throw ArchiveError.notExtendable(folder: path, reason: "the job now stores other variables")
    }
    return ResultsFolder(
      path: path, definition: job, layout: try layout.extended(to: newer),
      earlier: earlier.filter { $0 != job.identity } + [self.job])
  }

  /// Whether a shard's chunks are chunks of this folder's job.
  func accepts(_ job: JobIdentity, _ layout: ResultsLayout) -> Bool {
    (job == self.job || earlier.contains(job)) && layout.isBeginning(of: self.layout)
  }

  /// Writes the list of contents, so that the folder is this job's from now on. For one rank alone.
  ///
  /// - Throws: `ArchiveError.file` or `.diskFull`; the old list, or none, stays then.
  public func write() throws {
    let manifest = Manifest(format: Manifest.currentFormat, job: definition, layout: layout, earlier: earlier)
    try DurableFile.replace(path + "/" + Self.manifestName, with: try Self.encoder.encode(manifest))
  }

  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }()

  static let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }()
}

extension DecodingError {
  /// Where in a list of contents something is wrong, to follow "is damaged".
  fileprivate var place: String {
    switch self {
    case .keyNotFound(let key, _): ": it lacks '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.last.map { ": '\($0.stringValue)' is not what it should be" } ?? ""
    case .dataCorrupted: ": it is not complete JSON"
    @unknown default: ""
    }
  }
}

extension ResultsFolder {
  /// The folder ready for a run of `job`: as it is if a run of the same job was there before, else made.
  ///
  /// Collective over all ranks; only rank 0 touches the disk.
  ///
  /// - Throws: `ArchiveError.changedJob` if the folder holds other results, `.notResults` if its list of contents is
  ///   unreadable or shards lie there without one, `.file` if it cannot be made or written to. Nothing was written then.
  ///   On ranks other than 0, `ClusterError.rankFailed` with the same words.
  public static func prepare(
    _ path: String, job: JobDefinition, layout: ResultsLayout, on communicator: Communicator
  ) throws -> ResultsFolder {
    try communicator.together { if communicator.rank == 0 { try FolderListing.make(path) } }
    guard let found = try found(at: path, on: communicator) else {
      let folder = ResultsFolder(path: path, job: job, layout: layout)
      try communicator.together { if communicator.rank == 0 { try folder.write() } }
      return folder
    }
    try found.check(job, layout)
    return found
  }

  /// Whether the folder's job is `job`.
  ///
  /// - Throws: `ArchiveError.changedJob`, or `.otherLayout` if the same job is laid out otherwise than it was.
  public func check(_ job: JobDefinition, _ layout: ResultsLayout) throws {
    guard job.identity == self.job else {
      throw ArchiveError.changedJob(folder: path, changes: definition.changes(to: job))
    }
    guard layout.hasSameVariables(as: self.layout), layout.memberCount == self.layout.memberCount else {
      throw ArchiveError.otherLayout(folder: path)
    }
  }
}
