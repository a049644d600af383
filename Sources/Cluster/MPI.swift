import CMPI
import Foundation

/// The one place where MPI's status codes become errors.
enum MPI {
  /// Calls an MPI function and throws the library's own words if it fails.
  static func check(_ function: String, _ call: () -> Int32) throws {
    let status = call()
    guard status != MPI_SUCCESS else { return }
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING))
    var length: Int32 = 0
    MPI_Error_string(status, &text, &length)
    let bytes = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
    throw ClusterError.mpi(function: function, text: String(decoding: bytes, as: UTF8.self))
  }

  /// Starts a non-blocking operation and waits for its end without keeping a core busy.
  ///
  /// Open MPI's blocking calls spin at full speed. Ranks that wait for the last chunk of another rank would take
  /// cores from it on a machine with more ranks than cores, so this waits in growing naps of up to 1 ms.
  static func wait(_ function: String, _ start: (inout MPI_Request?) -> Int32) throws {
    var request = flowmap_mpi_request_null()
    try check(function) { start(&request) }
    var nap = Nap()
    var done: Int32 = 0
    while true {
      try check("MPI_Test (\(function))") { MPI_Test(&request, &done, flowmap_mpi_status_ignore()) }
      if done != 0 { return }
      nap.take()
    }
  }

  static func count(_ bytes: Int, _ function: String) throws -> Int32 {
    guard let count = Int32(exactly: bytes) else {
      throw ClusterError.messageTooLarge(function: function, bytes: bytes)
    }
    return count
  }
}

/// A pause that starts as a mere yield and grows to a millisecond.
struct Nap {
  private var taken = 0

  mutating func take() {
    taken += 1
    if taken < 50 { sched_yield() } else { usleep(UInt32(min(1000, 10 * (taken - 49)))) }
  }
}
