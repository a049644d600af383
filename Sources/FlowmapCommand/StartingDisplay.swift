import Foundation
import Synchronization

/// Says that a kernel is compiled, if the user has waited for half a second, and how long it took, if that was long.
final class StartingDisplay: Sendable {
  private enum State {
    /// Nothing is compiled, so far.
    case quiet
    case compiling
    case said
    case ended
  }

  private let state = Mutex(State.quiet)
  private let started = ContinuousClock.now
  private let isShown: Bool

  private static let patience = Duration.milliseconds(500)
  /// Shorter times are not worth a line.
  private static let long = Duration.seconds(2)

  /// - Parameter isShown: whether this rank speaks, and may.
  init(isShown: Bool) { self.isShown = isShown }

  /// A kernel is not in the cache.
  func compiles() {
    let isFirst = state.withLock { state in
      guard state == .quiet else { return false }
      state = .compiling
      return true
    }
    guard isShown, isFirst else { return }
    let left = Self.patience - started.duration(to: .now)
    DispatchQueue.global().asyncAfter(deadline: .now() + max(left.inSeconds, 0)) {
      self.state.withLock { state in
        guard state == .compiling else { return }
        state = .said
        Terminal.note("compiling …")
      }
    }
  }

  /// All is ready, or failed.
  func end(isReady: Bool) {
    state.withLock { state in
      let time = started.duration(to: .now)
      if state == .said, isReady, time > Self.long { Terminal.note("compiled in \(Terminal.duration(time.inSeconds))") }
      state = .ended
    }
  }
}
