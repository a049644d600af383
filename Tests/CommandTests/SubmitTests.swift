import Foundation
import Testing

extension CommandTests {
  /// What `submit` writes, and what it refuses, without a Slurm.
  @Suite struct SubmitTests {
    private func submit(_ folder: Scratch, _ arguments: [String], _ environment: [String: String] = [:]) throws
      -> Tool.Outcome
    {
      try Tool.run(["submit"] + arguments, in: folder, environment: environment)
    }

    @Test func theScriptSaysWhatWasAskedFor() throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try submit(
        folder,
        [
          "job.yaml", "--nodes", "4", "--ranks-per-node", "2", "--time", "2:00:00", "--partition", "long", "--account",
          "ab12", "--gpus", "3", "--sbatch=--qos=night", "--results", "over there", "--merge", "a'b.h5", "--dry-run",
          "--",
          "--backend", "cpu",
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      for option in [
        "job-name=decay", "nodes=4", "ntasks-per-node=2", "time=2:00:00", "partition=long", "account=ab12",
        "gpus-per-node=3", "qos=night", "signal=B:USR2@120", "requeue", "open-mode=append",
      ] {
        #expect(lines.contains("#SBATCH --\(option)"), "\(option): \(outcome.output)")
      }
      #expect(lines.contains("set -- job.yaml --results 'over there' --backend cpu"), "\(outcome.output)")
      #expect(outcome.output.contains("\"$flowmap\" merge 'over there' -o 'a'\\''b.h5'"), "\(outcome.output)")
      #expect(outcome.output.contains("flowmap=${FLOWMAP:-\(Tool.path)}"), "\(outcome.output)")
      #expect(folder.names == ["job.yaml"], "--dry-run writes nothing")
      // Every directive stands before the first command, or Slurm would overlook it.
      let command = try #require(lines.firstIndex(of: "set -u"))
      #expect(!lines[command...].contains { $0.hasPrefix("#SBATCH") })
      try folder.write(outcome.output, to: "script")
      #expect(try Tool.shell("bash -n script", in: folder).status == 0)
    }

    @Test(arguments: [
      (["--backnd", "cpu"], "options of 'run': unknown option '--backnd'. Did you mean '--backend'?"),
      (["--backend", "gpu"], "the value 'gpu' is invalid"), (["other.yaml"], "unexpected argument 'other.yaml'"),
    ])
    func whatRunWouldNotTakeIsToldNow(options: [String], message: String) throws {
      let outcome = try submit(Scratch(job: JobText.decay), ["job.yaml", "--dry-run", "--"] + options)
      #expect(outcome.status == 2 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func aShortJobIsAskedToEndAtHalfOfItsTime() throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try submit(folder, ["job.yaml", "--time", "2", "--dry-run"])
      #expect(outcome.output.contains("#SBATCH --signal=B:USR2@60\n"), "\(outcome.output)")
    }

    @Test(arguments: ["1", "90", "5:00", "1:30:00", "36:00:00", "2-12", "2-12:30", "0-00:10:00"])
    func timesAsSlurmHasThemAreTaken(time: String) throws {
      let outcome = try submit(Scratch(job: JobText.decay), ["job.yaml", "--time", time, "--dry-run"])
      #expect(outcome.output.contains("#SBATCH --time=\(time)\n"), "\(outcome.errors)")
    }

    @Test(arguments: [
      (["--time", "2h"], "--time must be like 90 (minutes)"), (["--time", "0"], "--time must be"),
      (["--time", "1:99:00"], "--time must be"), (["--time", ""], "--time must be"),
      (["--time", "99999999999999999999"], "--time must be"),
      (["--nodes", "0"], "--nodes must be between 1 and 100000, but is 0"),
      (["--nodes", "four"], "'four' is invalid for '--nodes"), (["--ranks-per-node", "0"], "--ranks-per-node must be"),
      (["--gpus", "0"], "--gpus must be"), (["--notice", "0"], "--notice must be"),
      (["--partition", "a b"], "--partition must be a name"),
      (["--account", "x\n#SBATCH --nodes=9"], "--account must be"),
      (["--sbatch=qos"], "--sbatch takes an option of sbatch"), (["--template"], "--template is for any job"),
      (["--", "--fresh"], "--fresh would start over"),
    ])
    func badValuesAreToldInOneMessage(arguments: [String], message: String) throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try submit(folder, ["job.yaml", "--dry-run"] + arguments)
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(message) && outcome.output.isEmpty, "\(outcome.errors)")
    }

    @Test func aWrongJobIsRefusedBeforeItIsQueued() throws {
      let folder = try Scratch(job: JobText.decay.replacing("u_end: final(u)", with: "u_end: final(w)"))
      let outcome = try submit(folder, ["job.yaml"])
      #expect(outcome.status == 2 && outcome.errors.contains("'w', which is not"), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test func withoutSlurmItSaysWhatToDo() throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try submit(folder, ["job.yaml"], ["PATH": "/nonexistent"])
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("sbatch, which submits scripts, is not on the path"), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test func aFileThatIsNotItsOwnIsLeftAlone() throws {
      let folder = try Scratch(job: JobText.decay)
      try folder.write("mine", to: "decay.sbatch")
      try folder.write("#!/bin/bash\necho 42\n", to: "sbatch")
      chmod(folder("sbatch"), 0o755)
      let outcome = try submit(folder, ["job.yaml"], ["PATH": folder.path + ":/usr/bin:/bin"])
      #expect(outcome.status == 2 && outcome.errors.contains("was not written by"), "\(outcome.errors)")
      #expect(try folder.contents("decay.sbatch") == Data("mine".utf8))
      let other = try submit(
        folder, ["job.yaml", "--script", "other.sbatch"], ["PATH": folder.path + ":/usr/bin:/bin"])
      #expect(other.output.contains("other.sbatch is job 42 of Slurm"), "\(other.output)\(other.errors)")
    }

    /// `make docs` writes them.
    @Test(arguments: [
      ("one-node", []), ("many-nodes", ["--nodes", "4"]), ("gpu-nodes", ["--nodes", "2", "--gpus", "4"]),
    ])
    func theScriptsOfTheProjectAreWhatTheToolPrints(name: String, options: [String]) throws {
      let outcome = try submit(Scratch(), ["--template", "--time", "12:00:00"] + options)
      let stored = try String(contentsOfFile: Tool.project + "/slurm/\(name).sbatch", encoding: .utf8)
      #expect(outcome.output == stored, "make docs brings slurm/\(name).sbatch up to date")
    }
  }
}
