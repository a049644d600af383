import Cluster
import Foundation

/// What makes a job this job and no other.
public struct JobIdentity: Codable, Equatable, Sendable {
  /// The job's name, for messages.
  public let name: String
  /// 32 hexadecimal digits: the XXH3-128 of the canonical text.
  public let digest: String

  /// - Parameter canonicalText: everything that the results depend on, written in one fixed way.
  public init(name: String, canonicalText: String) {
    (self.name, digest) = (name, Checksum.digest(canonicalText))
  }
}

/// A folder that holds the results of one job: a list of contents, and shards.
///
/// Shards are numbered by generation. Every run of the job opens shards of a new generation and never writes into old
/// ones; since members are computed to the same bits every time, a chunk may be taken from any shard that has it.
/// Nothing here deletes results.
public struct ResultsFolder: Sendable {
  /// The name of the list of contents inside the folder.
  public static let manifestName = "flowmap.json"

  public let path: String
  public let job: JobIdentity
  public let layout: ResultsLayout

  /// The list of contents, as stored.
  private struct Manifest: Codable {
    static let currentFormat = 1
    var format = currentFormat
    let job: JobIdentity
    let layout: ResultsLayout
  }

  /// Makes the folder ready for a run of `job`, or returns it as it is if a run of the same job was there before.
  ///
  /// Collective over all ranks; only rank 0 touches the disk.
  ///
  /// - Throws: `ArchiveError.otherJob` or `.otherLayout` if the folder holds other results, `.notResults` if its list
  ///   of contents is unreadable or shards lie there without one, `.file` if it cannot be made or written to. Nothing
  ///   was written then. On ranks other than 0, `ClusterError.rankFailed` with the same words.
  public static func prepare(
    _ path: String, job: JobIdentity, layout: ResultsLayout, on communicator: Communicator
  ) throws -> ResultsFolder {
    try communicator.together {
      let folder = ResultsFolder(path: path, job: job, layout: layout)
      if communicator.rank == 0 { try folder.prepare() }
      return folder
    }
  }

  /// Finds out what a folder holds.
  ///
  /// - Throws: `ArchiveError.notResults`.
  public init(reading path: String) throws {
    let file = path + "/" + Self.manifestName
    guard let data = FileManager.default.contents(atPath: file) else {
      throw ArchiveError.notResults(folder: path, reason: "there is no readable \(Self.manifestName)")
    }
    do {
      let manifest = try Self.decoder.decode(Manifest.self, from: data)
      guard manifest.format == Manifest.currentFormat else {
        throw ArchiveError.notResults(
          folder: path, reason: "\(Self.manifestName) has format \(manifest.format), not \(Manifest.currentFormat)")
      }
      self.init(path: path, job: manifest.job, layout: manifest.layout)
    } catch let error as DecodingError {
      throw ArchiveError.notResults(folder: path, reason: "\(Self.manifestName) is damaged (\(error))")
    }
  }

  private init(path: String, job: JobIdentity, layout: ResultsLayout) {
    (self.path, self.job, self.layout) = (path, job, layout)
  }

  /// The shards in the folder, by name. Their contents are not looked at.
  public func shardPaths() throws -> [String] {
    try Self.names(in: path).filter { ShardName($0) != nil }.map { path + "/" + $0 }
  }

  /// The generation that a new run should use.
  func nextGeneration() throws -> Int {
    try Self.names(in: path).compactMap { ShardName($0)?.generation }.max().map { $0 + 1 } ?? 1
  }

  private func prepare() throws {
    let manager = FileManager.default
    if manager.fileExists(atPath: path + "/" + Self.manifestName) {
      let found = try ResultsFolder(reading: path)
      guard found.job == job else { throw ArchiveError.otherJob(folder: path, found: found.job, expected: job) }
      guard found.layout.hasSameData(as: layout) else { throw ArchiveError.otherLayout(folder: path) }
    } else {
      do {
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
      } catch {
        throw ArchiveError.file(action: "create", path: path, reason: Self.reason(error))
      }
      if try !shardPaths().isEmpty {
        throw ArchiveError.notResults(folder: path, reason: "there are shards but no \(Self.manifestName)")
      }
    }
    // access() knows of read-only file systems, which permissions do not show.
    guard access(path, W_OK) == 0 else { throw ArchiveError.system("write to", path) }
    if !manager.fileExists(atPath: path + "/" + Self.manifestName) {
      let data = try Self.encoder.encode(Manifest(job: job, layout: layout))
      try DurableFile.replace(path + "/" + Self.manifestName, with: data)
    }
  }

  /// Sorted, so that every rank and every run sees the same order.
  private static func names(in path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw ArchiveError.file(action: "list", path: path, reason: reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(underlying.code)))
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

extension ResultsLayout {
  /// Whether two layouts describe the same data; attributes such as the host may differ from run to run.
  func hasSameData(as other: ResultsLayout) -> Bool {
    let sameAxes = zip(axes, other.axes).allSatisfy {
      $0.name == $1.name && $0.length == $1.length && $0.coordinate == $1.coordinate
    }
    let sameVariables = zip(variables, other.variables).allSatisfy {
      $0.name == $1.name && $0.elementType == $1.elementType && $0.innerAxes == $1.innerAxes
        && $0.isCoordinate == $1.isCoordinate
    }
    return memberCount == other.memberCount && chunkSize == other.chunkSize && sameAxes && sameVariables
      && axes.count == other.axes.count && variables.count == other.variables.count
  }
}
