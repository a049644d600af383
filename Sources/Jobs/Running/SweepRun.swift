import Archive
import Cluster
import Dynamics
import Execution
import Foundation

/// How a sweep went.
public struct SweepSummary: Sendable {
  /// Members of the job.
  public var members: Int
  /// Members that were computed now, and those that were there already.
  public var computed: Int
  public var reused: Int
  /// Members by status that are there now, whoever computed them.
  public var statuses: [(status: Status, count: Int)]
  /// Wall-clock seconds from the first chunk to the closing of the shards.
  public var seconds: Double
  public var ranks: Int
  public var threads: Int
  /// Bytes of results that were written.
  public var bytes: Int

  /// Whether every member is there.
  public var isComplete: Bool { computed + reused == members }
  /// Members that are there, but ended with another status than success.
  public var failed: Int { statuses.reduce(0) { $0 + ($1.status == .success ? 0 : $1.count) } }
}

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
    // Without anything to do no shard is made.
    if !missing.isEmpty {
      let writer = try ShardWriter(
        folder: results.folder, mode: shardMode, commitInterval: commitInterval, on: communicator)
      let queue = try WorkQueue(chunkCount: missing.count, workers: threads, communicator: communicator)
      // A worker fills one set of buffers while the other is written.
      let chunks = (0..<threads).map { _ in WorkerChunks(plan, prepared) }
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
    }
    let total = zip(try communicator.allreduce(statuses, .sum), results.statuses).map { $0 + $1 }
    let allComputed = try communicator.allreduce(computed, .sum)
    return SweepSummary(
      members: plan.layout.memberCount, computed: allComputed, reused: results.census.members,
      statuses: zip(Status.allCases, total).map { ($0, $1) }, seconds: started.duration(to: .now).inSeconds,
      ranks: communicator.size, threads: try communicator.allreduce(threads, .sum),
      bytes: plan.layout.memberBytes * allComputed)
  }
}

/// The two sets of buffers that a worker uses in turn.
private final class WorkerChunks: @unchecked Sendable {
  private let sets: [SweepChunk]
  private var turn = 0

  init(_ plan: SweepPlan, _ prepared: any PreparedProgram) {
    sets = [SweepChunk(plan, prepared), SweepChunk(plan, prepared)]
  }

  func compute(_ chunk: Int) throws -> (chunk: SweepChunk, statuses: [Int]) {
    turn = 1 - turn
    return (sets[turn], try sets[turn].compute(chunk))
  }
}

extension Duration {
  /// The duration as a number of seconds.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
