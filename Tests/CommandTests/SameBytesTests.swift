import Foundation
import Testing

extension CommandTests {
  /// The merged file does not depend on who computed what.
  @Suite struct SameBytesTests {
    /// A way to run the job.
    struct Way: CustomTestStringConvertible {
      var ranks: Int?
      var threads: Int?
      var shards = "node"
      var ranksPerNode: Int?
      var testDescription: String {
        "\(ranks ?? 0) ranks, \(threads ?? 0) threads, a shard a \(shards), \(ranksPerNode ?? 0) ranks a node"
      }
    }

    static let ways = [
      Way(threads: 1), Way(threads: 2), Way(threads: 3), Way(shards: "rank"), Way(ranks: 1), Way(ranks: 2),
      Way(ranks: 3, threads: 2), Way(ranks: 4), Way(ranks: 2, threads: 3, shards: "rank"),
      Way(ranks: 4, threads: 1, shards: "rank"), Way(ranks: 4, threads: 1, ranksPerNode: 2),
      Way(ranks: 3, shards: "rank", ranksPerNode: 1),
    ]

    /// The file of a run on one thread, and what that run said.
    static let reference: Result<(file: Data, output: String), any Error> = Result {
      let folder = try Scratch(job: JobText.blowUp)
      let run = try Tool.run(["run", "job.yaml", "--threads", "1"], in: folder)
      let merge = try Tool.run(["merge", "results/blow-up", "-o", "a.h5"], in: folder)
      #expect(run.status == 0 && merge.status == 0, "\(run.errors)\(merge.errors)")
      return (try folder.contents("a.h5"), run.output)
    }

    /// The lines of a run's summary that are about its members.
    static func members(_ output: String) -> [Substring] {
      output.split(separator: "\n").filter { line in
        ["output ", "u_end ", "most steps: "].contains { line.hasPrefix($0) }
      }
    }

    @Test(arguments: ways) func ranksThreadsAndShardsDoNotChangeAByte(way: Way) throws {
      let folder = try Scratch(job: JobText.blowUp)
      let environment = way.ranksPerNode.map { ["FLOWMAP_RANKS_PER_NODE": "\($0)"] } ?? [:]
      let options = ["--shards", way.shards] + (way.threads.map { ["--threads", "\($0)"] } ?? [])
      let run = try Tool.run(["run", "job.yaml"] + options, ranks: way.ranks, in: folder, environment: environment)
      #expect(run.status == 0, "\(run.errors)")
      let merge = try Tool.run(["merge", "results/blow-up", "-o", "a.h5"], ranks: way.ranks, in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      // Only one rank speaks.
      #expect(run.output.components(separatedBy: "blow-up: 403 members").count == 2, "\(run.output)")
      #expect(merge.output.split(separator: "\n").count == 1, "\(merge.output)")
      // Nor do the statistics and the slowest members.
      let (told, expected) = (Self.members(run.output), Self.members(try Self.reference.get().output))
      #expect(told == expected && expected.count == 3, "\(run.output)")
      #expect(try folder.contents("a.h5") == Self.reference.get().file)
    }

    /// Whoever runs out of chunks takes a part of one that another has in hand.
    @Test(arguments: [Way(threads: 3), Way(ranks: 2, threads: 1), Way(ranks: 2, threads: 2, shards: "rank")])
    func aChunkThatIsSharedHasTheSameBytes(way: Way) throws {
      let folder = try Scratch(job: JobText.uneven)
      let alone = try Tool.run(["run", "job.yaml", "--threads", "1", "--results", "alone"], in: folder)
      #expect(alone.status == 0 && !alone.output.contains("together"), "\(alone.errors)\(alone.output)")
      let options = ["--threads", "\(way.threads!)", "--shards", way.shards, "--results", "shared"]
      let run = try Tool.run(["run", "job.yaml"] + options, ranks: way.ranks, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains(/; \d chunks? computed by several threads together/), "\(run.output)")
      #expect(Self.members(run.output) == Self.members(alone.output))
      for results in ["alone", "shared"] {
        let merge = try Tool.run(["merge", results, "-o", "\(results).h5"], in: folder)
        #expect(merge.status == 0, "\(merge.errors)")
      }
      #expect(try folder.contents("shared.h5") == folder.contents("alone.h5"))
      // What several have written is verified like everything else, and not computed again.
      let again = try Tool.run(["run", "job.yaml", "--results", "shared"], in: folder)
      #expect(again.output.contains("all 256 members were there already"), "\(again.output)\(again.errors)")
    }

    @Test func membersThatBlowUpAreCountedAndRecordedNotErrors() throws {
      let (file, output) = try Self.reference.get()
      // u = 1/(1 − k t) reaches its pole within the time for the 10 values of k above 1, and at its very end for 1.
      #expect(output.contains("failed, and recorded with their status: "), "\(output)")
      let folder = try Scratch()
      try file.write(to: URL(fileURLWithPath: folder("a.h5")))
      let inspect = try Tool.run(["inspect", "a.h5"], in: folder)
      let line = inspect.output.split(separator: "\n").first { $0.hasPrefix("status: ") } ?? ""
      let counts = line.matches(of: /([a-z_]+) (\d+)/).map { ($0.output.1, Int($0.output.2)!) }
      let (successes, all) = (counts.first { $0.0 == "success" }?.1 ?? 0, counts.reduce(0) { $0 + $1.1 })
      #expect(all == 403)
      #expect(successes == 20 * 13 || successes == 21 * 13, "\(line)")
      #expect(inspect.output.contains(/u_end\(member\) .* \d+  final\(u\)/))
    }
  }
}
