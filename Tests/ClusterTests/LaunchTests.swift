import Testing

@testable import Cluster

@Suite struct LaunchTests {
  @Test func aProcessWithoutALauncherIsAlone() throws {
    #expect(try Launch(environment: [:]) == .solo(hint: nil))
  }

  @Test func mpirunIsRecognisedAlsoInsideASlurmStepOfItsOwn() throws {
    let environment = [
      "OMPI_COMM_WORLD_SIZE": "8", "PMIX_RANK": "3", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1",
      "SLURM_STEP_NUM_TASKS": "2",
    ]
    let announced = Launch.Announcement(variable: "OMPI_COMM_WORLD_SIZE", size: 8)
    #expect(try Launch(environment: environment) == .mpi(announced: announced))
  }

  @Test func srunWithPMIxIsRecognised() throws {
    let environment = [
      "PMIX_RANK": "0", "SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "4",
    ]
    let announced = Launch.Announcement(variable: "SLURM_STEP_NUM_TASKS", size: 4)
    #expect(try Launch(environment: environment) == .mpi(announced: announced))
  }

  @Test func srunWithoutMPISupportIsRefusedWithTheCure() throws {
    let environment = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"]
    let error = ClusterError.singletons(variable: "SLURM_STEP_NUM_TASKS", expected: 4, found: 1)
    #expect(throws: error) { try Launch(environment: environment) }
    #expect("\(error)".contains("srun --mpi=pmix"))
  }

  @Test(arguments: [nil, "4294967291", "4294967290"])
  func aBatchScriptWithManyTasksRunsAloneWithAHint(step: String?) throws {
    var environment = ["SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_ID": "7"]
    environment["SLURM_STEP_ID"] = step
    environment["SLURM_STEP_NUM_TASKS"] = step == nil ? nil : "1"
    guard case .solo(let hint?) = try Launch(environment: environment) else {
      Issue.record("should be alone, with a hint")
      return
    }
    #expect(hint.contains("mpirun"))
  }

  @Test func aStepOfOneTaskRunsAlone() throws {
    let environment = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "SLURM_NTASKS": "4"]
    #expect(try Launch(environment: environment) == .solo(hint: nil))
  }

  @Test func repairsNeverOverrideTheUser() {
    let all = Repair.needed(environment: [:], parameters: [], inContainer: true, isOnOneNode: true).map(\.variable)
    #expect(all == ["OMPI_MCA_fcoll", "OMPI_MCA_btl_vader_single_copy_mechanism", "OMPI_MCA_pml"])
    #expect(Repair.needed(environment: [:], parameters: []).map(\.variable) == [all[0]])
    #expect(Repair.needed(environment: [all[0]: "dynamic"], parameters: []).isEmpty)
    let file = "# fcoll = vulcan\n fcoll = individual\n"
    #expect(Repair.needed(environment: [:], parameters: [file]).isEmpty)
    let comment = "# fcoll = individual\n"
    #expect(Repair.needed(environment: [:], parameters: [comment]).count == 1)
  }

  /// Debian's own file excludes ucx.
  @Test(arguments: [("", true), ("pml = ^ucx", true), ("pml = ^ucx,ob1", false), ("pml = cm", false), ("pml=", false)])
  func theCarrierOfOneNodeIsNoneThatTheSiteExcludes(file: String, isSet: Bool) {
    let found = Repair.needed(environment: [:], parameters: [file], isOnOneNode: true)
    #expect(found.contains { $0.variable == "OMPI_MCA_pml" && $0.value == "ob1" } == isSet)
    let ofUser = Repair.needed(environment: [:], parameters: ["pml = cm", file], isOnOneNode: true)
    #expect(!ofUser.contains { $0.value == "ob1" })
    let user = ["OMPI_MCA_pml": "cm"]
    #expect(!Repair.needed(environment: user, parameters: [file], isOnOneNode: true).contains { $0.value == "ob1" })
  }

  @Test func launchersTellWhetherAllRanksAreOnOneNode() {
    func isOnOneNode(_ all: String, _ local: String?) -> Bool {
      var environment = ["OMPI_COMM_WORLD_SIZE": all, "SLURM_STEP_NUM_NODES": "1"]
      environment["OMPI_COMM_WORLD_LOCAL_SIZE"] = local
      return Launch.isOnOneNode(environment)
    }
    #expect(isOnOneNode("4", "4") && !isOnOneNode("4", "2") && !isOnOneNode("4", nil))
    var step = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_NUM_NODES": "1"]
    #expect(Launch.isOnOneNode(step))
    step["SLURM_STEP_NUM_NODES"] = "2"
    #expect(!Launch.isOnOneNode(step) && !Launch.isOnOneNode([:]))
  }
}

@Suite struct ThreadShareTests {
  @Test func ranksThatShareProcessorsDivideThem() {
    #expect(ThreadShare.threads(allowed: [[0, 1], [0, 1]]) == [1, 1])
    #expect(ThreadShare.threads(allowed: [Set(0..<4), Set(0..<4), Set(0..<4)]) == [1, 1, 2])
    #expect(ThreadShare.threads(allowed: [Set(0..<9), Set(0..<9), Set(0..<9)]) == [3, 3, 3])
  }

  @Test func boundRanksUseWhatTheyAreBoundTo() {
    #expect(ThreadShare.threads(allowed: [[0], [1]]) == [1, 1])
    #expect(ThreadShare.threads(allowed: [Set(0..<8), Set(8..<16)]) == [8, 8])
  }

  @Test func everyRankHasAThreadHoweverManyThereAre() {
    #expect(ThreadShare.threads(allowed: Array(repeating: [0, 1], count: 5)).allSatisfy { $0 >= 1 })
    #expect(ThreadShare.threads(allowed: [Set(0..<64)]) == [64])
  }

  @Test func theKernelsListOfProcessorsIsRead() {
    let status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8,10-11\n"
    #expect(ThreadShare.processors(inStatus: status) == [0, 1, 2, 3, 8, 10, 11])
    #expect(!ThreadShare.allowedProcessors().isEmpty)
  }
}
