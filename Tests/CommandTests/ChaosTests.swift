import Foundation
import Testing

extension CommandTests {
  /// Runs that are killed without warning at random moments, and continued by the same command.
  ///
  /// `make chaos KILLS=1000` does this for longer than the tests do.
  @Suite struct ChaosTests {
    /// Whom a kill hits.
    enum Victim: CaseIterable {
      case firstRank, lastRank, launcher, everybody
    }

    static let kills = ProcessInfo.processInfo.environment["FLOWMAP_CHAOS_KILLS"].flatMap { Int($0) } ?? 30

    /// About three seconds of work for two threads.
    private static let job = JobText.endless.replacing("name: endless", with: "name: chaos")
      .replacing("count: 100000000", with: "count: 150001").replacing("chunk: 1024", with: "chunk: 256")

    @Test func aRunThatIsKilledAgainAndAgainEndsWithTheSameBytes() throws {
      let folder = try Scratch(job: Self.job)
      let whole = try Tool.run(["run", "job.yaml", "--results", "whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      try Tool.run(["merge", "whole", "-o", "whole.h5"], in: folder)
      let expected = try folder.contents("whole.h5")

      var (killed, finished) = (0, 0)
      while killed < Self.kills {
        let ranks = [nil, 2, 3].randomElement()!
        let shards = ["node", "rank"].randomElement()!
        let command = ["run", "job.yaml", "--commit-every", "0.05", "--shards", shards, "--threads", "1"]
        let run = try Tool.start(
          (ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []) + [Tool.path] + command, in: folder.path)
        usleep(UInt32.random(in: 0..<1_500_000))
        let isKilled = run.process.isRunning
        if isKilled { kill(Victim.allCases.randomElement()!, of: run.process, in: folder) }
        let outcome = run.outcome()
        Self.waitForTheLast(in: folder)
        if isKilled && outcome.status != 0 { killed += 1 }
        guard isKilled || outcome.status == 0 else {
          Issue.record("after \(killed) kills: \(outcome.errors)")
          return
        }
        if outcome.status == 0 {
          finished += 1
          try check(folder, ranks, expected, "after \(killed) kills")
        }
      }
      let last = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(last.status == 0, "\(last.errors)")
      try check(folder, nil, expected, "at the end")
      if Self.kills > 30 {
        print("\(killed) kills; the run came to its end \(finished + 1) times, always with the same bytes")
      }
    }

    /// A finished run merges to the same bytes, also if the first attempt to merge is killed; then there is a new beginning.
    private func check(_ folder: Scratch, _ ranks: Int?, _ expected: Data, _ comment: Comment) throws {
      let merging = try Tool.start([Tool.path, "merge", "results/chaos", "-o", "a.h5"], in: folder.path)
      usleep(UInt32.random(in: 0..<100_000))
      Glibc.kill(merging.process.processIdentifier, SIGKILL)
      _ = merging.outcome()
      if folder.exists("a.h5") { #expect(try folder.contents("a.h5") == expected, comment) }
      let merge = try Tool.run(["merge", "results/chaos", "-o", "a.h5"], ranks: ranks, in: folder)
      #expect(merge.status == 0, "\(comment): \(merge.errors)")
      #expect(try folder.contents("a.h5") == expected, comment)
      try FileManager.default.removeItem(atPath: folder("a.h5"))
      try FileManager.default.removeItem(atPath: folder("results"))
    }

    private func kill(_ victim: Victim, of launcher: Process, in folder: Scratch) {
      let tools = Self.processes(in: folder).filter { $0.name == "flowmap" }.map(\.id).sorted()
      let chosen: [Int32] =
        switch victim {
        case .firstRank: tools.first.map { [$0] } ?? []
        case .lastRank: tools.last.map { [$0] } ?? []
        case .launcher: [launcher.processIdentifier]
        case .everybody: [launcher.processIdentifier] + tools
        }
      // Before the ranks have started there is only the launcher.
      for process in chosen.isEmpty ? [launcher.processIdentifier] : chosen { Glibc.kill(process, SIGKILL) }
    }

    /// Ranks notice the death of their launcher within moments. Until then the folder is rightly theirs.
    private static func waitForTheLast(in folder: Scratch) {
      let deadline = ContinuousClock.now + .seconds(20)
      while case let left = processes(in: folder), !left.isEmpty {
        if ContinuousClock.now > deadline {
          for process in left { Glibc.kill(process.id, SIGKILL) }
        }
        usleep(10_000)
      }
    }

    /// The processes that work in the folder.
    private static func processes(in folder: Scratch) -> [(id: Int32, name: String)] {
      let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return all.compactMap { Int32($0) }.compactMap { id in
        let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/cwd")
        guard place == folder.path,
          let name = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)
        else { return nil }
        return (id, String(name.prefix { !$0.isNewline }))
      }
    }
  }
}
