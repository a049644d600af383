import CHDF5
import Cluster
import Foundation

/// How shards are shared out.
public enum ShardMode: String, Sendable, CaseIterable {
  /// One shard a node, which its ranks write together through MPI-IO.
  case node
  /// One shard a rank, written by plain system calls, for file systems that dislike MPI-IO.
  case rank
}

/// Writes chunks into this rank's shard.
///
/// Opening and closing are collective over all ranks; `write` and `commit` concern this rank alone. All calls come from the
/// rank's communicating thread.
///
/// **Order on the disk.** A chunk's data are handed to the system before the row with its mark, so a process that is
/// killed at any moment leaves no mark without its data: the system keeps what it was handed. A machine that loses
/// power may have written the mark and not the data. With a `commitInterval`, marks are therefore held back until
/// `fdatasync` has forced their data to the disk; without one they follow at once, and only the checksum, which every
/// reader verifies, tells a mark whose data were lost. Either way a wrong chunk is never taken for a right one: the
/// interval decides only how much work a loss of power costs, and what a sync costs during the run.
public final class ShardWriter {
  /// Where the shard is.
  public let path: String

  private let layout: ResultsLayout
  /// Bytes a member of every variable, and its type in the library; found once, not for every chunk.
  private let columns: [(memberBytes: Int, type: hid_t)]
  private let communicator: Communicator
  private let commitInterval: Duration?
  /// Nil once closed.
  private var shard: Shard?
  /// A descriptor of our own, since MPI-IO can force data to the disk only by a collective call.
  private let descriptor: Int32
  /// Chunks whose data are written, with the rows that commit them.
  private var uncommitted: [(chunk: Int, row: [UInt64])] = []
  private var lastCommit = ContinuousClock.now

  /// Makes a shard of a new generation and opens it for writing.
  ///
  /// Every dataset, attribute and byte of space exists when this returns; afterwards only raw data moves.
  ///
  /// - Parameters:
  ///   - folder: the same on every rank.
  ///   - commitInterval: how often finished chunks are forced to the disk and then committed; nil commits each chunk at
  ///     once and leaves the time of writing to the system.
  /// - Throws: `ArchiveError.file`, `.diskFull` or `.hdf5` on ranks that failed, `ClusterError.rankFailed` elsewhere.
  public init(
    folder: ResultsFolder, mode: ShardMode, commitInterval: Duration? = nil, on communicator: Communicator
  ) throws {
    (layout, self.communicator, self.commitInterval) = (folder.layout, communicator, commitInterval)
    columns = folder.layout.variables.map { (folder.layout.memberBytes($0), $0.elementType.hdf5) }
    let node = communicator.node
    let generation = try communicator.together {
      communicator.rank == 0 ? "\(try folder.nextGeneration())" : ""
    }
    let isPerRank = mode == .rank
    let name = ShardName(
      generation: Int(try communicator.broadcast(generation))!,
      writer: isPerRank ? .rank(communicator.rank) : .node(node.index))
    let path = folder.path + "/" + name.text
    self.path = path
    // One process makes the file, with the serial driver: metadata through MPI-IO is where HDF5 1.10.8 has its faults.
    try communicator.together {
      guard isPerRank || node.isLeader else { return }
      try Shard.create(path, Shard.Header(job: folder.job, layout: folder.layout))
      guard commitInterval != nil else { return }
      try DurableFile.synchronize(path)
      try DurableFile.synchronize(folder.path)
    }
    let shared = isPerRank || node.size == 1 ? nil : communicator.nodeWorld
    let (shard, descriptor) = try communicator.together {
      let shard = try Shard(HDF5File(writing: path, shared.map { .parallel($0) } ?? .serial))
      let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw ArchiveError.system("open", path) }
      return (shard, descriptor)
    }
    (self.shard, self.descriptor) = (shard, descriptor)
  }

  deinit { Glibc.close(descriptor) }

  /// Writes one chunk into its slot.
  ///
  /// - Parameters:
  ///   - chunk: the chunk's number; each is written at most once.
  ///   - data: for each variable of the layout, in its order, the values of the chunk's members: row-major, members
  ///     outermost, then the variable's own axes, in the variable's element type. The last chunk may be shorter.
  /// - Throws: `ArchiveError.diskFull` or `.hdf5`; the chunk does not count then, chunks before it stay valid.
  /// - Precondition: the buffers have exactly the sizes that the layout says.
  public func write(chunk: Int, data: [UnsafeRawBufferPointer]) throws {
    guard let shard else { preconditionFailure("the shard is closed") }
    precondition(chunk >= 0 && chunk < layout.chunkCount, "no such chunk")
    precondition(data.count == layout.variables.count, "one buffer a variable")
    let members = layout.members(ofChunk: chunk)
    let checksum = Checksum()
    var bytes = 0
    for (index, column) in columns.enumerated() {
      precondition(data[index].count == members.count * column.memberBytes, "size of a variable's buffer")
      checksum.add(data[index])
      bytes += data[index].count
    }
    try FullDisk.explained(path, bytes: bytes) {
      for (index, column) in columns.enumerated() {
        try shard.variables[index].write(members, column.type, from: data[index].baseAddress!)
      }
    }
    uncommitted.append((chunk, shard.row(chunk: chunk, checksum: checksum.value)))
    try commitIfDue()
  }

  /// Commits what was written if the interval has passed. Call it now and then while no chunk comes.
  public func commitIfDue() throws {
    if let commitInterval, lastCommit.duration(to: .now) < commitInterval { return }
    try commit()
  }

  /// Commits everything that was written.
  public func commit() throws {
    guard let shard, !uncommitted.isEmpty else { return }
    let rows = uncommitted.sorted { $0.chunk < $1.chunk }
    uncommitted = []
    // After a failed sync the system forgets what it could not write, and a second one would succeed: so these chunks
    // are given up, not tried again.
    if commitInterval != nil { try synchronize() }
    var first = rows.startIndex
    while first < rows.endIndex {
      // Rows of neighbours go in one write.
      var end = first + 1
      while end < rows.endIndex && rows[end].chunk == rows[end - 1].chunk + 1 { end += 1 }
      let words = rows[first..<end].flatMap(\.row)
      try FullDisk.explained(path, bytes: words.count * MemoryLayout<UInt64>.size) {
        try shard.slots.write(
          rows[first].chunk..<rows[first].chunk + (end - first), flowmap_h5t_uint64(), from: words)
      }
      first = end
    }
    lastCommit = .now
  }

  /// Commits and closes the shard. Collective over all ranks, also those whose writes have failed.
  public func close() throws {
    guard let shard else { return }
    let commits = Result {
      try commit()
      if commitInterval != nil { try synchronize() }
    }
    self.shard = nil
    let closing = Result { try shard.close() }
    try communicator.together {
      try commits.get()
      try closing.get()
    }
  }

  private func synchronize() throws {
    guard fdatasync(descriptor) == 0 else { throw ArchiveError.system("write", path) }
  }
}
