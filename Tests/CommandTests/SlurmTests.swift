import Foundation
import Testing

extension CommandTests {
  /// Jobs under a real Slurm of one node.
  @Suite struct SlurmTests {
    private static let script = Tool.project + "/slurm/one-node.sbatch"
    private static let twoRanks = ["--ntasks-per-node=2", "--overcommit"]

    /// Work for two threads with nothing else to do: ten seconds or more, and four.
    private static let long = JobText.endless.replacing("count: 100000000", with: "count: 1500001")
    private static let short = JobText.endless.replacing("count: 100000000", with: "count: 600001")

    /// One Slurm for all of these tests; the suite is serial.
    @Test func jobsRunUnderSlurm() throws {
      let slurm: Slurm
      do {
        slurm = try Slurm()
      } catch {
        Self.say("SKIPPED: the tests under Slurm, as it cannot run here: \(error)")
        return
      }
      defer { slurm.stop() }
      // What the last test compares with is computed meanwhile.
      let long = try Scratch(job: Self.long)
      let whole = try Tool.start([Tool.path, "run", "job.yaml", "--results", "whole"], in: long.path)
      try ranksAreStartedBySrunAndByMpirun(slurm)
      try singletonsAreExplained(slurm)
      try aBatchStepWithoutALauncherIsOneRank(slurm)
      try aWrongJobFailsTheScript(slurm)
      try aSubmittedJobIsRunAndMerged(slurm)
      try aCancelledJobIsNotQueuedAgain(slurm)
      #expect(whole.outcome().status == 0)
      try aJobIsContinuedAfterItsTimeLimit(slurm, long)
      try aJobThatGetsTheSignalIsContinued(slurm)
    }

    /// Loud, so that a log shows what was not tried.
    private static func say(_ text: String) { FileHandle.standardError.write(Data("\n\(text)\n\n".utf8)) }

    /// The launchers that this Slurm offers.
    private func launchers(_ slurm: Slurm, _ folder: Scratch) throws -> [String] {
      if try slurm.hasPMIx(in: folder) { return ["srun", "mpirun"] }
      Self.say("SKIPPED: srun --mpi=pmix, as this Slurm has no such plugin")
      return ["mpirun"]
    }

    private func merged(_ folder: Scratch, _ results: String) throws -> Data {
      let merge = try Tool.run(["merge", results, "-o", "merged.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      return try folder.contents("merged.h5")
    }

    private func ranksAreStartedBySrunAndByMpirun(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.blowUp)
      try Tool.run(["run", "job.yaml", "--results", "solo"], in: folder)
      let expected = try merged(folder, "solo")
      for launch in try launchers(slurm, folder) {
        let outcome = try slurm.submit(
          Self.twoRanks + [Self.script, "job.yaml", "--threads", "1", "--results", launch], in: folder,
          environment: ["FLOWMAP": Tool.path, "LAUNCH": launch])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(": \(launch) --m"), "\(outcome.output)")
        #expect(outcome.output.contains("(2 ranks, 2 threads)"), "\(outcome.output)")
        #expect(outcome.output.components(separatedBy: "403 members in").count == 2, "\(outcome.output)")
        #expect(try merged(folder, launch) == expected)
      }
    }

    /// `srun` without PMIx starts ranks that do not know each other.
    private func singletonsAreExplained(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.decay)
      let script = "#!/bin/bash\nsrun --mpi=none --overcommit -n 2 \"\(Tool.path)\" run job.yaml\n"
      try folder.write(script, to: "job.sh")
      let outcome = try slurm.submit(["--ntasks=2", "--overcommit", "job.sh"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.output.components(separatedBy: "processes were started together").count == 2, "\(outcome.output)")
      #expect(outcome.output.contains("srun --mpi=pmix flowmap"))
      #expect(!folder.exists("results"))
    }

    private func aBatchStepWithoutALauncherIsOneRank(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.decay)
      try folder.write("#!/bin/bash\n\"\(Tool.path)\" run job.yaml\n", to: "job.sh")
      let outcome = try slurm.submit(["--ntasks=2", "--overcommit", "job.sh"], in: folder)
      #expect(outcome.status == 0, "\(outcome.output)")
      #expect(outcome.output.contains("decay: 64 members in"))
      #expect(outcome.output.contains("note: this allocation has 2 tasks but flowmap was started once"))
    }

