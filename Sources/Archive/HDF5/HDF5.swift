import CHDF5
import Cluster
import Foundation

/// The one place where HDF5's status codes become errors.
///
/// The library is not thread safe and keeps one list of errors for the process, so every call runs under one lock.
enum HDF5 {
  private static let lock = NSRecursiveLock()

  /// Opens the library and stops it from printing.
  private static let prepared: Void = {
    ResultsLibrary.open()
    H5Eset_auto2(flowmap_h5e_default(), nil, nil)
  }()

  static func serially<Value>(_ work: () throws -> Value) rethrows -> Value {
    lock.lock()
    defer { lock.unlock() }
    _ = prepared
    return try work()
  }

  /// Calls an HDF5 function and throws the library's own words if it fails.
  ///
  /// - Parameters:
  ///   - function: the function's name, for the message.
  ///   - argument: what it works on, for the message: a path or a dataset of a path.
  @discardableResult
  static func check<Status: SignedInteger>(
    _ function: String, _ argument: String, _ call: () -> Status
  ) throws -> Status {
    try serially {
      let status = call()
      guard status < 0 else { return status }
      throw ArchiveError.library(function, argument, errorText())
    }
  }

  /// Calls an HDF5 function that returns a handle, and takes the handle over.
  static func open(_ function: String, _ argument: String, _ call: () -> hid_t) throws -> Handle {
    Handle(try check(function, argument, call))
  }

  /// What the library says about the last failure, from outside in, without repetitions.
  private static func errorText() -> String {
    var lines: [String] = []
    withUnsafeMutablePointer(to: &lines) { lines in
      _ = H5Ewalk2(
        flowmap_h5e_default(), H5E_WALK_DOWNWARD,
        { _, error, lines in
          guard let text = error?.pointee.desc else { return 0 }
          let lines = lines!.assumingMemoryBound(to: [String].self)
          // The text of a system call spreads over lines.
          let line = String(cString: text).split(separator: "\n").joined()
          if !line.isEmpty && !lines.pointee.contains(line) { lines.pointee.append(line) }
          return 0
        }, lines)
    }
    return lines.isEmpty ? "no explanation" : lines.joined(separator: "; ")
  }
}

/// An object of the HDF5 library, released with its owner.
final class Handle: @unchecked Sendable {
  let id: hid_t
  private var isOpen = true

  init(_ id: hid_t) { self.id = id }

  deinit { if isOpen { HDF5.serially { _ = H5Idec_ref(id) } } }

  /// Leaves the object to the library until the process ends.
  func keep() { isOpen = false }

  /// Releases the object now, to hear whether that worked.
  func close(_ function: String, _ argument: String) throws {
    guard isOpen else { return }
    isOpen = false
    try HDF5.check(function, argument) { H5Idec_ref(id) }
  }
}
