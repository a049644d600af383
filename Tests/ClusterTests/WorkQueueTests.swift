import Foundation
import Testing

@testable import Cluster

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

  @Test func drawsFromManyThreadsGiveEachBlockOnce() throws {
    let queue = try WorkQueue(chunkCount: 2000, workers: 4, communicator: Communicator()) { $0 % 5 + 1 }
    let (lock, all) = (NSLock(), Collected())
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      var mine: [Int] = []
      while case .work(let assignment) = queue.draw(worker: worker, turn: 0) {
        while let block = assignment.nextBlock() { mine.append(100 * assignment.chunk + block) }
      }
      lock.withLock { all.blocks += mine }
    }
    #expect(try queue.finish() == .complete)
    let expected = (0..<2000).flatMap { chunk in (0..<chunk % 5 + 1).map { block in 100 * chunk + block } }
    #expect(all.blocks.sorted() == expected)
  }

  private final class Collected: @unchecked Sendable { var blocks: [Int] = [] }

  /// One worker gets a slow chunk, and the others have nothing else to do.
  @Test func aSlowChunkIsSharedAndCompleteOnce() throws {
    let queue = try WorkQueue(chunkCount: 3, workers: 3, communicator: Communicator()) { _ in 40 }
    var (parts, completed): ([ComputedBlocks], [Int]) = ([], [])
    let ending = try queue.run(
      compute: { _, assignment in
        var count = 0
        while assignment.nextBlock() != nil {
          usleep(assignment.chunk == 1 ? 5000 : 100)
          count += 1
        }
        return count
      },
      deliver: { computed, count in
        #expect(count == computed.blocks.count)
        #expect(!completed.contains(computed.chunk))
        parts.append(computed)
        return (count, 0)
      }, complete: { completed.append($0) })
    #expect(ending == .complete)
    for chunk in 0..<3 {
      let blocks = parts.filter { $0.chunk == chunk }.flatMap { Array($0.blocks) }
      #expect(blocks.sorted() == Array(0..<40))
    }
    #expect(parts.filter { $0.chunk == 1 }.count >= 3)
    let shared = Set(parts.filter { !$0.isWhole }.map(\.chunk))
    #expect(completed.sorted() == shared.sorted())
    #expect(queue.progress.done == .init(chunks: 3, members: 120, failed: 0))
  }

  @Test func aHelperThatFailsEndsTheRun() throws {
    let queue = try WorkQueue(chunkCount: 1, workers: 2, communicator: Communicator()) { _ in 1000 }
    #expect(throws: Mishap()) {
      try queue.run(
        compute: { _, assignment in
          if assignment.blocks.count < 1000 { throw Mishap() }
          while assignment.nextBlock() != nil { usleep(1000) }
        }, deliver: { _, _ in (1, 0) }, complete: { _ in Issue.record("the chunk is not complete") })
    }
  }

  @Test func whatIsInHandIsStillSharedWhenARunStops() throws {
    let queue = try WorkQueue(chunkCount: 100, workers: 2, communicator: Communicator()) { _ in 100 }
    var (delivered, completed) = (0, 0)
    let ending = try queue.run(
      compute: { _, assignment in
        if assignment.chunk == 1 { queue.stop() }
        while assignment.nextBlock() != nil { usleep(assignment.chunk == 0 ? 2000 : 10) }
      },
      deliver: { computed, _ in
        delivered += computed.blocks.count
        return (computed.blocks.count, 0)
      }, complete: { _ in completed += 1 })
    #expect(ending == .stopped)
    #expect(delivered == 200)
    #expect(completed >= 1)
  }

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
