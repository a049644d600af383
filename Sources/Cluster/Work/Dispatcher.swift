/// Chunks for a node.
struct Share: Equatable {
  var chunks: Range<Int>
  /// How many chunks no node has now; if there are none, no more will come.
  var unassigned: Int
}

/// Rank 0's part in sharing out the chunks: what no node has yet, and what each node has told.
///
/// Like `NodeLeader` it knows neither clocks nor messages, so runs on machines that nobody has at hand can be simulated
/// with the very code that real runs use.
struct Dispatcher {
  private var reserve: ChunkReserve
  /// What each node begins with. Every rank knows it without asking, so all begin at once, and nobody's second share comes
  /// before another's first.
  let firstShares: [Share]
  /// What the nodes have told; rank 0's own node is not among those that tell.
  private(set) var reported: RunProgress
  /// Leaders that have said goodbye.
  private(set) var farewells = 0

  /// - Parameter workers: the workers of each node.
  init(chunkCount: Int, workers: [Int], policy: DrawPolicy) {
    var reserve = ChunkReserve(chunkCount: chunkCount, workers: workers, policy: policy)
    let first = workers.indices.map { reserve.take(node: $0) }
    firstShares = first.map { [rest = reserve.rest] in Share(chunks: $0, unassigned: rest.count) }
    self.reserve = reserve
    reported = RunProgress(nodes: Array(repeating: .init(), count: workers.count), chunkCount: chunkCount)
  }

  /// Gives rank 0's own node what it wants.
  ///
  /// - Parameter now: since the start of the run.
  mutating func supply(_ pool: NodePool, at now: Duration) {
    while pool.hasEmptyRange && !pool.isExhausted
      && reserve.policy.wantsRefill(
        available: pool.available, workers: reserve.workers[0], done: pool.counts.chunks, elapsed: now)
    {
      pool.take(next(for: 0))
    }
    pool.note(unassigned: reserve.rest.count)
  }

  /// Takes in what another node reports.
  ///
  /// - Parameter stop: what rank 0 knows by now, the report included.
  mutating func answer(_ report: Report, stop: NodePool.Stop) -> Answer {
    reported.nodes[report.node] = report.counts
    if report.isLast { farewells += 1 }
    let wanted = report.wantsChunks && stop == .none
    return Answer(
      share: wanted ? next(for: report.node) : Share(chunks: 0..<0, unassigned: reserve.rest.count), stop: stop)
  }

  private mutating func next(for node: Int) -> Share {
    let chunks = reserve.take(node: node)
    return Share(chunks: chunks, unassigned: reserve.rest.count)
  }
}

/// The part of another node's leader: it asks rank 0 for more before the node's workers run out.
struct NodeLeader {
  let node: Int
  /// Workers of the node.
  let workers: Int
  let policy: DrawPolicy
  let pool: NodePool
  private var lastReport = Duration.zero
  private var reportedStop = NodePool.Stop.none

  /// How old the counts of another node may become at rank 0.
  private static let reportInterval = Duration.milliseconds(500)

  init(node: Int, workers: Int, policy: DrawPolicy, pool: NodePool) {
    (self.node, self.workers, self.policy, self.pool) = (node, workers, policy, pool)
  }

  /// What rank 0 should hear now, if anything. Asked only while no earlier report waits for its answer.
  ///
  /// - Parameter now: since the start of the run.
  mutating func report(at now: Duration) -> Report? {
    let stop = pool.stop
    let wantsChunks =
      stop == .none && !pool.isExhausted && pool.hasEmptyRange
      && policy.wantsRefill(
        available: pool.available, workers: workers, done: pool.counts.chunks, elapsed: now)
    guard wantsChunks || stop != reportedStop || now - lastReport > Self.reportInterval else { return nil }
    return report(wantsChunks: wantsChunks, isLast: false, at: now)
  }

  /// The last report of all, once the node's ranks have left.
  mutating func farewell(at now: Duration) -> Report { report(wantsChunks: false, isLast: true, at: now) }

  /// Takes in what rank 0 answers.
  func take(_ answer: Answer) {
    pool.take(answer.share)
    pool.signal(answer.stop)
  }

  private mutating func report(wantsChunks: Bool, isLast: Bool, at now: Duration) -> Report {
    (lastReport, reportedStop) = (now, pool.stop)
    return Report(node: node, wantsChunks: wantsChunks, isLast: isLast, stop: reportedStop, counts: pool.counts)
  }
}
