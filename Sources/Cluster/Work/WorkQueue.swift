import Foundation

/// Hands the chunks 0 ..< n of a run to the workers of all ranks, each chunk once, whoever is free first.
///
/// The ranks of a node draw from shared memory. Node leaders fetch more from rank 0 by messages, which rank 0 answers
/// whenever it calls `serve()`. A worker that finds no chunk helps with one that another has in hand. Callers want
/// `run(compute:deliver:complete:)`, which does all of this.
///
/// A run that resumes numbers only its missing chunks 0 ..< n and keeps the list of what they stand for.
public final class WorkQueue: @unchecked Sendable {
  /// How a run ended, when no rank failed.
  public enum Ending: Equatable, Sendable {
    /// Every chunk was computed and recorded.
    case complete
    /// `stop()` was called; some chunks may be missing.
    case stopped
  }

  /// The most blocks that a chunk may be cut into.
  public static var mostBlocks: Int { WorkInHand.mostBlocks }

  /// The number of chunks in the run.
  public let chunkCount: Int
  /// The number of threads that draw on this rank.
  public let workers: Int

  private let communicator: Communicator
  let draws: NodeDraws
  private let messages: NodeMessages
  /// Used at rank 0.
  private var dispatcher: Dispatcher
  /// Used at other leaders.
  private var leader: NodeLeader
  private let started = WorkQueue.now
  /// The counts of all nodes at the end.
  private var final: RunProgress?

  /// Collective over all ranks.
  ///
  /// - Parameters:
  ///   - chunkCount: number of chunks in the run, the same on every rank; below 2³¹.
  ///   - workers: number of threads of this rank that will draw.
  ///   - helpsAcrossRanks: whether a chunk may be computed by several ranks of a node, the same on every rank; else by
  ///     several workers of one rank at most.
  ///   - blocks: into how many blocks a chunk can be cut, at least 1; the same on every rank.
  public init(
    chunkCount: Int, workers: Int, communicator: Communicator, policy: DrawPolicy = DrawPolicy(),
    helpsAcrossRanks: Bool = true, blocks: @escaping @Sendable (_ chunk: Int) -> Int = { _ in 1 }
  ) throws {
    precondition(chunkCount >= 0 && chunkCount <= NodePool.largestChunkCount, "chunk numbers are 31-bit")
    precondition(workers >= 1, "a rank without workers computes nothing")
    (self.chunkCount, self.workers) = (chunkCount, workers)
    self.communicator = communicator
    let node = communicator.node
    var workersOfRanks = [Int](repeating: 0, count: node.size)
    workersOfRanks[node.rank] = workers
    workersOfRanks = try communicator.allreduce(workersOfRanks, .maximum, .node)
    let nodeWorkers = workersOfRanks.reduce(0, +)
    var workersOfNodes = [Int](repeating: 0, count: node.count)
    workersOfNodes[node.index] = nodeWorkers
    workersOfNodes = try communicator.allreduce(workersOfNodes, .maximum)
    dispatcher = Dispatcher(chunkCount: chunkCount, workers: workersOfNodes, policy: policy)
    draws = try NodeDraws(
      workersOfRanks: workersOfRanks, allWorkers: workersOfNodes.reduce(0, +), helpsAcrossRanks: helpsAcrossRanks,
      policy: policy, on: communicator, blocks: blocks)
    leader = NodeLeader(node: node.index, workers: nodeWorkers, policy: policy, pool: draws.pool)
    messages = NodeMessages(communicator)
    if node.isLeader { pool.take(dispatcher.firstShares[node.index]) }
    try communicator.barrier(.node)
  }

  private var pool: NodePool { draws.pool }

  // MARK: Any thread

  /// What one worker does next.
  ///
  /// - Parameters:
  ///   - worker: the worker's number on this rank.
  ///   - turn: which of its two sets of buffers is free.
  func draw(worker: Int, turn: Int) -> NodeDraws.Draw {
    isFinished ? .finished : draws.draw(worker: worker, turn: turn, at: Self.now, started: started)
  }

  /// The time on a clock that all ranks of a node share.
  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Counts members that are delivered, and those among them that ended with another status than success.
  func record(members: Int, failed: Int) { pool.record(chunks: 0, members: members, failed: failed) }

  /// Counts a chunk that is delivered as a whole.
  func recordChunk() { pool.record(chunks: 1, members: 0, failed: 0) }

  /// Asks all ranks to stop after their present chunks. Nothing is lost and no rank fails. Without effect once the run
  /// has ended.
  public func stop() { if !isFinished { pool.signal(.requested) } }

  /// Tells all ranks to stop because this one failed; `finish(failure:)` tells them why.
  func fail() { if !isFinished { pool.signal(.failed) } }

  /// Whether a rank has failed.
  var hasFailedSomewhere: Bool { !isFinished && pool.stop == .failed }

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
  func serve() throws {
    guard communicator.node.isLeader else { return }
    if communicator.rank == 0 { try answerNodes() } else { try askForMore() }
  }

  /// Waits, without keeping a core busy, until every rank has come here, and agrees on how the run ended.
  ///
  /// - Parameter failure: the words of what went wrong on this rank, or nil.
  /// - Throws: on every rank `ClusterError.rankFailed`, with the words of the lowest rank that failed, if any did.
  func finish(failure: String? = nil) throws -> Ending {
    if failure != nil { fail() }
    pool.depart()
    if communicator.node.isLeader { try leadOut() }
    // One agreement instead of a barrier: nobody frees the shared words while another may still read them.
    let failed = try communicator.firstFailure(failure)
    let stop = try communicator.allreduce(pool.stop.rawValue, .maximum)
    final = progress
    try draws.close()
    if let failed { throw failed }
    return stop == NodePool.Stop.none.rawValue ? .complete : .stopped
  }

  // MARK: Rank 0

  private func answerNodes() throws {
    dispatcher.supply(pool, at: Self.now - started)
    guard communicator.node.count > 1 else { return }
    while let (report, leader) = try messages.nextReport() {
      pool.signal(report.stop)
      try messages.send(dispatcher.answer(report, stop: pool.stop), to: leader)
    }
  }

  // MARK: Other leaders

  private func askForMore() throws {
    if let answer = try messages.answer() { leader.take(answer) }
    guard !messages.isAwaitingAnswer, let report = leader.report(at: Self.now - started) else { return }
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
      try messages.send(leader.farewell(at: Self.now - started))
      while try messages.answer() == nil { nap.take() }
    }
  }
}
