/// What can go wrong among ranks.
public enum ClusterError: Error, Equatable, Sendable {
  /// An MPI function returned an error; `text` is the library's own explanation.
  case mpi(function: String, text: String)
  /// The launcher started `expected` processes that do not know each other: `variable` said so, MPI found `found`.
  case singletons(variable: String, expected: Int, found: Int)
  /// The MPI library cannot be called from the threads that Flowmap needs.
  case threadSupport(provided: Int)
  /// Rank `rank` failed; every other rank stopped because of it. `ranks` counts the ranks that failed.
  case rankFailed(rank: Int, ranks: Int, message: String)
  /// A value is too large for one MPI message.
  case messageTooLarge(function: String, bytes: Int)
  /// An environment variable has a value that means nothing.
  case badEnvironment(variable: String, value: String, expected: String)
}
