import Foundation
import Testing

extension CommandTests {
  /// Runs whose members fail, all of them or some.
  @Suite struct FailedMembersTests {
    /// No member gets through with so few steps.
    private static let hopeless = JobText.decay.replacing(
      "absolute_tolerance: 1e-6}", with: "absolute_tolerance: 1e-6, maximum_steps: 2}")

    @Test(arguments: [nil, 2]) func aRunOfFailuresIsOne(ranks: Int?) throws {
      let folder = try Scratch(job: Self.hopeless)
      let run = try Tool.run(["run", "job.yaml", "--threads", "1"], ranks: ranks, in: folder)
      #expect(run.status == 5, "\(run.errors)")
      #expect(run.output.contains("recorded with their status: 64 too many steps\n"), "\(run.output)")
      // Summary and message name the cure.
      #expect(run.output.contains("\ntoo many steps: allow more by solve.maximum_steps, "), "\(run.output)")
      #expect(
        run.messages.count == 1 && run.errors.contains("error: decay: none of 64 members succeeded. Most often too "))
      // The results are complete and can be used.
      let merge = try Tool.run(["merge", "results/decay", "-o", "decay.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      #expect(try Tool.run(["inspect", "decay.h5"], in: folder).output.contains("status: too_many_steps 64"))
      // They are as failed when there is nothing left to compute.
      let again = try Tool.run(["run", "job.yaml", "--quiet"], ranks: ranks, in: folder)
      #expect(again.status == 5 && again.output.isEmpty && again.messages.count == 1, "\(again.errors)")
      #expect(try Tool.run(["status", "results/decay"], in: folder).status == 0)
    }

    @Test(arguments: [nil, 2]) func someFailuresAreOneIfThatIsAskedFor(ranks: Int?) throws {
      let folder = try Scratch(job: JobText.blowUp)
      let run = try Tool.run(["run", "job.yaml", "--threads", "1"], ranks: ranks, in: folder)
      #expect(run.status == 0 && run.messages.isEmpty, "\(run.errors)")
      let failed = try #require(run.output.firstMatch(of: /failed, and recorded with their status: (\d+) ([a-z ]+)/))
      #expect(run.output.contains("\n\(failed.2): "), "\(run.output)")
      let strict = try Tool.run(["run", "job.yaml", "--require-success"], ranks: ranks, in: folder)
      #expect(strict.status == 5, "\(strict.errors)")
      #expect(strict.errors.contains(" of 403 members did not succeed (--require-success). Most often "))
      let whole = try Scratch(job: JobText.decay)
      #expect(try Tool.run(["run", "job.yaml", "--require-success"], ranks: ranks, in: whole).status == 0)
    }

    /// The script merges what is complete, and has nothing queued again.
    @Test func theScriptForSlurmEndsWithTheCode() throws {
      let folder = try Scratch(job: Self.hopeless)
      let script = try Tool.run(["submit", "job.yaml", "--merge", "all.h5", "--dry-run"], in: folder)
      try folder.write(script.output, to: "script")
      try folder.write("#!/bin/sh\necho requeued\n", to: "scontrol")
      let run = try Tool.shell(
        "chmod +x scontrol; PATH=$PWD:$PATH LAUNCH=mpirun SLURM_JOB_ID=1 SLURM_JOB_NODELIST=here bash script",
        in: folder)
      #expect(run.status == 5 && !run.output.contains("requeued"), "\(run.errors)")
      #expect(folder.exists("all.h5"), "\(run.output)\(run.errors)")
    }
  }
}
