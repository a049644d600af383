/// How this process was started, read from the variables that launchers leave in the environment.
///
/// Nothing here calls MPI, so a process without a launcher never pays for starting it.
enum Launch: Equatable {
  /// No launcher: one process, MPI stays untouched. The hint tells a Slurm user how to use the whole allocation.
  case solo(hint: String?)
  /// Started by an MPI launcher, with the number of processes that it announced, if it did.
  case mpi(announced: Announcement?)

  /// A number of processes and the variable that told it.
  struct Announcement: Equatable {
    let variable: String
    let size: Int
  }

  /// - Throws: `ClusterError.singletons` where `srun` started several processes without any MPI support.
  init(environment: [String: String]) throws {
    func number(_ variable: String) -> Announcement? {
      environment[variable].flatMap { Int($0) }.map { Announcement(variable: variable, size: $0) }
    }
    let step = Self.slurmStepSize(environment)
    if let announced = number("OMPI_COMM_WORLD_SIZE") {
      // mpirun inside a Slurm job reaches other nodes by a step of its own, so its own word counts, not Slurm's.
      self = .mpi(announced: announced)
    } else if environment["PMIX_RANK"] != nil {
      self = .mpi(announced: step)
    } else if environment["PMI_RANK"] != nil {
      self = .mpi(announced: number("PMI_SIZE") ?? step)
    } else if let step, step.size > 1 {
      throw ClusterError.singletons(variable: step.variable, expected: step.size, found: 1)
    } else {
      var hint: String?
      if let allocation = number("SLURM_NTASKS"), allocation.size > 1, step == nil {
        hint = """
          this allocation has \(allocation.size) tasks but flowmap was started once, without a launcher; \
          start it with `mpirun flowmap` or `srun --mpi=pmix flowmap` to use them all
          """
      }
      self = .solo(hint: hint)
    }
  }

  /// Whether the launcher says that all ranks are on this node.
  static func isOnOneNode(_ environment: [String: String]) -> Bool {
    if let size = environment["OMPI_COMM_WORLD_SIZE"] { return environment["OMPI_COMM_WORLD_LOCAL_SIZE"] == size }
    return slurmStepSize(environment) != nil && environment["SLURM_STEP_NUM_NODES"] == "1"
  }

  /// The number of tasks of the step that started this process, or nil outside a step.
  ///
  /// A batch script or an interactive shell also belongs to a step, but to a special one: Slurm numbers those from
  /// 0xfffffff0 up. The allocation's own SLURM_NTASKS says nothing about how this process was started.
  private static func slurmStepSize(_ environment: [String: String]) -> Announcement? {
    guard let step = (environment["SLURM_STEP_ID"] ?? environment["SLURM_STEPID"]).flatMap({ UInt32($0) }),
      step < 0xffff_fff0, environment["SLURM_PROCID"] != nil,
      let size = environment["SLURM_STEP_NUM_TASKS"].flatMap({ Int($0) })
    else { return nil }
    return Announcement(variable: "SLURM_STEP_NUM_TASKS", size: size)
  }
}
