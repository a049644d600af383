import Foundation
import Testing

extension CommandTests {
  /// What goes wrong around a run: disks, folders, ranks, compilers, signals.
  @Suite struct FaultTests {
    @Test func aFolderThatHoldsAnotherJobIsLeftAlone() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml", "--results", "r"], in: folder)
      let before = try FileManager.default.contentsOfDirectory(atPath: folder("r")).sorted()
      try folder.write(JobText.decay.replacing("from: 0, to: 2", with: "from: 0, to: 3"), to: "other.yaml")
      for ranks in [nil, 2] {
        let outcome = try Tool.run(["run", "other.yaml", "--results", "r"], ranks: ranks, in: folder)
        #expect(outcome.status == 2)
        #expect(outcome.messages.count == 1 && outcome.errors.contains("\n  vary.k.to: 2 → 3\n"), "\(outcome.errors)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder("r")).sorted() == before)
    }

    @Test func aFileInTheWayOfTheResultsIsNamed() throws {
      let folder = try Scratch(job: JobText.decay)
      try folder.write("", to: "results")
      let outcome = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.errors == "error: cannot create results/decay: Not a directory\n")
      let same = try Tool.run(["run", "job.yaml", "--results", "job.yaml"], in: folder)
      #expect(same.errors == "error: cannot create job.yaml: a file of that name is there\n")
      let none = try Tool.run(["run", "job.yaml", "--results", ""], in: folder)
      #expect(none.status == 2 && none.errors.contains("--results must be the path of a folder"), "\(none.errors)")
    }

