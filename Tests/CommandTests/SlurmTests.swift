import Foundation
import Testing

extension CommandTests {
  /// Jobs under a real Slurm of one node.
  @Suite struct SlurmTests {
    /// One for all of these tests; the suite is serial.
    @Test func jobsRunUnderSlurm() throws {
      let slurm: Slurm
      do {
        slurm = try Slurm()
      } catch {
        // Loud, so that a log shows what was not tried.
        FileHandle.standardError.write(
          Data("\nSKIPPED: the tests under Slurm, as it cannot run here: \(error)\n\n".utf8))
        return
      }
      defer { slurm.stop() }
      let folder = try Scratch(job: JobText.blowUp)
      let solo = try Tool.run(["run", "job.yaml", "--results", "solo"], in: folder)
      #expect(solo.status == 0, "\(solo.errors)")
      try Tool.run(["merge", "solo", "-o", "solo.h5"], in: folder)
      let expected = try folder.contents("solo.h5")

      for launch in ["srun", "mpirun", ""] {
        let file = "under-\(launch).h5"
        var environment = ["FLOWMAP": Tool.path, "MERGE": file]
        if !launch.isEmpty { environment["LAUNCH"] = launch }
        let outcome = try slurm.submit(
          [
            "--ntasks-per-node=2", "--overcommit", Tool.project + "/slurm/flowmap.sbatch", "job.yaml", "--threads", "1",
          ],
          in: folder, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("(2 ranks, 2 threads)"), "\(outcome.output)")
        #expect(outcome.output.components(separatedBy: "403 members in").count == 2, "\(outcome.output)")
        if folder.exists(file) { #expect(try folder.contents(file) == expected) }
        #expect(folder.exists(file), "\(outcome.output)")
        try? FileManager.default.removeItem(atPath: folder("results"))
      }

      try singletonsAreExplained(slurm)
      try aBatchStepWithoutALauncherIsOneRank(slurm)
      try aWrongJobFailsTheScript(slurm)
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
      let script = Tool.project + "/slurm/flowmap.sbatch"
      let outcome = try slurm.submit(
        ["--ntasks-per-node=2", "--overcommit", script, "job.yaml"], in: folder, environment: ["FLOWMAP": Tool.path])
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1 && outcome.output.contains("'w', which is not"), "\(outcome.output)")
      let usage = try slurm.submit([script], in: folder, environment: ["FLOWMAP": Tool.path])
      #expect(usage.status == 2 && usage.output.contains("usage: sbatch"), "\(usage.output)")
    }
  }
}
