import Execution
import Foundation
import Synchronization

/// Memory in which a plan runs, one frame for each thread that runs it; kept for the next runs.
final class FramePool: Sendable {
  private let byteCount: Int
  private let idle = Mutex<[Frame]>([])

  /// Aligned memory. Unchecked because the pool gives it to one thread at a time.
  struct Frame: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
  }

  init(byteCount: Int) { self.byteCount = max(byteCount, 64) }

  deinit { idle.withLock { frames in frames.forEach { free($0.start) } } }

  /// An idle frame, else a new one. New ones are zeroed: matrix products also read the columns of absent members, and
  /// whatever stood there might be slow to multiply.
  /// - Throws: `ExecutionError.outOfMemory`
  func take() throws(ExecutionError) -> Frame {
    if let frame = idle.withLock({ $0.popLast() }) { return frame }
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, byteCount) == 0, let start else { throw .outOfMemory(bytes: byteCount) }
    memset(start, 0, byteCount)
    return Frame(start: start)
  }

  func giveBack(_ frame: Frame) { idle.withLock { $0.append(frame) } }
}
