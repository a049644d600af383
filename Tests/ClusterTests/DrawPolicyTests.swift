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
}
