import Foundation
import Testing

@testable import Cluster

@Suite struct DrawPolicyTests {
  @Test func everyChunkIsGivenAwayOnce() {
    var reserve = ChunkReserve(chunkCount: 1000, workers: [4, 8, 2], policy: DrawPolicy())
    var next = 0
    for turn in 0... {
      let chunks = reserve.take(node: turn % 3)
      if chunks.isEmpty { break }
      #expect(chunks.lowerBound == next)
      next = chunks.upperBound
    }
    #expect(next == 1000)
    #expect(reserve.rest.isEmpty)
  }

  @Test func refillsShrinkFromManyToOne() {
    let policy = DrawPolicy()
    var remaining = 10_000
    var sizes: [Int] = []
    while remaining > 0 {
      sizes.append(policy.refill(remaining: remaining, workers: 50, allWorkers: 500))
      remaining -= sizes.last!
    }
    #expect(sizes.first! == 500)
    #expect(sizes.last! == 1)
    #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func aRunOnOneNodeNeedsNoSecondRefill() {
    #expect(DrawPolicy().refill(remaining: 77, workers: 8, allWorkers: 8) == 77)
  }

  @Test func drawsNeverExceedWhatIsThere() {
    let policy = DrawPolicy()
    for available in 0..<100 {
      let draw = policy.draw(available: available, workers: 4)
      #expect(draw <= available && (draw >= 1 || available == 0))
    }
  }

  /// A run in fake time: the same policy and reserve, workers that take known times, and messages that take 1 ms.
  ///
  /// - Returns: the share of all workers' time that they computed.
  private func busyShare(nodes: Int, workersPerNode: Int, costs: [Double]) -> Double {
    let policy = DrawPolicy()
    var reserve = ChunkReserve(
      chunkCount: costs.count, workers: Array(repeating: workersPerNode, count: nodes), policy: policy)
    var pools = [[Range<Int>]](repeating: [], count: nodes)
    var refillArrives = [Double](repeating: 0, count: nodes)
    // (time, node) of every worker that becomes free, as a heap would give them; small enough to keep sorted.
    var free = Array((0..<nodes * workersPerNode).map { (time: 0.0, node: $0 % nodes) }.reversed())
    var (busy, end) = (0.0, 0.0)
    while let (time, node) = free.popLast() {
      let available = pools[node].reduce(0) { $0 + $1.count }
      if policy.wantsRefill(available: available, workers: workersPerNode) && refillArrives[node] <= time {
        let chunks = reserve.take(node: node)
        if !chunks.isEmpty { pools[node].append(chunks) }
        refillArrives[node] = time + 0.001
      }
      guard let first = pools[node].first else { continue }
      let taken = min(first.count, policy.draw(available: available, workers: workersPerNode))
      pools[node][0] = first.dropFirst(max(1, taken))
      if pools[node][0].isEmpty { pools[node].removeFirst() }
      let cost = costs[first.prefix(max(1, taken))].reduce(0, +)
      busy += cost
      end = max(end, time + cost)
      let place = free.firstIndex { $0.time < time + cost } ?? free.count
      free.insert((time + cost, node), at: place)
    }
    return busy / (end * Double(nodes * workersPerNode))
  }

  @Test func unevenChunksKeepTheWorkersOfManyNodesBusy() {
    var generator = SplitMix(state: 20_261_123)
    // Log-normal with sigma 0.5: the slowest of these chunks takes about five times the mean.
    let costs = (0..<64 * 100).map { _ in exp(0.5 * generator.normal()) }
    let share = busyShare(nodes: 8, workersPerNode: 8, costs: costs)
    #expect(share > 0.95, "busy \(share), seed 20261123")
  }
}
