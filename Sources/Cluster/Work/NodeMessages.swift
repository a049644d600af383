import CMPI

/// What the leader of a node tells rank 0.
struct Report: Equatable {
  var node: Int
  var wantsChunks: Bool
  /// True once every rank of the node has left; rank 0 hears nothing more from it.
  var isLast: Bool
  var stop: NodePool.Stop
  var counts: RunProgress.Counts
}

/// What rank 0 answers. Every report gets one answer.
struct Answer: Equatable {
  var share: Share
  var stop: NodePool.Stop
}

/// Two-sided messages between the nodes' leaders and rank 0.
///
/// No one-sided calls: Open MPI 4.1.4 makes no progress on them while the target computes, and its only component for
/// them between nodes on Debian 12 is the one whose data corruption was fixed in 4.1.5.
final class NodeMessages {
  private static let (reportTag, answerTag): (Int32, Int32) = (71, 72)
  private static let length = 7
  private let world: MPI_Comm?
  /// Owned here, because MPI writes the answer at a time of its own.
  private let incoming = UnsafeMutablePointer<Int64>.allocate(capacity: length)
  private var awaited: MPI_Request?
  private(set) var isAwaitingAnswer = false

  init(_ communicator: Communicator) { world = communicator.world }

  deinit { incoming.deallocate() }

  // MARK: A leader's side

  func send(_ report: Report) throws {
    precondition(!isAwaitingAnswer, "one report at a time")
    try MPI.check("MPI_Irecv") {
      MPI_Irecv(incoming, Int32(Self.length), flowmap_mpi_int64(), 0, Self.answerTag, world, &awaited)
    }
    isAwaitingAnswer = true
    let counts = report.counts
    try send(
      [
        report.node, report.wantsChunks ? 1 : 0, report.isLast ? 1 : 0, report.stop.rawValue, counts.chunks,
        counts.members, counts.failed,
      ], to: 0, tag: Self.reportTag)
  }

  /// The answer to the last report if it has come, else nil.
  func answer() throws -> Answer? {
    guard isAwaitingAnswer else { return nil }
    var done: Int32 = 0
    try MPI.check("MPI_Test") { MPI_Test(&awaited, &done, flowmap_mpi_status_ignore()) }
    guard done != 0 else { return nil }
    isAwaitingAnswer = false
    let words = (0..<Self.length).map { Int(incoming[$0]) }
    return Answer(
      share: Share(chunks: words[0]..<words[1], unassigned: words[2]), stop: NodePool.Stop(rawValue: words[3])!)
  }

  // MARK: Rank 0's side

  /// A report that has come, and the rank to answer to; nil if none waits.
  func nextReport() throws -> (Report, leader: Int)? {
    var (found, status): (Int32, MPI_Status) = (0, MPI_Status())
    try MPI.check("MPI_Iprobe") { MPI_Iprobe(flowmap_mpi_any_source(), Self.reportTag, world, &found, &status) }
    guard found != 0 else { return nil }
    var words = [Int64](repeating: 0, count: Self.length)
    try MPI.check("MPI_Recv") {
      MPI_Recv(
        &words, Int32(Self.length), flowmap_mpi_int64(), status.MPI_SOURCE, Self.reportTag, world,
        flowmap_mpi_status_ignore())
    }
    let report = Report(
      node: Int(words[0]), wantsChunks: words[1] != 0, isLast: words[2] != 0,
      stop: NodePool.Stop(rawValue: Int(words[3]))!,
      counts: RunProgress.Counts(chunks: Int(words[4]), members: Int(words[5]), failed: Int(words[6])))
    return (report, Int(status.MPI_SOURCE))
  }

  func send(_ answer: Answer, to leader: Int) throws {
    let (chunks, unassigned) = (answer.share.chunks, answer.share.unassigned)
    try send(
      [chunks.lowerBound, chunks.upperBound, unassigned, answer.stop.rawValue, 0, 0, 0],
      to: Int32(leader), tag: Self.answerTag)
  }

  /// These messages fit into one packet, so MPI takes them over at once and the call returns.
  private func send(_ values: [Int], to rank: Int32, tag: Int32) throws {
    let words = values.map { Int64($0) }
    try MPI.check("MPI_Send") { MPI_Send(words, Int32(words.count), flowmap_mpi_int64(), rank, tag, world) }
  }
}
