import Archive
import Cluster
import Dynamics
import Execution
import Foundation

/// How a sweep went.
public struct SweepSummary: Sendable {
  public var members: Int
  /// Members by status, over all ranks.
  public var statuses: [(status: Status, count: Int)]
  /// Wall-clock seconds from the first chunk to the closing of the shards.
  public var seconds: Double
  public var ranks: Int
  public var threads: Int
  /// Bytes of results that were written.
  public var bytes: Int
}

/// Runs a planned sweep on all ranks, into shards.
public struct SweepRun {
  let plan: SweepPlan
  let communicator: Communicator
  let threads: Int
  let shardMode: ShardMode

  /// - Parameter threads: workers of this rank; its fair share of the processors if nil.
  public init(_ plan: SweepPlan, on communicator: Communicator, threads: Int? = nil, shardMode: ShardMode = .node)
    throws
  {
    (self.plan, self.communicator, self.shardMode) = (plan, communicator, shardMode)
    self.threads = try threads ?? communicator.threadShare()
  }

  /// Computes every member and stores it. Collective over all ranks.
  ///
  /// - Parameters:
  ///   - prepared: the plan's program, made ready on this rank.
  ///   - folder: where the results go, relative to the working folder.
  ///   - progress: called on every rank about twenty times a second.
  /// - Throws: the first rank's error on every rank: `ArchiveError` for files, `ExecutionError` for computing. Members
  ///   committed before stay valid.
  public func run(
    _ prepared: any PreparedProgram, into folder: String, progress: (RunProgress) throws -> Void = { _ in }
  ) throws -> SweepSummary {
    let results = try ResultsFolder.prepare(folder, job: plan.identity, layout: plan.layout, on: communicator)
    let started = ContinuousClock.now
    let writer = try ShardWriter(folder: results, mode: shardMode, on: communicator)
    let queue = try WorkQueue(chunkCount: plan.layout.chunkCount, workers: threads, communicator: communicator)
    // A worker fills one set of buffers while the other is written.
    let chunks = (0..<threads).map { _ in WorkerChunks(plan, prepared) }
    var statuses = Array(repeating: 0, count: Status.allCases.count)
    let outcome = Result {
      try queue.run { worker, chunk in
        try chunks[worker].compute(chunk)
      } deliver: { chunk, computed in
        try writer.write(chunk: chunk, data: computed.chunk.data)
        for (status, count) in computed.statuses.enumerated() { statuses[status] += count }
        return (computed.statuses.reduce(0, +), computed.statuses.dropFirst().reduce(0, +))
      } tick: { state in
        try writer.commitIfDue()
        try progress(state)
      }
    }
    // Closing is collective, so it comes first whatever happened.
    let closing = Result { try writer.close() }
    _ = try outcome.get()
    try closing.get()
    let total = try communicator.allreduce(statuses, .sum)
    let allThreads = try communicator.allreduce(threads, .sum)
    return SweepSummary(
      members: plan.layout.memberCount, statuses: zip(Status.allCases, total).map { ($0, $1) },
      seconds: started.duration(to: .now).inSeconds, ranks: communicator.size, threads: allThreads,
      bytes: plan.resultBytes)
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
