import Foundation

/// Whether Slurm is here and can start ranks. That it is not here is no fault.
enum SlurmCheck {
  static func findings() -> [Finding] {
    guard ProgramSearch.path(of: "sbatch") != nil, let srun = ProgramSearch.path(of: "srun") else {
      return [.ok("Slurm", "none, and none is needed")]
    }
    let environment = ProcessInfo.processInfo.environment
    var findings: [Finding] = []
    if let job = environment["SLURM_JOB_ID"] {
      findings.append(.ok("Slurm", "job \(job) on \(environment["SLURM_JOB_NODELIST"] ?? "unknown nodes")"))
    }
    guard let listed = try? ProgramSearch.run(srun, ["--mpi=list"]), listed.status == 0 else {
      return findings + [.note("Slurm", "installed, but it does not answer here")]
    }
    let kinds = (listed.output + listed.errors).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    guard kinds.contains("pmix") else {
      return findings + [
        .note(
          "Slurm", "srun cannot speak PMIx, so it would start ranks that do not know each other",
          cure: "use mpirun in batch scripts, as those of '\(FlowmapTool.name) submit' do then")
      ]
    }
    return findings + [.ok("Slurm", "srun --mpi=pmix and mpirun can both start ranks")]
  }
}
