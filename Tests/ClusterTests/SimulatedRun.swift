@testable import Cluster

/// A run in fake time on nodes that nobody has at hand: the scheduler's own `Dispatcher`, `NodeLeader`, `NodePool` and
/// `DrawPolicy`, workers whose chunks take known times, and messages that are slow as in a real run.
struct SimulatedRun {
  /// Seconds from a message's sending to its coming.
  static let latency = 0.000_1
  /// The communicating thread of a rank looks for messages and empty pools once in so many seconds.
  static let poll = 0.002

  /// When each worker has finished its last chunk.
  private(set) var ends: [Double]
  /// When the first worker found nothing left to do; until then, the seconds that all have computed.
  private(set) var dry = Double.infinity
  private(set) var busyUntilDry = 0.0
  /// How often each chunk was computed, and how many messages there were.
  private(set) var computed: [Int]
  private(set) var messages = 0

  var makespan: Double { ends.max()! }

  private enum Event {
    case free(worker: Int)
    case poll(node: Int)
    case report(Report)
    case answer(Answer, node: Int)
  }

  /// - Parameter costs: seconds that each chunk takes, by its number.
  init(costs: [Double], nodes: Int, workersPerNode: Int, policy: DrawPolicy = DrawPolicy()) throws {
    let solo = Communicator()
    let pools = try (0..<nodes).map { _ in try NodePool(on: solo) }
    var dispatcher = Dispatcher(
      chunkCount: costs.count, workers: Array(repeating: workersPerNode, count: nodes), policy: policy)
    var leaders = pools.enumerated().map { NodeLeader(node: $0, workers: workersPerNode, policy: policy, pool: $1) }
    var isAwaiting = Array(repeating: false, count: nodes)
    var isPolling = Array(repeating: false, count: nodes)
    ends = Array(repeating: 0, count: nodes * workersPerNode)
    computed = Array(repeating: 0, count: costs.count)
    var pieces: [(from: Double, until: Double)] = []
    var events = Agenda<Event>()
    func watch(_ node: Int, at time: Double) {
      if isPolling[node] || isAwaiting[node] { return }
      isPolling[node] = true
      events.add(.poll(node: node), at: time + Self.poll)
    }
    for (node, pool) in pools.enumerated() { pool.take(dispatcher.firstShares[node]) }
    for worker in ends.indices { events.add(.free(worker: worker), at: 0) }
    while let (time, event) = events.next() {
      switch event {
      case .free(let worker):
        let node = worker / workersPerNode
        switch pools[node].draw(policy, workers: workersPerNode) {
        case .chunks(let chunks):
          let cost = costs[chunks].reduce(0, +)
          for chunk in chunks { computed[chunk] += 1 }
          pieces.append((time, time + cost))
          ends[worker] = time + cost
          events.add(.free(worker: worker), at: time + cost)
        case .later: events.add(.free(worker: worker), at: time + 0.001)
        case .finished: dry = min(dry, time)
        }
        watch(node, at: time)
      case .poll(let node):
        isPolling[node] = false
        if node == 0 {
          dispatcher.supply(pools[0])
        } else if let report = leaders[node].report(at: .seconds(time)) {
          isAwaiting[node] = true
          messages += 1
          // Rank 0 looks for messages only now and then.
          events.add(.report(report), at: time + Self.latency + Self.poll)
        }
      case .report(let report):
        let answer = dispatcher.answer(report, stop: pools[0].stop)
        events.add(.answer(answer, node: report.node), at: time + Self.latency + Self.poll)
      case .answer(let answer, let node):
        leaders[node].take(answer)
        isAwaiting[node] = false
        watch(node, at: time)
      }
    }
    for piece in pieces { busyUntilDry += max(0, min(piece.until, dry) - min(piece.from, dry)) }
  }
}

/// The time of a schedule that knows all costs: the longest first, each to whoever is free first.
///
/// - Source: R. L. Graham, SIAM J. Appl. Math. 17 (1969) 416–429: within 4/3 of the best there is.
func oracleMakespan(_ costs: [Double], workers: Int) -> Double {
  var free = Agenda<Void>()
  for _ in 0..<workers { free.add((), at: 0) }
  var end = 0.0
  for cost in costs.sorted(by: >) {
    let start = free.next()!.time
    free.add((), at: start + cost)
    end = max(end, start + cost)
  }
  return end
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
