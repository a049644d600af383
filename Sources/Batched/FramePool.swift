import Execution
import Foundation
import Synchronization

/// Memory in which a plan runs, one frame for each thread that runs it; kept for the next runs.
final class FramePool: Sendable {
  let byteCount: Int
  private let idle = Mutex<[Frame]>([])

  /// Aligned memory. Unchecked because the pool gives it to one thread at a time.
  struct Frame: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
  }

  init(byteCount: Int) { self.byteCount = max(byteCount, 64) }

  deinit { idle.withLock { frames in for frame in frames { munmap(frame.start, byteCount) } } }

  /// An idle frame, else a new one. New ones are zeros: matrix products also read the columns of absent members, and
  /// whatever stood there might be slow to multiply. Pages that are never used, such as the end of a tape, are never there.
  /// - Throws: `ExecutionError.outOfMemory`
  func take() throws(ExecutionError) -> Frame {
    if let frame = idle.withLock({ $0.popLast() }) { return frame }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else {
      throw .outOfMemory(bytes: byteCount)
    }
    return Frame(start: start)
  }

  func giveBack(_ frame: Frame) { idle.withLock { $0.append(frame) } }
}
