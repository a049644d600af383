/// Hands the chunks 0 ..< n of a run to the workers of all ranks, each chunk once, whoever is free first.
///
/// The ranks of a node draw from shared memory. Node leaders fetch more from rank 0 by messages, which rank 0 answers
/// whenever it calls `serve()`. Most callers want `run(compute:deliver:)`, which does all of this. To drive a queue by hand:
///
/// 1. Any thread calls `draw()`, and `record` when the results of a chunk are safe.
/// 2. One thread a rank calls `serve()` every few milliseconds, or at least between chunks.
/// 3. When `draw()` says `.finished`, or the rank has failed, that thread calls `finish(failure:)` once. All ranks do.
///
/// A run that resumes numbers only its missing chunks 0 ..< n and keeps the list of what they stand for.
public final class WorkQueue: @unchecked Sendable {
  /// What a worker gets.
  public enum Draw: Equatable, Sendable {
    /// These chunks, to compute in this order.
    case chunks(Range<Int>)
    /// None are on this node now, but some may come: ask again in a millisecond.
    case later
    /// Nothing is left, or the run is stopping.
    case finished
  }

  /// How a run ended, when no rank failed.
  public enum Ending: Equatable, Sendable {
    /// Every chunk was computed and recorded.
    case complete
    /// `stop()` was called; some chunks may be missing.
    case stopped
  }

  /// The number of chunks in the run.
  public let chunkCount: Int
  /// The number of threads that draw on this rank.
  public let workers: Int

  private let communicator: Communicator
  private let policy: DrawPolicy
  private let pool: NodePool
  private let messages: NodeMessages
  private let nodeWorkers: Int
  /// Used at rank 0.
  private var dispatcher: Dispatcher
  /// Used at other leaders.
  private var leader: NodeLeader
  private let started = ContinuousClock.now
  /// The counts of all nodes at the end.
  private var final: RunProgress?

  /// Collective over all ranks.
  ///
  /// - Parameters:
  ///   - chunkCount: number of chunks in the run, the same on every rank; below 2³¹.
  ///   - workers: number of threads of this rank that will draw.
  public init(
    chunkCount: Int, workers: Int, communicator: Communicator, policy: DrawPolicy = DrawPolicy()
  ) throws {
    precondition(chunkCount >= 0 && chunkCount <= NodePool.largestChunkCount, "chunk numbers are 31-bit")
    precondition(workers >= 1, "a rank without workers computes nothing")
    (self.chunkCount, self.workers) = (chunkCount, workers)
    (self.communicator, self.policy) = (communicator, policy)
    let node = communicator.node
    nodeWorkers = try communicator.allreduce(workers, .sum, .node)
    var workersOfNodes = [Int](repeating: 0, count: node.count)
    workersOfNodes[node.index] = nodeWorkers
    workersOfNodes = try communicator.allreduce(workersOfNodes, .maximum)
    dispatcher = Dispatcher(chunkCount: chunkCount, workers: workersOfNodes, policy: policy)
    pool = try NodePool(on: communicator)
    leader = NodeLeader(node: node.index, workers: nodeWorkers, policy: policy, pool: pool)
    messages = NodeMessages(communicator)
    if node.isLeader { pool.take(dispatcher.firstShares[node.index]) }
    try communicator.barrier(.node)
  }

  // MARK: Any thread

  /// The next chunks for one worker.
  public func draw() -> Draw {
    isFinished ? .finished : pool.draw(policy, workers: nodeWorkers)
  }

  /// Counts one finished chunk.
  ///
  /// - Parameters:
  ///   - members: members in the chunk.
  ///   - failed: members among them that ended with another status than success.
  public func record(members: Int, failed: Int) {
    pool.record(chunks: 1, members: members, failed: failed)
  }

  /// Asks all ranks to stop after their present chunks. Nothing is lost and no rank fails. Without effect once the run
  /// has ended.
  public func stop() { if !isFinished { pool.signal(.requested) } }

  /// Tells all ranks to stop because this one failed; `finish(failure:)` tells them why.
  public func fail() { if !isFinished { pool.signal(.failed) } }

  /// Whether a rank has failed or a stop was asked for.
  public var isStopping: Bool { !isFinished && pool.stop != .none }

  private var isFinished: Bool { final != nil }

  /// How far the run is. Complete at rank 0 only.
  public var progress: RunProgress {
    if let final { return final }
    var progress = dispatcher.reported
    progress.nodes[communicator.node.index] = pool.counts
    return progress
  }

  // MARK: The communicating thread

  /// Moves chunks, signals and counts between the nodes. Returns at once.
  public func serve() throws {
    guard communicator.node.isLeader else { return }
    if communicator.rank == 0 { try answerNodes() } else { try askForMore() }
  }

  /// Waits, without keeping a core busy, until every rank has come here, and agrees on how the run ended.
  ///
  /// - Parameter failure: the words of what went wrong on this rank, or nil.
  /// - Throws: on every rank `ClusterError.rankFailed`, with the words of the lowest rank that failed, if any did.
  public func finish(failure: String? = nil) throws -> Ending {
    if failure != nil { fail() }
    pool.depart()
    if communicator.node.isLeader { try leadOut() }
    // One agreement instead of a barrier: nobody frees the shared words while another may still read them.
    let failed = try communicator.firstFailure(failure)
    let stop = try communicator.allreduce(pool.stop.rawValue, .maximum)
    final = progress
    try pool.close()
    if let failed { throw failed }
    return stop == NodePool.Stop.none.rawValue ? .complete : .stopped
  }

  // MARK: Rank 0

  private func answerNodes() throws {
    dispatcher.supply(pool)
    guard communicator.node.count > 1 else { return }
    while let (report, leader) = try messages.nextReport() {
      pool.signal(report.stop)
      try messages.send(dispatcher.answer(report, stop: pool.stop), to: leader)
    }
  }

  // MARK: Other leaders

  private func askForMore() throws {
    if let answer = try messages.answer() { leader.take(answer) }
    guard !messages.isAwaitingAnswer, let report = leader.report(at: started.duration(to: .now)) else { return }
    try messages.send(report)
  }

  /// Serves until this node's ranks have left, says so to rank 0, or at rank 0 waits for the other leaders' goodbyes.
  private func leadOut() throws {
    var nap = Nap()
    while pool.departures < communicator.node.size || messages.isAwaitingAnswer {
      try serve()
      nap.take()
    }
    if communicator.rank == 0 {
      while dispatcher.farewells < communicator.node.count - 1 {
        try serve()
        nap.take()
      }
    } else {
      try messages.send(leader.farewell(at: started.duration(to: .now)))
      while try messages.answer() == nil { nap.take() }
    }
  }
}
