import CMPI
import Foundation

/// How the values of all ranks become one.
public enum Reduction: Sendable {
  case sum, minimum, maximum

  fileprivate var operation: MPI_Op? {
    switch self {
    case .sum: return flowmap_mpi_sum()
    case .minimum: return flowmap_mpi_min()
    case .maximum: return flowmap_mpi_max()
    }
  }
}

/// Which ranks take part in an operation.
public enum Circle: Sendable {
  /// Every rank of the run.
  case all
  /// The ranks of this node.
  case node
}

/// Operations that every rank of the circle calls in the same order.
///
/// All of them wait in naps rather than at full speed (see `MPI.wait`), and all throw `ClusterError.mpi`.
extension Communicator {
  /// Returns when every rank of the circle has come here.
  public func barrier(_ circle: Circle = .all) throws {
    guard let handle = handle(circle) else { return }
    try MPI.wait("MPI_Ibarrier") { MPI_Ibarrier(handle, &$0) }
  }

  /// The bytes that rank `root` of the circle holds. What the others pass is ignored.
  public func broadcast(_ bytes: [UInt8], from root: Int = 0, _ circle: Circle = .all) throws -> [UInt8] {
    guard let handle = handle(circle) else { return bytes }
    // MPI writes into these buffers after the call that starts it, so they need addresses that outlast the call.
    var length = Int64(bytes.count)
    try withUnsafeMutablePointer(to: &length) { length in
      try MPI.wait("MPI_Ibcast") { MPI_Ibcast(length, 1, flowmap_mpi_int64(), Int32(root), handle, &$0) }
    }
    let count = try MPI.count(Int(length), "MPI_Ibcast")
    var buffer = bytes
    if buffer.count != Int(count) { buffer = [UInt8](repeating: 0, count: Int(count)) }
    try buffer.withUnsafeMutableBytes { buffer in
      try MPI.wait("MPI_Ibcast") {
        MPI_Ibcast(buffer.baseAddress, count, flowmap_mpi_byte(), Int32(root), handle, &$0)
      }
    }
    return buffer
  }

  /// The text that rank `root` of the circle holds. What the others pass is ignored.
  public func broadcast(_ text: String, from root: Int = 0, _ circle: Circle = .all) throws -> String {
    String(decoding: try broadcast(Array(text.utf8), from: root, circle), as: UTF8.self)
  }

  /// Element by element, the sum, minimum or maximum over the ranks of the circle; all pass equally many values.
  public func allreduce(_ values: [Int], _ reduction: Reduction, _ circle: Circle = .all) throws -> [Int] {
    try allreduce(values, flowmap_mpi_int64(), reduction, circle)
  }

  /// Element by element, the sum, minimum or maximum over the ranks of the circle; all pass equally many values.
  ///
  /// - Note: a sum's last bits depend on the number of ranks; sums across members need a fixed order instead.
  public func allreduce(_ values: [Double], _ reduction: Reduction, _ circle: Circle = .all) throws -> [Double] {
    try allreduce(values, flowmap_mpi_double(), reduction, circle)
  }

  public func allreduce(_ value: Int, _ reduction: Reduction, _ circle: Circle = .all) throws -> Int {
    try allreduce([value], reduction, circle)[0]
  }

  public func allreduce(_ value: Double, _ reduction: Reduction, _ circle: Circle = .all) throws -> Double {
    try allreduce([value], reduction, circle)[0]
  }

  /// The bytes of every rank of the circle, in order of rank, at its rank 0; nil elsewhere.
  public func gather(_ bytes: [UInt8], _ circle: Circle = .all) throws -> [[UInt8]]? {
    guard let handle = handle(circle) else { return [bytes] }
    let (place, members) = circle == .all ? (rank, size) : (node.rank, node.size)
    let mine = try MPI.count(bytes.count, "MPI_Igatherv")
    var lengths = [Int32](repeating: 0, count: members)
    try lengths.withUnsafeMutableBufferPointer { lengths in
      try withUnsafePointer(to: mine) { mine in
        try MPI.wait("MPI_Igather") {
          MPI_Igather(mine, 1, flowmap_mpi_int32(), lengths.baseAddress, 1, flowmap_mpi_int32(), 0, handle, &$0)
        }
      }
    }
    let total = lengths.reduce(0) { $0 + Int($1) }
    _ = try MPI.count(total, "MPI_Igatherv")
    var starts = [Int32](repeating: 0, count: members)
    for other in 1..<max(1, members) { starts[other] = starts[other - 1] + lengths[other - 1] }
    var all = [UInt8](repeating: 0, count: max(1, total))
    try bytes.withUnsafeBytes { bytes in
      try all.withUnsafeMutableBytes { all in
        try starts.withUnsafeBufferPointer { starts in
          try lengths.withUnsafeBufferPointer { lengths in
            try MPI.wait("MPI_Igatherv") {
              MPI_Igatherv(
                bytes.baseAddress, mine, flowmap_mpi_byte(), all.baseAddress, lengths.baseAddress, starts.baseAddress,
                flowmap_mpi_byte(), 0, handle, &$0)
            }
          }
        }
      }
    }
    guard place == 0 else { return nil }
    return (0..<members).map { Array(all[Int(starts[$0])..<Int(starts[$0] + lengths[$0])]) }
  }

  /// Does `work` on every rank and agrees on how it went, so that no rank goes on alone into a collective call.
  ///
  /// - Returns: what `work` returned on this rank.
  /// - Throws: on every rank if any failed: a rank's own error where it failed, elsewhere `.rankFailed` with the
  ///   words of the first that did.
  public func together<Value>(_ work: () throws -> Value) throws -> Value {
    let outcome = Result { try work() }
    guard size > 1 else { return try outcome.get() }
    var message: String?
    if case .failure(let error) = outcome { message = "\(error)" }
    let failure = try firstFailure(message)
    let value = try outcome.get()
    if let failure { throw failure }
    return value
  }

  /// The failure of the lowest rank that has one, known to all ranks; nil if none has.
  func firstFailure(_ message: String?) throws -> ClusterError? {
    let failures = try allreduce(message == nil ? 0 : 1, .sum)
    guard failures > 0 else { return nil }
    let first = try allreduce(message == nil ? size : rank, .minimum)
    return .rankFailed(rank: first, ranks: failures, message: try broadcast(message ?? "", from: first))
  }

  private func handle(_ circle: Circle) -> MPI_Comm? {
    switch circle {
    case .all: return world
    case .node: return nodeWorld
    }
  }

  private func allreduce<Value>(
    _ values: [Value], _ type: MPI_Datatype?, _ reduction: Reduction, _ circle: Circle
  ) throws -> [Value] {
    guard let handle = handle(circle) else { return values }
    var results = values
    let count = try MPI.count(values.count, "MPI_Iallreduce")
    try values.withUnsafeBytes { values in
      try results.withUnsafeMutableBytes { results in
        try MPI.wait("MPI_Iallreduce") {
          MPI_Iallreduce(
            values.baseAddress, results.baseAddress, count, type, reduction.operation, handle, &$0)
        }
      }
    }
    return results
  }
}
