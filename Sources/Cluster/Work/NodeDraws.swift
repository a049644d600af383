/// What the workers of a node do next. Like `Dispatcher` and `NodeLeader` it knows neither clocks nor messages.
struct NodeDraws {
  /// What a worker gets.
  enum Draw: Sendable {
    case work(Assignment)
    /// There is nothing now, but some may come: ask again in a millisecond.
    case later
    /// Nothing is left, or the run is stopping.
    case finished
  }

  let pool: NodePool
  private let hands: WorkInHand
  private let policy: DrawPolicy
  private let workers: Int
  private let allWorkers: Int
  /// The place of this rank's first worker in `hands`.
  private let firstPlace: Int
  private let blocksOfChunk: @Sendable (Int) -> Int

  /// To help costs about a tenth of a millisecond, for a piece of its own in the results.
  private static let leastHelp = Duration.milliseconds(2)

  /// Collective over the ranks of the node.
  ///
  /// - Parameters:
  ///   - workersOfRanks: the workers of each rank of the node.
  ///   - allWorkers: workers of all nodes.
  ///   - helpsAcrossRanks: whether several ranks may compute a chunk; else only workers of one rank.
  ///   - blocks: into how many blocks a chunk can be cut.
  init(
    workersOfRanks: [Int], allWorkers: Int, helpsAcrossRanks: Bool = true, policy: DrawPolicy,
    on communicator: Communicator, blocks: @escaping @Sendable (_ chunk: Int) -> Int
  ) throws {
    workers = workersOfRanks.reduce(0, +)
    (self.allWorkers, self.policy, blocksOfChunk) = (allWorkers, policy, blocks)
    pool = try NodePool(on: communicator)
    let rank = communicator.node.rank
    if helpsAcrossRanks {
      firstPlace = workersOfRanks.prefix(rank).reduce(0, +) * WorkInHand.placesPerWorker
      hands = try WorkInHand(workers: workers, on: communicator)
    } else {
      // A communicator of one's own makes memory of one's own.
      firstPlace = 0
      hands = try WorkInHand(workers: workersOfRanks[rank], on: Communicator())
    }
  }

  func close() throws {
    try pool.close()
    try hands.close()
  }

  /// A chunk, or help with what another worker has in hand. Any thread.
  ///
  /// - Parameters:
  ///   - worker: the worker's number on this rank.
  ///   - turn: which of its two sets of buffers is free.
  ///   - now: on a clock that the node's ranks share.
  ///   - started: when the run began, on that clock.
  func draw(worker: Int, turn: Int, at now: Duration, started: Duration) -> Draw {
    let stop = pool.stop
    if stop == .failed { return .finished }
    let place = firstPlace + worker * WorkInHand.placesPerWorker + turn
    func assignment(_ stretch: WorkInHand.Stretch) -> Draw {
      hands.put(stretch, in: place, at: now)
      return .work(
        Assignment(
          chunk: stretch.chunk, blocks: stretch.blocks, turn: turn, place: place, origin: stretch.origin, hands: hands))
    }
    // Read before looking for chunks, not after.
    let noMoreCome = pool.isExhausted || stop != .none
    // A run that stops begins no more chunks, but those in hand end the sooner the more workers share them.
    if stop == .none {
      if let outlook = policy.outlook(
        unassigned: pool.unassigned, allWorkers: allWorkers, available: pool.available, workers: workers,
        done: pool.counts.chunks, elapsed: now - started),
        let stretch = hands.help(longerThan: outlook, at: now)
      {
        return assignment(stretch)
      }
      if let chunk = pool.draw() {
        return assignment(.init(chunk: chunk, blocks: 0..<blocksOfChunk(chunk), origin: place))
      }
    }
    if let stretch = hands.help(longerThan: Self.leastHelp, at: now) { return assignment(stretch) }
    return noMoreCome && !hands.hasRest ? .finished : .later
  }

  /// Which blocks of an assignment its worker has computed, once it is done.
  func computed(_ assignment: Assignment) -> ComputedBlocks {
    let blocks = assignment.begun
    return ComputedBlocks(
      chunk: assignment.chunk, blocks: blocks, isWhole: blocks.count == blocksOfChunk(assignment.chunk))
  }

  /// Tells a chunk's origin that a helper's part of it is delivered.
  func finish(_ computed: ComputedBlocks, of assignment: Assignment) {
    hands.finish(computed.blocks.count, of: assignment.origin)
  }

  /// Whether all helpers with a chunk that came here first have delivered their parts.
  ///
  /// - Parameter assignment: its worker is done.
  func isComplete(_ assignment: Assignment) -> Bool {
    assignment.begun.count + hands.helped(assignment.place) == blocksOfChunk(assignment.chunk)
  }
}
