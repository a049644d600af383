import Foundation

/// Results on their way from the workers to the communicating thread.
final class Handover<Value>: @unchecked Sendable {
  struct Parcel {
    let worker: Int
    let assignment: Assignment
    let value: Result<Value, any Error>
  }

  private let condition = NSCondition()
  private var parcels: [Parcel] = []
  /// For each worker the turns whose results are on their way.
  private var undelivered: [Set<Int>]
  private var present: Int

  init(workers: Int) {
    present = workers
    undelivered = Array(repeating: [], count: workers)
  }

  // MARK: Workers

  /// Waits until one of the worker's sets of buffers is free, and says which.
  func waitForTurn(_ worker: Int) -> Int {
    condition.lock()
    defer { condition.unlock() }
    while undelivered[worker].count == WorkInHand.placesPerWorker { condition.wait() }
    return (0..<WorkInHand.placesPerWorker).first { !undelivered[worker].contains($0) }!
  }

  func put(_ parcel: Parcel) {
    condition.lock()
    undelivered[parcel.worker].insert(parcel.assignment.turn)
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

  /// What has come, after waiting at most `seconds` for it; nil once all workers have left and all has come.
  func wait(upTo seconds: Double) -> [Parcel]? {
    condition.lock()
    defer { condition.unlock() }
    if parcels.isEmpty && present > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
    if parcels.isEmpty && present == 0 { return nil }
    defer { parcels = [] }
    return parcels
  }

  func delivered(_ worker: Int, turn: Int) {
    condition.lock()
    undelivered[worker].remove(turn)
    condition.broadcast()
    condition.unlock()
  }
}