    private func aWrongJobFailsTheScript(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.decay.replacing("u_end: final(u)", with: "u_end: final(w)"))
      let outcome = try slurm.submit(
        Self.twoRanks + [Self.script, "job.yaml"], in: folder, environment: ["FLOWMAP": Tool.path])
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1 && outcome.output.contains("'w', which is not"), "\(outcome.output)")
      let usage = try slurm.submit([Self.script], in: folder, environment: ["FLOWMAP": Tool.path])
      #expect(usage.status == 2 && usage.output.contains("usage: sbatch"), "\(usage.output)")
    }

    private func aSubmittedJobIsRunAndMerged(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.blowUp)
      let submitted = try slurm.command(
        [
          Tool.path, "submit", "job.yaml", "--ranks-per-node", "2", "--time", "5:00", "--sbatch=--overcommit",
          "--merge",
          "all of it.h5", "--", "--threads", "1",
        ], in: folder)
      #expect(submitted.status == 0, "\(submitted.errors)")
      let job = try #require(
        submitted.output.firstMatch(of: /blow-up\.sbatch is job (\d+) of Slurm/), "\(submitted.output)"
      ).1
      try slurm.waitForEnd(of: String(job), in: folder)
      let log = try String(contentsOfFile: folder("blow-up-\(job).log"), encoding: .utf8)
      #expect(log.contains("(2 ranks, 2 threads)"), "\(log)")
      #expect(try folder.exists("all of it.h5") && folder.contents("all of it.h5") == merged(folder, "results/blow-up"))
      // The same again replaces the script, which is its own.
      try Tool.run(["submit", "job.yaml"], in: folder)
      #expect(try String(contentsOfFile: folder("blow-up.sbatch"), encoding: .utf8).contains("--ntasks-per-node=1"))
    }

    /// Slurm tells the steps of a cancelled job to end by SIGTERM; then the run is stopped, but not by the time limit.
    private func aCancelledJobIsNotQueuedAgain(_ slurm: Slurm) throws {
      let folder = try Scratch(job: JobText.endless)
      let job = try submit(slurm, folder, ["LAUNCH": try launchers(slurm, folder)[0]])
      try waitForProgress(folder)
      try slurm.command(["scancel", job], in: folder)
      try slurm.waitForEnd(of: job, in: folder)
      let log = try String(contentsOfFile: folder("log.txt"), encoding: .utf8)
      #expect(!log.contains("queueing"), "\(log)")
    }

    /// By a signal such as Slurm sends, at once.
    private func aJobThatGetsTheSignalIsContinued(_ slurm: Slurm) throws {
      let folder = try Scratch(job: Self.short)
      try Tool.run(["run", "job.yaml", "--results", "whole"], in: folder)
      let job = try submit(slurm, folder, ["LAUNCH": "mpirun"])
      try waitForProgress(folder)
      try slurm.command(["scancel", "--batch", "--signal=USR2", job], in: folder)
      try slurm.waitForEnd(of: job, in: folder)
      try expectContinuation(folder)
    }

    /// The signal before the time limit, the end with everything committed, the queue, and the rest of the work, by the
    /// clock of a real Slurm.
    private func aJobIsContinuedAfterItsTimeLimit(_ slurm: Slurm, _ folder: Scratch) throws {
      let launch = try launchers(slurm, folder)[0]
      slurm.wait(untilBeforeCheck: 5)
      // With a limit of a minute, Slurm's shortest, this signal is due at its first look, whenever that is.
      let job = try submit(slurm, folder, ["LAUNCH": launch], ["--time=1", "--signal=B:USR2@50"])
      try slurm.waitForEnd(of: job, in: folder)
      try expectContinuation(folder)
    }

    /// - Returns: the job's number.
    private func submit(
      _ slurm: Slurm, _ folder: Scratch, _ environment: [String: String], _ options: [String] = []
    ) throws -> String {
      let outcome = try slurm.command(
        ["sbatch", "--parsable", "--output=log.txt"] + options + Self.twoRanks
          + [Self.script, "job.yaml", "--threads", "1"], in: folder,
        environment: environment.merging(["FLOWMAP": Tool.path]) { $1 })
      #expect(outcome.status == 0, "\(outcome.errors)")
      return String(outcome.output.prefix { $0.isNumber })
    }

    /// Waits until the run has computed something.
    private func waitForProgress(_ folder: Scratch) throws {
      let deadline = ContinuousClock.now + .seconds(30)
      while try !Tool.run(["status", "results/endless"], in: folder).output.contains("left") {
        guard ContinuousClock.now < deadline else { throw Slurm.Missing.answer("the run does not begin") }
        usleep(100_000)
      }
    }

    private func expectContinuation(_ folder: Scratch) throws {
      let log = try String(contentsOfFile: folder("log.txt"), encoding: .utf8)
      #expect(log.contains("stopped early by SIGUSR2") && log.contains("queueing the job again"), "\(log)")
      #expect(log.contains("start 2, on "), "\(log)")
      let reused = try #require(log.matches(of: /computed \d+[\d,]*, reused (\d+)[\d,]*, failed 0/).last, "\(log)").1
      #expect(reused != "0", "\(log)")
      #expect(try merged(folder, "results/endless") == merged(folder, "whole"))
      #expect(try Tool.run(["status", "results/endless"], in: folder).output.hasPrefix("endless: finished\n"))
    }
  }
}
