import Cluster
import Foundation

/// A small set of results that is written the way runs write, read back, compared, and removed.
public struct StorageTrial: Sendable {
  /// Bytes that were written.
  public let bytes: Int
  /// Seconds from the making of the files until all was read back.
  public let seconds: Double
  /// What Open MPI chose for this folder, on this rank's node.
  public let components: SelectedComponents

  private static let members = 4096
  private static let chunkSize = 64
  private static let times = 32

  /// Tries a folder. Collective over all ranks.
  ///
  /// - Parameter folder: is made if it is not there, and then removed again.
  /// - Throws: `ArchiveError` as a run would, `.damagedFile` if what was read is not what was written.
  public init(in folder: String, mode: ShardMode, on communicator: Communicator) throws {
    let started = ContinuousClock.now
    let wasThere = FileManager.default.fileExists(atPath: folder)
    let place = try communicator.broadcast(
      communicator.together {
        guard communicator.rank == 0 else { return "" }
        try FolderListing.make(folder)
        return try FolderListing.makeFresh("\(folder)/flowmap-doctor-\(getpid())")
      })
    defer {
      if communicator.rank == 0 {
        try? FileManager.default.removeItem(atPath: place)
        if !wasThere { rmdir(folder) }
      }
    }
    let layout = try ResultsLayout(
      memberCount: Self.members, chunkSize: Self.chunkSize, axes: [Axis(name: "time", length: Self.times)],
      variables: [Variable(name: "number"), Variable(name: "series", innerAxes: ["time"])])
    components = try SelectedComponents(fileIn: place, on: communicator)
    let results = try ResultsFolder.prepare(
      place, job: JobDefinition(name: "doctor", lines: []), layout: layout, on: communicator)
    // Neighbouring chunks go to different ranks, so ranks of a node write side by side.
    let writer = try ShardWriter(folder: results, mode: mode, on: communicator)
    let writing = Result {
      for chunk in stride(from: communicator.rank, to: layout.chunkCount, by: communicator.size) {
        let values = Self.values(layout.members(ofChunk: chunk))
        try values.number.withUnsafeBytes { number in
          try values.series.withUnsafeBytes { series in try writer.write(chunk: chunk, data: [number, series]) }
        }
      }
    }
    let closing = Result { try writer.close() }
    try communicator.together {
      try writing.get()
      try closing.get()
    }
    let census = try results.census(on: communicator) { members, bytes in
      let expected = Self.values(members)
      guard expected.number.withUnsafeBytes({ $0.elementsEqual(bytes[0]) }),
        expected.series.withUnsafeBytes({ $0.elementsEqual(bytes[1]) })
      else { throw ArchiveError.damagedFile(path: place, reason: "members \(members) are not what was written") }
    }
    guard census.missing.isEmpty else {
      throw ArchiveError.missingMembers(
        folder: place, members: census.missingMembers, chunks: census.missing.count, damage: census.damage)
    }
    bytes = layout.memberBytes * layout.memberCount
    seconds = started.duration(to: .now) / .seconds(1)
  }

  private static func values(_ members: Range<Int>) -> (number: [Double], series: [Double]) {
    (members.map(Double.init), members.flatMap { member in (0..<times).map { Double(member) + Double($0) / 64 } })
  }
}
