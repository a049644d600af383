import Foundation
import Testing

extension CommandTests {
  /// What others see of a run, while it goes on and afterwards.
  @Suite struct StatusTests {
    private func status(_ folder: Scratch, _ results: String = "results/endless") throws -> Tool.Outcome {
      try Tool.run(["status", results], in: folder)
    }

    /// Asks until the answer contains a text.
    private func wait(_ folder: Scratch, for text: String) throws -> Tool.Outcome {
      let deadline = ContinuousClock.now + .seconds(60)
      while true {
        let outcome = try status(folder)
        if outcome.output.contains(text) || ContinuousClock.now > deadline { return outcome }
        usleep(50_000)
      }
    }

    @Test func aRunTellsHowFarItIsUntilItIsStopped() throws {
      let folder = try Scratch(job: JobText.endless)
      let run = try Tool.start(
        ["mpirun", "--oversubscribe", "-n", "2", Tool.path, "run", "job.yaml", "--threads", "1"], in: folder.path,
        environment: ["FLOWMAP_RANKS_PER_NODE": "1"])
      let during = try wait(folder, for: "left")
      #expect(during.status == 0, "\(during.errors)")
      #expect(during.output.hasPrefix("endless: running\n"), "\(during.output)")
      #expect(during.output.contains("of 100,000,000 (0 %), 0 failed"), "\(during.output)")
      // Two nodes of a rank each, every one with a rate of its own.
      let rows = during.output.split(separator: "\n").suffix(2)
      #expect(rows.allSatisfy { $0.wholeMatch(of: /\S+ +1 +1 +[\d,]+ +[\d,.]+/) != nil }, "\(during.output)")
      kill(run.process.processIdentifier, SIGUSR2)
      #expect(run.outcome().status == 4)
      let after = try status(folder)
      #expect(after.status == 4, "\(after.errors)")
      #expect(after.output.hasPrefix("endless: stopped early, as it was asked to\n"), "\(after.output)")
      #expect(after.output.contains("the same command continues") && !after.output.contains("left"), "\(after.output)")
    }

    @Test func aRunThatWasKilledIsNoticed() throws {
      let folder = try Scratch(job: JobText.endless)
      let run = try Tool.start([Tool.path, "run", "job.yaml"], in: folder.path)
      #expect(try wait(folder, for: "running").status == 0)
      kill(run.process.processIdentifier, SIGKILL)
      _ = run.outcome()
      let after = try status(folder)
      #expect(after.status == 4)
      #expect(after.output.hasPrefix("endless: interrupted: its process has ended without a word\n"), "\(after.output)")
      #expect(after.output.contains("process \(run.process.processIdentifier) on "), "\(after.output)")
    }

    @Test func aFinishedRunSaysSoAndCountsFailures() throws {
      let folder = try Scratch(job: JobText.blowUp)
      let run = try Tool.run(["run", "job.yaml"], ranks: 2, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let failed = try #require(run.output.firstMatch(of: /recorded with their status: (\d+)/)).1
      let after = try status(folder, "results/blow-up")
      #expect(after.status == 0)
      #expect(
        after.output.hasPrefix("blow-up: finished\nmembers  403 of 403 (100 %), \(failed) failed\n"), "\(after.output)")
      // The same again finds all there, and counts the same.
      try Tool.run(["run", "job.yaml"], in: folder)
      let again = try status(folder, "results/blow-up")
      #expect(again.output.contains("403 of 403 (100 %), 403 of them from before, \(failed) failed"), "\(again.output)")
    }

    @Test func aFolderWithoutARunIsToldInOneMessage() throws {
      let folder = try Scratch(job: JobText.decay)
      for results in [".", "nowhere"] {
        let outcome = try status(folder, results)
        #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("no run has begun in \(results) yet"), "\(outcome.errors)")
      }
    }

    @Test func ranksKeepLogsOfTheirOwn() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], ranks: 2, in: folder, environment: ["OMPI_MCA_fcoll": "individual"])
      let logs = "results/decay/logs"
      let first = try String(contentsOfFile: folder(logs + "/rank-0000.log"), encoding: .utf8)
      #expect(first.contains("2 ranks on 1 node") && first.contains("finished: computed 64"), "\(first)")
      #expect(!first.contains("OMPI_MCA_fcoll"), "what the user has set is not set anew")
      #expect(!folder.exists(logs + "/rank-0001.log"), "a rank with nothing to say has no log")
      // They are told apart from results, and what was set for MPI stands there once.
      let again = try Tool.run(["run", "job.yaml", "--log-level", "info"], ranks: 2, in: folder)
      #expect(again.status == 0 && !again.errors.contains("ignored"), "\(again.errors)")
      let both = try ["0", "1"].map { try String(contentsOfFile: folder(logs + "/rank-000\($0).log"), encoding: .utf8) }
      #expect(both[0].components(separatedBy: "set OMPI_MCA_fcoll=^vulcan").count == 2, "\(both[0])")
      #expect(both[1].contains("rank 1 is process ") && !both[1].contains("vulcan"), "\(both[1])")
    }

    @Test func anErrorOfARankStandsInItsLogAndOnceOnTheTerminal() throws {
      let folder = try Scratch(job: JobText.endless)
      try folder.write(
        "[ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && ulimit -f 4096\nexec \"$flowmap\" run job.yaml --shards rank",
        to: "one.sh")
      let run = try Tool.shell("mpirun --oversubscribe -n 3 bash one.sh", in: folder)
      #expect(run.status == 2 && run.messages.count == 1, "\(run.errors)")
      let after = try status(folder)
      #expect(after.status == 4 && after.output.hasPrefix("endless: failed: rank 1: "), "\(after.output)")
      let logs = try ["0", "1"].map {
        try String(contentsOfFile: folder("results/endless/logs/rank-000\($0).log"), encoding: .utf8)
      }
      #expect(logs[0].contains(" error rank 1: ") && logs[1].contains(" error "), "\(logs)")
      #expect(!folder.exists("results/endless/logs/rank-0002.log"), "a rank that only followed has nothing to say")
    }
  }
}
