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
      """)

  @Argument(help: "The folder of results.", completion: .directory)
  var folder: String

  @Option(name: .shortAndLong, help: "The file to write.", completion: .file(extensions: ["h5", "nc"]))
  var output: String

  @Flag(help: "Write an HDF5 virtual dataset that reads from the shards, instead of a copy.")
  var virtual = false

  @Flag(name: .shortAndLong, help: "Print nothing.")
  var quiet = false

  func run() throws {
    try Session.run { session in
      let results = try session.communicator.together { try ResultsFolder(reading: folder) }
      let started = ContinuousClock.now
      let report =
        virtual
        ? try results.mergeVirtually(to: output, on: session.communicator)
        : try results.merge(to: output, on: session.communicator)
      for shard in report.unreadableShards { session.note("note: \(shard) cannot be read and was not needed") }
      if quiet { return }
      let seconds = started.duration(to: .now).inSeconds
      let bytes = results.layout.memberBytes * report.members
      session.print(
        "\(output): \(Terminal.count(report.members, "member")), \(Terminal.bytes(bytes)) in \(Terminal.duration(seconds))"
      )
    }
  }
}