    @Test func aFolderThatCannotBeWrittenIsNamed() throws {
      // Permissions do not stop root, but this file system does.
      let outcome = try Tool.run(["run", "job.yaml", "--results", "/proc/results"], in: Scratch(job: JobText.decay))
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1 && outcome.errors.contains("/proc/results"), "\(outcome.errors)")
    }

    @Test(arguments: ["nowhere.yaml", "folder"]) func aJobThatCannotBeReadIsNamed(name: String) throws {
      let folder = try Scratch()
      try FileManager.default.createDirectory(atPath: folder("folder"), withIntermediateDirectories: true)
      for ranks in [nil, 2] {
        let outcome = try Tool.run(["run", name], ranks: ranks, in: folder)
        #expect(outcome.status == 2)
        #expect(
          outcome.messages.count == 1 && outcome.errors.hasPrefix("error: \(name): cannot be read"), "\(outcome.errors)"
        )
      }
      #expect(folder.names == ["folder"])
    }

    @Test func mergeAndInspectNameWhatTheyCannotRead() throws {
      let folder = try Scratch(job: JobText.decay)
      for (arguments, message) in [
        (["inspect", "nowhere.h5"], "error: cannot read nowhere.h5: No such file or directory\n"),
        (["inspect", "job.yaml"], "error: cannot read job.yaml: it is not an HDF5 file\n"),
        (["merge", "nowhere", "-o", "a.h5"], "error: nowhere holds no results of flowmap: "),
        (["merge", ".", "-o", "a.h5"], "error: . holds no results of flowmap: "),
      ] {
        let outcome = try Tool.run(arguments, in: folder)
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
      }
      try Tool.run(["run", "job.yaml"], in: folder)
      let outcome = try Tool.run(["merge", "results/decay", "-o", "no/where.h5"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.errors == "error: cannot create no/where.h5.part: No such file or directory\n")
    }

    @Test(arguments: ["node", "rank"]) func aShardThatWouldBeTooLargeIsNotBegun(shards: String) throws {
      let folder = try Scratch(job: JobText.wide(members: 400_000))
      // 400,000 members of 41 bytes are 16 MB; the limit is 8 MB.
      let outcome = try Tool.shell("ulimit -f 8192; \"$flowmap\" run job.yaml --shards \(shards)", in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(
        outcome.messages.count == 1 && outcome.errors.contains("File too large for this file system"),
        "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"], "nothing was written")
    }

    @Test(arguments: [0, 1, 2]) func anErrorOfOneRankEndsTheRunWithOneMessage(rank: Int) throws {
      let folder = try Scratch(job: JobText.endless)
      try folder.write(
        "[ \"$OMPI_COMM_WORLD_RANK\" = \(rank) ] && ulimit -f 4096\nexec \"$flowmap\" run job.yaml --shards rank",
        to: "one.sh")
      let outcome = try Tool.shell("mpirun --oversubscribe -n 3 bash one.sh", in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.messages.count == 1, "\(outcome.errors)")
      #expect(rank == 0 || outcome.errors.contains("error: rank \(rank): "), "\(outcome.errors)")
      // Rank 0 finds out before there are shards.
      #expect(outcome.errors.contains(rank == 0 ? "results/endless" : "rank000\(rank).h5"), "\(outcome.errors)")
    }

    @Test func aRankThatCannotCompileEndsTheRunWithOneMessage() throws {
      let folder = try Scratch(job: JobText.tiny)
      try folder.write(
        "[ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && export CC=/nonexistent\nexec \"$flowmap\" run job.yaml --backend $1",
        to: "one.sh")
      let environment = ["FLOWMAP_CACHE": folder("cache")]
      let outcome = try Tool.shell("mpirun -n 2 --oversubscribe bash one.sh cpu", in: folder, environment: environment)
      #expect(outcome.status == 2)
      #expect(outcome.messages.count == 1, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("error: rank 1: no C compiler was found (tried /nonexistent)"), "\(outcome.errors)")
      #expect(!folder.exists("results"))
      // All fall back together, so that no member's bits depend on which rank computed it.
      let fallback = try Tool.shell(
        "mpirun -n 2 --oversubscribe bash one.sh auto", in: folder, environment: environment)
      #expect(fallback.status == 0, "\(fallback.errors)")
      #expect(fallback.errors.contains("note: using the batched backend, which is slower: rank 1: no C compiler"))
    }

    /// Environments in which no compiler is found, as the shell sets them before it becomes the tool.
    @Test(arguments: [
      "export CC=/nonexistent;", "unset CC; export PATH=/nonexistent;", "export CC= PATH=/nonexistent;",
    ])
    func withoutACompilerTheBatchedBackendTakesOver(hiding: String) throws {
      let folder = try Scratch(job: JobText.tiny)
      let environment = ["FLOWMAP_CACHE": folder("cache")]
      let run = try Tool.shell(hiding + "exec \"$flowmap\" run job.yaml", in: folder, environment: environment)
      #expect(run.status == 0 && run.output.contains("every member succeeded"), "\(run.errors)")
      #expect(
        run.errors.contains("note: using the batched backend, which is slower: no C compiler was found"),
        "\(run.errors)")
      let asked = try Tool.shell(
        hiding + "exec \"$flowmap\" run job.yaml --backend cpu --results b", in: folder, environment: environment)
      #expect(asked.status == 2)
      #expect(asked.messages.count == 1 && asked.errors.contains("error: no C compiler was found"), "\(asked.errors)")
      #expect(!folder.exists("b"))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGUSR2], [nil, 2])
    func aSignalCommitsAndEndsTheRunWhichThenContinues(signal: Int32, ranks: Int?) throws {
      // Enough work to be in the middle of it, little enough to be finished afterwards.
      let job = JobText.endless.replacing("count: 100000000", with: "count: 250000")
      let folder = try Scratch(job: job)
      let launcher = ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []
      let running = try Tool.start(launcher + [Tool.path, "run", "job.yaml"], in: folder.path)
      while running.process.isRunning && !folder.exists("results/endless/shard-0001-node0000.h5") { usleep(5000) }
      usleep(500_000)
      kill(running.process.processIdentifier, signal)
      let outcome = running.outcome()
      // mpirun has a code of its own for a run that it has been told to end.
      #expect(outcome.status == (ranks == nil || signal == SIGUSR2 ? 4 : 1), "\(outcome.errors)")
      #expect(outcome.messages.isEmpty, "\(outcome.errors)")
      let stopped = try #require(
        outcome.errors.firstMatch(of: /stopped early by SIG[A-Z0-9]+, computed ([\d,]+), reused 0/), "\(outcome.errors)"
      )
      #expect(outcome.errors.components(separatedBy: "The same command continues.").count == 2, "\(outcome.errors)")
      let next = try Tool.run(["run", "job.yaml"], ranks: ranks, in: folder)
      #expect(next.output.contains("reused \(stopped.1), failed 0"), "\(next.output)\(next.errors)")
    }

    @Test(arguments: [nil, 2]) func aFolderThatVanishesEndsTheRun(ranks: Int?) throws {
      let folder = try Scratch(job: JobText.endless)
      let launcher = ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []
      let running = try Tool.start(
        launcher + [Tool.path, "run", "job.yaml", "--commit-every", "0.2"], in: folder.path)
      running.waitForErrors(containing: "a second")
      try FileManager.default.removeItem(atPath: folder("results"))
      let outcome = running.outcome()
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("cannot write to results/endless/shard-0001-node0000.h5: No such file"),
        "\(outcome.errors)")
    }

    @Test func aFileSystemThatCannotBeWrittenIsNamed() throws {
      let folder = try Scratch(job: JobText.decay)
      let mount = try Tool.shell("mkdir results && mount -t tmpfs -o ro tmpfs results", in: folder)
      guard mount.status == 0 else { return }
      defer { _ = try? Tool.shell("umount results", in: folder) }
      for results in ["results", "results/decay"] {
        let outcome = try Tool.run(["run", "job.yaml", "--results", results], in: folder)
        #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(/[Rr]ead.only/), "\(outcome.errors)")
      }
    }

    @Test func aMergeThatWasKilledDoesNotStandInTheWayOfTheNext() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write("rubbish", to: "a.h5.part")
      let merge = try Tool.run(["merge", "results/decay", "-o", "a.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      #expect(!folder.exists("a.h5.part"))
    }

    @Test func ranksThatDoNotFindEachOtherAreExplainedOnce() throws {
      // As `srun -n 2` without MPI support starts them.
      let folder = try Scratch(job: JobText.decay)
      let outcome = try Tool.shell(
        """
        export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2
        SLURM_PROCID=0 "$flowmap" run job.yaml & first=$!
        SLURM_PROCID=1 "$flowmap" run job.yaml; second=$?
        wait $first; [ $? = 2 ] && [ $second = 2 ]
        """, in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.messages.count == 1 && outcome.errors.contains("srun --mpi=pmix flowmap"), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }
  }
}
