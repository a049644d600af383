@testable import Cluster

/// A run in fake time on nodes that nobody has at hand: the scheduler's own `Dispatcher`, `NodeLeader`, `NodePool`,
/// `WorkInHand` and `DrawPolicy`, workers whose chunks take known times, and messages that are slow as in a real run.
struct SimulatedRun {
  /// Seconds from a message's sending to its coming.
  static let latency = 0.000_1
  /// The communicating thread of a rank looks for messages and empty pools once in so many seconds.
  static let poll = 0.002
  /// A worker that finds nothing asks again after so many seconds (a real one after 1 ms).
  static let pause = 0.005

  /// When each worker has finished its last blocks.
  private(set) var ends: [Double]
  /// When the first worker found no chunk that nobody has begun.
  private(set) var dry = Double.infinity
  /// How often each block of each chunk was computed; how often somebody helped; and how many messages there were.
  private(set) var computed: [UInt8]
  private(set) var helps = 0
  private(set) var messages = 0

  var makespan: Double { ends.max()! }

  private enum Event {
    case ask(worker: Int)
    /// The worker's blocks of so long ago end now, unless helpers have taken some since.
    case done(worker: Int, version: Int)
    case poll(node: Int)
    case report(Report)
    case answer(Answer, node: Int)
  }

  /// What a worker computes since `start`, so many seconds a block.
  private struct Work {
    var assignment: Assignment
    var start: Double
    var blockCost: Double
    /// Blocks that it has begun, and that it will have computed if nobody helps.
    var begun = 0
    var planned = 0
    var version = 0
  }

  /// - Parameters:
  ///   - costs: seconds that each chunk takes, by its number.
  ///   - blocks: of a chunk; with one block nobody can help.
  init(
    costs: [Double], nodes: Int, workersPerNode: Int, blocks: Int = 64, policy: DrawPolicy = DrawPolicy()
  ) throws {
    var dispatcher = Dispatcher(
      chunkCount: costs.count, workers: Array(repeating: workersPerNode, count: nodes), policy: policy)
    var clock = 0.0
    let draws = try (0..<nodes).map { _ in
      try NodeDraws(
        workersOfRanks: [workersPerNode], allWorkers: nodes * workersPerNode, policy: policy, on: Communicator()
      ) { _ in blocks }
    }
    var leaders = draws.enumerated().map {
      NodeLeader(node: $0, workers: workersPerNode, policy: policy, pool: $1.pool)
    }
    var isAwaiting = Array(repeating: false, count: nodes)
    var isPolling = Array(repeating: false, count: nodes)
    ends = Array(repeating: 0, count: nodes * workersPerNode)
    computed = Array(repeating: 0, count: costs.count * blocks)
    var work = [Work?](repeating: nil, count: ends.count)
    /// When each worker begins its next block.
    var nextBlock = Array(repeating: Double.infinity, count: ends.count)
    var events = Agenda<Event>()
    func watch(_ node: Int, at time: Double) {
      if isPolling[node] || isAwaiting[node] { return }
      isPolling[node] = true
      events.add(.poll(node: node), at: time + Self.poll)
    }
    func begin(_ worker: Int, _ block: Int) {
      computed[work[worker]!.assignment.chunk * blocks + block] += 1
      work[worker]!.begun += 1
      nextBlock[worker] = work[worker]!.start + Double(work[worker]!.begun) * work[worker]!.blockCost
    }
    /// Lets a worker begin what it has begun by now.
    func advance(_ worker: Int) {
      while nextBlock[worker] < clock {
        guard let block = work[worker]!.assignment.nextBlock() else {
          nextBlock[worker] = .infinity
          return
        }
        begin(worker, block)
      }
    }
    func schedule(_ worker: Int) {
      let planned = work[worker]!.begun + work[worker]!.assignment.rest.count
      if planned == work[worker]!.planned { return }
      work[worker]!.planned = planned
      work[worker]!.version += 1
      let own = work[worker]!
      events.add(.done(worker: worker, version: own.version), at: own.start + Double(planned) * own.blockCost)
    }
    func ask(_ worker: Int) {
      let node = worker / workersPerNode
      let all = node * workersPerNode..<(node + 1) * workersPerNode
      for other in all where nextBlock[other] < clock { advance(other) }
      switch draws[node].draw(worker: worker - all.lowerBound, turn: 0, at: .seconds(clock), started: .zero) {
      case .work(let assignment):
        let version = work[worker]?.version ?? 0
        work[worker] = Work(
          assignment: assignment, start: clock, blockCost: costs[assignment.chunk] / Double(blocks), version: version)
        begin(worker, assignment.nextBlock()!)
        schedule(worker)
        if !assignment.isOrigin {
          helps += 1
          // Whom it helped ends earlier.
          for other in all where nextBlock[other] < .infinity { schedule(other) }
        }
      case .later: events.add(.ask(worker: worker), at: clock + Self.pause)
      case .finished: break
      }
      if draws[node].pool.isExhausted && draws[node].pool.available == 0 { dry = min(dry, clock) }
      watch(node, at: clock)
    }
    for (node, draw) in draws.enumerated() { draw.pool.take(dispatcher.firstShares[node]) }
    for worker in ends.indices { events.add(.ask(worker: worker), at: 0) }
    while let (time, event) = events.next() {
      clock = time
      switch event {
      case .ask(let worker): ask(worker)
      case .done(let worker, let version):
        guard let own = work[worker], own.version == version else { continue }
        while let block = own.assignment.nextBlock() { begin(worker, block) }
        nextBlock[worker] = .infinity
        ends[worker] = time
        if own.assignment.isOrigin { draws[worker / workersPerNode].pool.record(chunks: 1, members: 0, failed: 0) }
        ask(worker)
      case .poll(let node):
        isPolling[node] = false
        if node == 0 {
          dispatcher.supply(draws[0].pool, at: .seconds(time))
        } else if let report = leaders[node].report(at: .seconds(time)) {
          isAwaiting[node] = true
          messages += 1
          // Rank 0 looks for messages only now and then.
          events.add(.report(report), at: time + Self.latency + Self.poll)
        }
      case .report(let report):
        let answer = dispatcher.answer(report, stop: draws[0].pool.stop)
        events.add(.answer(answer, node: report.node), at: time + Self.latency + Self.poll)
      case .answer(let answer, let node):
        leaders[node].take(answer)
        isAwaiting[node] = false
        watch(node, at: time)
      }
    }
  }
}

/// Events in the order of their times; of equal times, in the order in which they were added. A binary heap of numbers, as
/// moving events about is slow in unoptimised builds.
struct Agenda<Event> {
  private struct Entry {
    let time: Double
    let number: Int
  }

  private var heap: [Entry] = []
  private var events: [Event] = []

  mutating func add(_ event: Event, at time: Double) {
    var place = heap.count
    let entry = Entry(time: time, number: events.count)
    events.append(event)
    heap.append(entry)
    while place > 0 {
      let parent = (place - 1) / 2
      // The new one is the last of its time.
      if heap[parent].time <= time { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = entry
  }

  mutating func next() -> (time: Double, event: Event)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    let count = heap.count
    var place = 0
    while 2 * place + 1 < count {
      var child = 2 * place + 1
      if child + 1 < count, comes(heap[child + 1], before: heap[child]) { child += 1 }
      if !comes(heap[child], before: last) { break }
      heap[place] = heap[child]
      place = child
    }
    if count > 0 { heap[place] = last }
    return (first.time, events[first.number])
  }

  private func comes(_ one: Entry, before other: Entry) -> Bool {
    one.time < other.time || (one.time == other.time && one.number < other.number)
  }
}
