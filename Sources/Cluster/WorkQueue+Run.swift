import Foundation

extension WorkQueue {
  /// Computes the chunks that this rank draws with `workers` threads, and hands their results over, until the run ends.
  ///
  /// The calling thread is the rank's communicating thread: it runs `deliver` and `tick`, answers the other nodes, and
  /// otherwise sleeps. It may call MPI and HDF5, in these closures too; the workers must not.
  ///
  /// A worker begins a chunk only while at most one of its earlier results is undelivered, so two sets of buffers a
  /// worker, used in turn, are enough, and memory stays flat however slow the disk is.
  ///
  /// - Parameters:
  ///   - compute: computes a chunk; called by `workers` threads at once, with the worker's number from 0.
  ///   - deliver: takes a chunk's result, for example writes it; returns the members in it, and how many failed.
  ///   - tick: called about every 50 ms and once at the end, for progress, signals and deadlines; may call `stop()`.
  /// - Returns: how the run ended. Every rank returns or throws, and only after all are done.
  /// - Throws: this rank's own error where `compute`, `deliver` or `tick` threw one, and on the others
  ///   `ClusterError.rankFailed` with its words. After `ClusterError.mpi` the ranks cannot agree any more: abort.
  public func run<Value>(
    compute: @escaping @Sendable (_ worker: Int, _ chunk: Int) throws -> Value,
    deliver: (_ chunk: Int, _ result: Value) throws -> (members: Int, failed: Int),
    tick: (RunProgress) throws -> Void = { _ in }
  ) throws -> Ending {
    let handover = Handover<Value>(workers: workers)
    for worker in 0..<workers {
      let thread = Thread { self.work(as: worker, handover, compute) }
      // Compiled kernels keep their lanes' state on the stack, more than the 512 kB some systems give a thread.
      thread.stackSize = 16 << 20
      thread.start()
    }
    var failure: (any Error)?
    var lastTick = ContinuousClock.now
    while let results = handover.wait(upTo: 0.002) {
      for result in results {
        if failure == nil {
          do {
            let count = try deliver(result.chunk, result.value.get())
            record(members: count.members, failed: count.failed)
          } catch {
            failure = error
            fail()
          }
        }
        handover.delivered(result.worker)
      }
      if lastTick.duration(to: .now) > .milliseconds(50) {
        do { if failure == nil { try tick(progress) } } catch {
          failure = error
          fail()
        }
        lastTick = .now
      }
      try serve()
    }
    do {
      let ending = try finish(failure: failure.map { "\($0)" })
      try tick(progress)
      return ending
    } catch {
      throw failure ?? error
    }
  }

  private func work<Value>(
    as worker: Int, _ handover: Handover<Value>, _ compute: (_ worker: Int, _ chunk: Int) throws -> Value
  ) {
    defer { handover.leave() }
    while true {
      switch draw() {
      case .finished: return
      case .later: usleep(1000)
      case .chunks(let chunks):
        for chunk in chunks {
          handover.waitForTurn(worker)
          if isStopping { return }
          let result = Result { try compute(worker, chunk) }
          handover.put(.init(worker: worker, chunk: chunk, value: result))
          if case .failure = result { return }
        }
      }
    }
  }
}

/// Results on their way from the workers to the communicating thread.
private final class Handover<Value>: @unchecked Sendable {
  struct Parcel {
    let worker: Int
    let chunk: Int
    let value: Result<Value, any Error>
  }

  private let condition = NSCondition()
  private var parcels: [Parcel] = []
  private var undelivered: [Int]
  private var present: Int

  init(workers: Int) {
    present = workers
    undelivered = Array(repeating: 0, count: workers)
  }

  // MARK: Workers

  func waitForTurn(_ worker: Int) {
    condition.lock()
    while undelivered[worker] > 1 { condition.wait() }
    condition.unlock()
  }

  func put(_ parcel: Parcel) {
    condition.lock()
    undelivered[parcel.worker] += 1
    parcels.append(parcel)
    condition.broadcast()
    condition.unlock()
  }

  func leave() {
    condition.lock()
    present -= 1
    condition.broadcast()
    condition.unlock()
  }

  // MARK: The communicating thread

  /// What has come, after waiting at most `seconds` for it; nil once all workers have left and all is delivered.
  func wait(upTo seconds: Double) -> [Parcel]? {
    condition.lock()
    defer { condition.unlock() }
    if parcels.isEmpty && present > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
    if parcels.isEmpty && present == 0 { return nil }
    defer { parcels = [] }
    return parcels
  }

  func delivered(_ worker: Int) {
    condition.lock()
    undelivered[worker] -= 1
    condition.broadcast()
    condition.unlock()
  }
}
