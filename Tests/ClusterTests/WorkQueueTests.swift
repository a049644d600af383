import Cluster
import Foundation
import Testing

private struct Mishap: Error, Equatable {}

@Suite struct WorkQueueTests {
  @Test(arguments: [1, 2, 7])
  func aloneEveryChunkIsComputedAndDeliveredOnce(workers: Int) throws {
    let queue = try WorkQueue(chunkCount: 300, workers: workers, communicator: Communicator())
    var delivered: [Int] = []
    let ending = try queue.run(
      compute: { worker, chunk in
        precondition(worker < workers)
        return chunk * chunk
      },
      deliver: { chunk, square in
        #expect(square == chunk * chunk)
        delivered.append(chunk)
        return (4, 1)
      })
    #expect(ending == .complete)
    #expect(delivered.sorted() == Array(0..<300))
    #expect(queue.progress.done == .init(chunks: 300, members: 1200, failed: 300))
  }

  @Test func drawsFromManyThreadsGiveEachChunkOnce() throws {
    let queue = try WorkQueue(chunkCount: 10_000, workers: 4, communicator: Communicator())
    let (lock, all) = (NSLock(), Collected())
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      var mine: [Int] = []
      while case .chunks(let chunks) = queue.draw() { mine += chunks }
      lock.withLock { all.chunks += mine }
    }
    #expect(try queue.finish() == .complete)
    #expect(all.chunks.sorted() == Array(0..<10_000))
  }

  private final class Collected: @unchecked Sendable { var chunks: [Int] = [] }

  @Test func aRunWithoutChunksEndsAtOnce() throws {
    let queue = try WorkQueue(chunkCount: 0, workers: 2, communicator: Communicator())
    #expect(try queue.run(compute: { _, _ in }, deliver: { _, _ in (1, 0) }) == .complete)
  }

  @Test func anErrorOfAWorkerEndsTheRun() throws {
    let queue = try WorkQueue(chunkCount: 100_000, workers: 2, communicator: Communicator())
    #expect(throws: Mishap()) {
      try queue.run(
        compute: { _, chunk in if chunk == 10 { throw Mishap() } }, deliver: { _, _ in (1, 0) })
    }
    #expect(queue.progress.done.chunks < 100_000)
  }

  @Test func anErrorWhileDeliveringEndsTheRun() throws {
    let queue = try WorkQueue(chunkCount: 100_000, workers: 2, communicator: Communicator())
    #expect(throws: Mishap()) {
      try queue.run(compute: { _, chunk in chunk }, deliver: { _, _ in throw Mishap() })
    }
  }

  @Test func aStopEndsTheRunWithoutAnError() throws {
    let queue = try WorkQueue(chunkCount: 100_000, workers: 2, communicator: Communicator())
    let ending = try queue.run(
      compute: { _, _ in usleep(100) },
      deliver: { _, _ in
        queue.stop()
        return (1, 0)
      })
    #expect(ending == .stopped)
    #expect(queue.progress.done.chunks < 100)
  }

  @Test func aSlowDiskBoundsTheResultsInFlight() throws {
    let queue = try WorkQueue(chunkCount: 60, workers: 3, communicator: Communicator())
    let (lock, flight) = (NSLock(), InFlight())
    _ = try queue.run(
      compute: { _, _ in
        lock.withLock {
          flight.now += 1
          flight.most = max(flight.most, flight.now)
        }
      },
      deliver: { _, _ in
        usleep(500)
        lock.withLock { flight.now -= 1 }
        return (1, 0)
      })
    #expect(flight.most <= 6)
  }

  private final class InFlight: @unchecked Sendable { var (now, most) = (0, 0) }
}
