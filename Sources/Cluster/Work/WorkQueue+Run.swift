import Foundation

extension WorkQueue {
  /// Computes the blocks that this rank draws with `workers` threads, and hands their results over, until the run ends.
  ///
  /// The calling thread is the rank's communicating thread: it runs `deliver`, `complete` and `tick`, answers the other
  /// nodes, and otherwise sleeps. It may call MPI and HDF5, in these closures too; the workers must not.
  ///
  /// A worker begins something only while at most one of its earlier results is undelivered, so two sets of buffers a
  /// worker, the assignment's `turn` says which, are enough, and memory stays flat however slow the disk is.
  ///
  /// - Parameters:
  ///   - compute: computes the blocks of an assignment until it has no more; called by `workers` threads at once, with the
  ///     worker's number from 0.
  ///   - deliver: takes what a worker computed, for example writes it; returns the members in it, and how many failed.
  ///   - complete: called once for a chunk that several workers computed, where it came first, when the last of
  ///     them has delivered its part.
  ///   - tick: called about every 50 ms and once at the end, for progress, signals and deadlines; may call `stop()`.
  /// - Returns: how the run ended. Every rank returns or throws, and only after all are done.
  /// - Throws: this rank's own error where a closure threw one, and on the others `ClusterError.rankFailed` with its words.
  ///   After `ClusterError.mpi` the ranks cannot agree any more: abort.
  public func run<Value>(
    compute: @escaping @Sendable (_ worker: Int, _ assignment: Assignment) throws -> Value,
    deliver: (_ computed: ComputedBlocks, _ result: Value) throws -> (members: Int, failed: Int),
    complete: (_ chunk: Int) throws -> Void, tick: (RunProgress) throws -> Void = { _ in }
  ) throws -> Ending {
    let handover = Handover<Value>(workers: workers)
    for worker in 0..<workers {
      let thread = Thread { self.work(as: worker, handover, compute) }
      // Compiled kernels keep their lanes' state on the stack, more than the 512 kB some systems give a thread.
      thread.stackSize = 16 << 20
      thread.start()
    }
    var failure: (any Error)?
    func attempt(_ action: () throws -> Void) {
      guard failure == nil else { return }
      do { try action() } catch {
        failure = error
        fail()
      }
    }
    /// Chunks that came here first, and whose helpers are not done.
    var awaited: [(worker: Int, assignment: Assignment)] = []
    var lastTick = ContinuousClock.now
    while true {
      let results = handover.wait(upTo: 0.002)
      for result in results ?? [] {
        let assignment = result.assignment
        let computed = draws.computed(assignment)
        attempt {
          let count = try deliver(computed, result.value.get())
          record(members: count.members, failed: count.failed)
        }
        if assignment.isOrigin && !computed.isWhole {
          awaited.append((result.worker, assignment))
          continue
        }
        if failure == nil {
          if assignment.isOrigin { recordChunk() } else { draws.finish(computed, of: assignment) }
        }
        handover.delivered(result.worker, turn: assignment.turn)
      }
      let firstComplete = awaited.partition { draws.isComplete($0.assignment) }
      for (worker, assignment) in awaited[firstComplete...] {
        attempt {
          try complete(assignment.chunk)
          recordChunk()
        }
        handover.delivered(worker, turn: assignment.turn)
      }
      awaited.removeSubrange(firstComplete...)
      if failure != nil || hasFailedSomewhere {
        // Helpers that failed will never be done.
        for (worker, assignment) in awaited { handover.delivered(worker, turn: assignment.turn) }
        awaited = []
      }
      if results == nil {
        if awaited.isEmpty { break }
        usleep(1000)
      }
      if lastTick.duration(to: .now) > .milliseconds(50) {
        attempt { try tick(progress) }
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

  /// The same for chunks of one block each.
  public func run<Value>(
    compute: @escaping @Sendable (_ worker: Int, _ chunk: Int) throws -> Value,
    deliver: (_ chunk: Int, _ result: Value) throws -> (members: Int, failed: Int),
    tick: (RunProgress) throws -> Void = { _ in }
  ) throws -> Ending {
    try run(
      compute: { worker, assignment in
        _ = assignment.nextBlock()
        return try compute(worker, assignment.chunk)
      },
      deliver: { computed, result in try deliver(computed.chunk, result) }, complete: { _ in }, tick: tick)
  }

  private func work<Value>(
    as worker: Int, _ handover: Handover<Value>,
    _ compute: (_ worker: Int, _ assignment: Assignment) throws -> Value
  ) {
    defer { handover.leave() }
    while true {
      let turn = handover.waitForTurn(worker)
      switch draw(worker: worker, turn: turn) {
      case .finished: return
      case .later: usleep(1000)
      case .work(let assignment):
        let result = Result { try compute(worker, assignment) }
        handover.put(.init(worker: worker, assignment: assignment, value: result))
        if case .failure = result { return }
      }
    }
  }
}
