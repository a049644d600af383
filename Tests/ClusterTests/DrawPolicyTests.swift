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

  @Test func aNodeAsksForMoreBeforeItsWorkersRunOut() {
    let policy = DrawPolicy()
    // Nothing is known yet: a chunk a worker is kept ready.
    #expect(policy.wantsRefill(available: 7, workers: 8, done: 0, elapsed: .seconds(1)))
    #expect(!policy.wantsRefill(available: 8, workers: 8, done: 0, elapsed: .seconds(1)))
    // Slow chunks: one is enough, so that others can have the rest. Quick ones: one a worker.
    #expect(!policy.wantsRefill(available: 1, workers: 8, done: 8, elapsed: .seconds(10)))
    #expect(policy.wantsRefill(available: 0, workers: 8, done: 8, elapsed: .seconds(10)))
    #expect(policy.wantsRefill(available: 7, workers: 8, done: 10_000, elapsed: .seconds(1)))
  }

  @Test func theOutlookIsWhatNobodyHasBegunAndOneMore() {
    let policy = DrawPolicy()
    func outlook(unassigned: Int, available: Int, done: Int) -> Duration? {
      policy.outlook(
        unassigned: unassigned, allWorkers: 100, available: available, workers: 10, done: done, elapsed: .seconds(4))
    }
    // Ten workers finished 20 chunks in 4 s, 2 s each; and 3 + 0.5 + 1 chunks a worker are ahead.
    #expect(outlook(unassigned: 300, available: 5, done: 20) == .seconds(9))
    #expect(outlook(unassigned: 0, available: 0, done: 20) == .seconds(2))
    #expect(outlook(unassigned: 300, available: 5, done: 0) == nil)
  }
}
