import Synchronization

/// The libraries that this process has loaded, as far as they come and go.
///
/// A backtrace reads the memory of every one of them, and crashes if one comes or goes meanwhile.
package enum LoadedCode {
  private static let stability = Mutex(())

  /// Does what loads or unloads a library, or what needs all of them to stay as they are.
  package static func alone<Value>(_ work: () throws -> sending Value) rethrows -> sending Value {
    try stability.withLock { _ in try work() }
  }
}
