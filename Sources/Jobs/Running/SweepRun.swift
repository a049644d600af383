import Archive
import Cluster
import Dynamics
import Execution
import Foundation

/// Computes what is missing of a sweep's results on all ranks, into shards.
public struct SweepRun {
  let communicator: Communicator
  /// Workers of this rank.
  public let threads: Int
  let shardMode: ShardMode
  let commitInterval: Duration

  /// - Parameters:
  ///   - threads: workers of this rank; its fair share of the processors if nil.
  ///   - commitInterval: how often finished chunks are forced to the disk. Work of so long is lost at a kill.
  public init(
    on communicator: Communicator, threads: Int? = nil, shardMode: ShardMode = .node,
    commitInterval: Duration = .seconds(10)
  ) throws {
    (self.communicator, self.shardMode, self.commitInterval) = (communicator, shardMode, commitInterval)
    self.threads = try threads ?? communicator.threadShare()
  }

  /// Computes every missing member and stores it. Collective over all ranks.
  ///
  /// - Parameters:
  ///   - prepared: the plan's program, made ready on this rank.
  ///   - isStopping: asked on every rank about twenty times a second; where it says so, what is done is committed at once,
  ///     and all ranks end after their present chunks.
  ///   - progress: called as often.
  /// - Throws: the first rank's error on every rank: `ArchiveError` for files, `ExecutionError` for computing. Members
  ///   committed before stay valid.
  public func run(
    _ prepared: any PreparedProgram, into results: SweepResults, isStopping: () -> Bool = { false },
    progress: (RunProgress) throws -> Void = { _ in }
  ) throws -> SweepSummary {
    let (plan, missing) = (results.plan, results.census.missing)
    let started = ContinuousClock.now
    var statuses = Array(repeating: 0, count: Status.allCases.count)
    var computed = 0
    var tally = SweepTally(plan)
    var busyShare = 1.0
    let turnsBefore = prepared.laneSteps
    // Without anything to do no shard is made.
    if !missing.isEmpty {
      let writer = try ShardWriter(
        folder: results.folder, mode: shardMode, commitInterval: commitInterval, on: communicator)
      let queue = try WorkQueue(chunkCount: missing.count, workers: threads, communicator: communicator)
      // A worker fills one set of buffers while the other is written.
      let chunks = (0..<threads).map { _ in WorkerChunks(plan, prepared) }
      let running = ContinuousClock.now
      let outcome = Result {
        try queue.run { worker, number in
          try chunks[worker].compute(missing[number])
        } deliver: { number, result in
          try writer.write(chunk: missing[number], data: result.chunk.data)
          for (status, count) in result.statuses.enumerated() { statuses[status] += count }
          let members = plan.layout.members(ofChunk: missing[number]).count
          computed += members
          return (members, result.statuses.dropFirst().reduce(0, +))
        } tick: { state in
          if isStopping() && !queue.isStopping {
            // Who stops a run may not wait for long, so what there is comes first.
            try writer.commit()
            queue.stop()
          }
          try writer.commitIfDue()
          try progress(state)
        }
      }
      // Closing is collective, so it comes first whatever happened.
      let closing = Result { try writer.close() }
      _ = try outcome.get()
      try closing.get()
      for chunks in chunks { tally.add(chunks.tally) }
      let computing = chunks.reduce(Duration.zero) { $0 + $1.busy }
      busyShare = computing / running.duration(to: .now) / Double(threads)
    }
    var efficiency: Double?
    if let turnsBefore, let turns = prepared.laneSteps {
      let (active, all) = try (
        communicator.allreduce(tally.steps, .sum), communicator.allreduce(turns - turnsBefore, .sum)
      )
      if all > 0 { efficiency = Double(active) / Double(all) }
    }
    tally.add(results.tally)
    tally = try tally.combined(on: communicator)
    let total = zip(try communicator.allreduce(statuses, .sum), results.statuses).map { $0 + $1 }
    let allComputed = try communicator.allreduce(computed, .sum)
    return SweepSummary(
      members: plan.layout.memberCount, computed: allComputed, reused: results.census.members,
      statuses: zip(Status.allCases, total).map { ($0, $1) },
      statistics: zip(tally.names, tally.statistics).map { ($0, $1) },
      slowest: tally.slowest.map { .init(member: $0.member, steps: $0.steps, point: plan.point(of: $0.member)) },
      seconds: started.duration(to: .now).inSeconds,
      busyShare: (
        try communicator.allreduce(busyShare, .sum) / Double(communicator.size),
        try communicator.allreduce(busyShare, .minimum)
      ), laneEfficiency: efficiency,
      ranks: communicator.size, threads: try communicator.allreduce(threads, .sum),
      bytes: plan.layout.memberBytes * allComputed)
  }
}

/// The two sets of buffers that a worker uses in turn.
private final class WorkerChunks: @unchecked Sendable {
  private let plan: SweepPlan
  private let sets: [SweepChunk]
  private var turn = 0
  /// What the worker has computed, and how long it took. Read when the worker has left.
  private(set) var tally: SweepTally
  private(set) var busy = Duration.zero

  init(_ plan: SweepPlan, _ prepared: any PreparedProgram) {
    self.plan = plan
    sets = [SweepChunk(plan, prepared), SweepChunk(plan, prepared)]
    tally = SweepTally(plan)
  }

  func compute(_ chunk: Int) throws -> (chunk: SweepChunk, statuses: [Int]) {
    turn = 1 - turn
    let started = ContinuousClock.now
    let statuses = try sets[turn].compute(chunk)
    tally.add(plan.layout.members(ofChunk: chunk), sets[turn].data)
    busy += started.duration(to: .now)
    return (sets[turn], statuses)
  }
}

extension Duration {
  /// The duration as a number of seconds.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
