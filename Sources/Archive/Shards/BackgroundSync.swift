import Foundation

/// Forces a file's data to the disk on a thread of its own, since that may take as long as the disk likes.
final class BackgroundSync: @unchecked Sendable {
  private let descriptor: Int32
  private let condition = NSCondition()
  /// The error of the last sync, 0 for none; nil while one is running or before the first.
  private var outcome: Int32?
  private var isRunning = false

  /// - Parameter descriptor: of the file; it must stay open as long as a sync may be running.
  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Begins to force what has been written so far. Not while another is running.
  func start() {
    condition.withLock {
      precondition(!isRunning, "one sync at a time")
      (isRunning, outcome) = (true, nil)
    }
    Thread.detachNewThread { [self] in
      let error = fdatasync(descriptor) == 0 ? 0 : errno
      condition.withLock {
        (isRunning, outcome) = (false, error)
        condition.broadcast()
      }
    }
  }

  /// The error of the sync, 0 for none, once it has ended; nil before.
  ///
  /// - Parameter waiting: comes back only when it has ended.
  func result(waiting: Bool) -> Int32? {
    condition.withLock {
      while waiting && isRunning { condition.wait() }
      return outcome
    }
  }
}
