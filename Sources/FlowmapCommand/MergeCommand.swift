import Archive
import ArgumentParser
import Foundation
import Jobs

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts the shards of a results folder in member order into one NetCDF-4 file.",
    discussion: """
      Every checksum is verified. The file is written beside and renamed, so an old one stays until the new one is \
      complete. Under mpirun the ranks share the work; the result is the same.

      With --verify nothing is written: a folder, or a file that was merged, is read and compared with its checksums.
      """)

  @Argument(help: "The folder of results; with --verify also a merged file.", completion: .directory)
  var folder: String

  @Option(name: .shortAndLong, help: "The file to write.", completion: .file(extensions: ["h5", "nc"]))
  var output: String?

  @Flag(help: "Write an HDF5 virtual dataset that reads from the shards, instead of a copy.")
  var virtual = false

  @Flag(help: "Only check: read everything, compare checksums, say what is missing.")
  var verify = false

  @Flag(help: "Merge also what is not complete: missing members are NaN, and their status is 'missing'.")
  var partial = false

  @Option(help: "none, gzip or gzip:LEVEL with a level from 1, fast, to 9, small.")
  var compression = Compression(stored: .none)

  @Option(help: "What a compressed piece holds: whole members, or slices of many members at some times.")
  var pieces: MergeOptions.Pieces = .members

  @Flag(name: .shortAndLong, help: "Print nothing.")
  var quiet = false

  /// What stands for members that are missing.
  private static let gap = MergeOptions.Gap(variable: "status", value: -1, meaning: "missing")

  func validate() throws {
    guard verify || output != nil else { throw ValidationError("Missing expected argument '--output <output>'") }
    if verify, output != nil { throw ValidationError("--verify writes nothing, so it takes no --output") }
    if virtual, compression.stored != .none {
      throw ValidationError("--virtual leaves the data in the shards, so there is nothing to compress")
    }
  }

  func run() throws {
    try Session.run { session in
      if verify { return try check(session) }
      let results = try session.communicator.together { try ResultsFolder(reading: folder) }
      let started = ContinuousClock.now
      let (output, gap) = (output ?? "", partial ? Self.gap : nil)
      let options = MergeOptions(compression: compression.stored, pieces: pieces, gap: gap)
      let report =
        virtual
        ? try results.mergeVirtually(to: output, gap: gap, on: session.communicator)
        : try results.merge(to: output, options: options, on: session.communicator)
      for line in report.damage { session.note("note: not used: \(line)") }
      if quiet { return }
      if !report.isNoted, report.missing == 0 {
        session.note(
          "note: no run has come to its end since members were computed, so what it would note of them is not in the file; "
            + "the same run adds it")
      }
      let seconds = started.duration(to: .now).inSeconds
      let bytes = results.layout.memberBytes * report.members
      let gaps = report.missing > 0 ? ", \(Terminal.count(report.missing)) of them missing" : ""
      session.print(
        "\(output): \(Terminal.count(report.members, "member"))\(gaps), \(Terminal.bytes(bytes)) in \(Terminal.duration(seconds))"
      )
    }
  }

  private func check(_ session: Session) throws {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
    let isFile = try session.communicator.broadcast(isThere && !isFolder.boolValue ? "file" : "") == "file"
    if isFile {
      let file = try MergedFile(verifying: folder, on: session.communicator)
      if !quiet { session.print("\(folder): \(Terminal.count(file.members, "member")), all as they were written") }
      return
    }
    let results = try session.communicator.together { try ResultsFolder(reading: folder) }
    let census = try results.census(on: session.communicator)
    guard census.missing.isEmpty else {
      throw ArchiveError.missingMembers(
        folder: folder, members: census.missingMembers, chunks: census.missing.count, damage: census.damage)
    }
    for line in census.damage { session.note("note: not used: \(line)") }
    if quiet { return }
    session.print(
      "\(folder): \(Terminal.count(census.members, "member")) in \(Terminal.count(census.shards, "shard")), all as they were written"
    )
  }
}

/// `none`, `gzip` or `gzip:6`.
struct Compression: ExpressibleByArgument {
  let stored: MergeOptions.Compression

  init(stored: MergeOptions.Compression) { self.stored = stored }

  init?(argument: String) {
    switch argument {
    case "none": stored = .none
    case "gzip": stored = .gzip(level: 4)
    default:
      guard let match = argument.wholeMatch(of: /gzip:([1-9])/), let level = Int(match.1) else { return nil }
      stored = .gzip(level: level)
    }
  }

  var defaultValueDescription: String { "none" }
  static var allValueStrings: [String] { ["none", "gzip"] + (1...9).map { "gzip:\($0)" } }
}

extension MergeOptions.Pieces: ExpressibleByArgument {}
