import Foundation
import Synchronization

/// Signals that ask a run to end early with nothing lost: Ctrl-C, SIGTERM, and SIGUSR2, the one that mpirun hands on to its
/// ranks and that batch systems send before the time limit.
enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// From now on these signals are noted rather than fatal. A second Ctrl-C or SIGTERM ends the process at once.
  static func listen() {
    // Made now: the handler must not be the first to ask for it.
    received.store(0, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGUSR2] {
      sigaddset(&signals, signal)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { StopSignal.received.store($0, ordering: .relaxed) }
      action.sa_flags = signal == SIGUSR2 ? Int32(SA_RESTART) : Int32(SA_RESTART) | Int32(bitPattern: SA_RESETHAND)
      sigaction(signal, &action, nil)
    }
    // Whoever started this process may have been deaf to them, and that is handed down.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The name of the signal that has come; nil if none has.
  static var name: String? {
    switch received.load(ordering: .relaxed) {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGUSR2: "SIGUSR2"
    default: nil
    }
  }
}
