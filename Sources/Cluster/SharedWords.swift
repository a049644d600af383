import Atomics
import CMPI

/// A few 64-bit words in memory that all ranks of a node see, each changed by atomic operations.
///
/// Between the ranks of a node this is ordinary shared memory (`MPI_Win_allocate_shared`): no rank has to call MPI for
/// another to make progress. Alone it is ordinary memory. Any thread may use the words at any time.
///
/// Made and closed by all ranks of the node together.
public final class SharedWords: @unchecked Sendable {
  private typealias Word = UnsafeAtomic<Int>
  public let count: Int
  private let base: UnsafeMutablePointer<Word.Storage>
  private var window: MPI_Win?
  private let isOwned: Bool

  /// - Parameter count: number of words; all start at 0.
  public init(count: Int, on communicator: Communicator) throws {
    self.count = count
    let bytes = count * MemoryLayout<Word.Storage>.stride
    guard let handle = communicator.nodeWorld else {
      base = .allocate(capacity: count)
      isOwned = true
      for index in 0..<count { (base + index).initialize(to: Word.Storage(0)) }
      return
    }
    isOwned = false
    var (start, window): (UnsafeMutableRawPointer?, MPI_Win?) = (nil, nil)
    try MPI.check("MPI_Win_allocate_shared") {
      MPI_Win_allocate_shared(
        communicator.node.isLeader ? bytes : 0, 1, flowmap_mpi_info_null(), handle, &start, &window)
    }
    var (size, unit): (MPI_Aint, Int32) = (0, 0)
    try MPI.check("MPI_Win_shared_query") { MPI_Win_shared_query(window, 0, &size, &unit, &start) }
    base = start!.bindMemory(to: Word.Storage.self, capacity: count)
    self.window = window
    if communicator.node.isLeader {
      for index in 0..<count { (base + index).initialize(to: Word.Storage(0)) }
    }
    try communicator.barrier(.node)
  }

  /// MPI's own description of the window; nil where there is none.
  var handle: UnsafeRawPointer? { window.map { UnsafeRawPointer($0) } }

  deinit { if isOwned { base.deallocate() } }

  /// Gives the shared memory back. Called by all ranks of the node, before `Communicator.finish()`.
  public func close() throws {
    guard window != nil else { return }
    try MPI.check("MPI_Win_free") { MPI_Win_free(&window) }
    window = nil
  }

  public func load(_ index: Int) -> Int { word(index).load(ordering: .acquiring) }

  public func store(_ value: Int, at index: Int) { word(index).store(value, ordering: .releasing) }

  /// Adds `amount` and returns the value before.
  @discardableResult
  public func add(_ amount: Int, at index: Int) -> Int {
    word(index).loadThenWrappingIncrement(by: amount, ordering: .acquiringAndReleasing)
  }

  /// Raises the word to at least `value`.
  public func raise(to value: Int, at index: Int) {
    var old = load(index)
    while old < value {
      let (exchanged, found) = compareExchange(expected: old, desired: value, at: index)
      if exchanged { return }
      old = found
    }
  }

  /// Stores `desired` if the word still is `expected`; returns whether it was, and what was found.
  public func compareExchange(expected: Int, desired: Int, at index: Int) -> (exchanged: Bool, original: Int) {
    word(index).compareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing)
  }

  private func word(_ index: Int) -> Word {
    precondition(index >= 0 && index < count, "no such shared word")
    return Word(at: base + index)
  }
}
