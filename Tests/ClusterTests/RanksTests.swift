import Foundation
import KnownEnsemble
import Testing

/// Real runs under mpirun. One at a time, as each starts several processes.
@Suite(.serialized) struct RanksTests {
  @Test func ranksKnowTheirNodesAndShareTheProcessors() throws {
    let outcome = try Probe.run(["facts"], ranks: 4, ranksPerNode: 2)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let places = outcome.lines.map { $0.components(separatedBy: " threads")[0] }
    #expect(places == ["0/4 node 0/2 0/2", "1/4 node 0/2 1/2", "2/4 node 1/2 0/2", "3/4 node 1/2 1/2"])
  }

  @Test func collectivesAgreeOnEveryRank() throws {
    let outcome = try Probe.run(["collectives"], ranks: 4)
    #expect(outcome.lines == ["grüße [6, 4] -0.5 3 [0, 1, 2, 3]"], "\(outcome.errors)")
    #expect(try Probe.run(["collectives"]).lines == ["grüße [0, 1] -0.5 0 [0]"])
  }

  @Test(arguments: [(1, nil), (2, nil), (3, nil), (4, nil), (4, 2), (3, 1), (4, 3)] as [(Int, Int?)])
  func everyChunkIsComputedByOneRankOnly(ranks: Int, ranksPerNode: Int?) throws {
    let outcome = try Probe.run(["queue", "400", "2"], ranks: ranks, ranksPerNode: ranksPerNode)
    #expect(outcome.lines.first == "complete 400 4000 400", "\(outcome.errors)")
    let chunks = outcome.lines.dropFirst().flatMap { $0.split(separator: " ").compactMap { Int($0) } }
    #expect(chunks.sorted() == Array(0..<400))
  }

  @Test func moreRanksThanChunksEndWell() throws {
    let outcome = try Probe.run(["queue", "2", "1"], ranks: 4, ranksPerNode: 1)
    #expect(outcome.lines.first == "complete 2 20 2", "\(outcome.errors)")
  }

  @Test(arguments: [0, 1, 3])
  func anErrorOfOneRankEndsTheRunPromptlyWithOneMessage(rank: Int) throws {
    let start = ContinuousClock.now
    let outcome = try Probe.run(["fail", "\(rank)"], ranks: 4, ranksPerNode: 2)
    #expect(outcome.status != 0)
    #expect(start.duration(to: .now) < .seconds(15))
    let messages = outcome.errors.split(separator: "\n").filter { $0.contains("the dog ate chunk") }
    #expect(messages.count == 1, "\(outcome.errors)")
    #expect(rank == 0 || messages.first?.hasPrefix("rank \(rank): ") == true)
  }

  @Test func anyRankCanStopTheRun() throws {
    let outcome = try Probe.run(["stop"], ranks: 4, ranksPerNode: 2)
    #expect(outcome.lines == ["stopped"], "\(outcome.errors)")
    #expect(outcome.status == 0)
  }

  @Test func ranksThatWaitLeaveTheProcessorsToOthers() throws {
    let outcome = try Probe.run(["idle"], ranks: 3)
    // Starting MPI takes about 0.1 s of processor time; waiting at full speed would add a whole second.
    #expect(Double(outcome.lines[0])! < 0.6, "\(outcome.errors)")
  }

  @Test func startingWithAWrongNumberOfProcessesIsExplained() throws {
    // As `srun` without MPI support does: an announcement of two, and each process alone.
    let environment = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"]
    let outcome = try Probe.run(["facts"], environment: environment)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("srun --mpi=pmix"))
    let mismatch = try Probe.run(["facts"], environment: ["PMI_RANK": "0", "PMI_SIZE": "3"])
    #expect(mismatch.status == 2)
    #expect(mismatch.errors.contains("PMI_SIZE says that 3 processes"), "\(mismatch.errors)")
  }
}
