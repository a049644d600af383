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
/// **Order on the disk.** A chunk's data are handed to the system when it is written. Every so often, in time and in bytes,
/// `fdatasync` forces all data so far to the disk, in the background; when it is done the chunks' marks are written, and forced
/// in turn. So no mark is ever on the disk before its data, whether the process dies or the machine: what is lost is the work
/// since the last commit, and a chunk that is marked counts.
public final class ShardWriter {
  /// Where the shard is.
  public let path: String

  private let layout: ResultsLayout
  /// Bytes a member of every variable, and its type in the library; found once, not for every chunk.
  private let columns: [(memberBytes: Int, type: hid_t)]
  private let communicator: Communicator
  private let commitInterval: Duration
  private let commitBytes: Int
  /// Nil once closed.
  private var shard: Shard?
  /// A descriptor of our own, since MPI-IO can force data to the disk only by a collective call.
  private let descriptor: Int32
  private let sync: BackgroundSync
  private var stage = Stage.idle
  /// Chunks whose data are written, with the rows that commit them.
  private var uncommitted: [Slot] = []
  private var lastCommit = ContinuousClock.now
  /// Bytes written since then.
  private var bytesSinceCommit = 0

  /// So much data is on its way to the disk before a run ends, instead of all of it at the end. Measured on 1.4 GB of series
  /// in one run: 1.1 s in all, 1.6 s with one commit at the end.
  public static let usualCommitBytes = 128 << 20

  private typealias Slot = (chunk: Int, row: [UInt64])

  /// What is on its way to the disk.
  private enum Stage {
    case idle
    /// The data of these chunks, whose marks are written next.
    case data([Slot])
    case marks
  }

  /// Makes a shard of a new generation and opens it for writing.
  ///
  /// Every dataset, attribute and byte of space exists when this returns; afterwards only raw data moves.
  ///
  /// - Parameters:
  ///   - folder: the same on every rank.
  ///   - commitInterval: how often finished chunks are committed.
  ///   - commitBytes: after how much data of this rank they are committed all the same.
  /// - Throws: `ArchiveError.file`, `.diskFull` or `.hdf5` on ranks that failed, `ClusterError.rankFailed` elsewhere.
  public init(
    folder: ResultsFolder, mode: ShardMode, commitInterval: Duration = .seconds(10),
    commitBytes: Int = usualCommitBytes, on communicator: Communicator
  ) throws {
    (layout, self.communicator, self.commitInterval) = (folder.layout, communicator, commitInterval)
    self.commitBytes = commitBytes
    columns = folder.layout.variables.map { (folder.layout.memberBytes($0), $0.elementType.hdf5) }
    let node = communicator.node
    let generation = try communicator.together {
      communicator.rank == 0 ? "\(try FolderListing(folder.path).nextGeneration)" : ""
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
    }
    let shared = isPerRank || node.size == 1 ? nil : communicator.nodeWorld
    let (shard, descriptor) = try communicator.together {
      let shard = try Shard(HDF5File(writing: path, shared.map { .parallel($0) } ?? .serial))
      let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw ArchiveError.system("open", path) }
      return (shard, descriptor)
    }
    (self.shard, self.descriptor, sync) = (shard, descriptor, BackgroundSync(descriptor: descriptor))
  }

  deinit {
    _ = sync.result(waiting: true)
    Glibc.close(descriptor)
  }

  /// Writes one chunk into its slot.
  ///
  /// - Parameters:
  ///   - chunk: the chunk's number; each is written at most once.
  ///   - data: for each variable of the layout, in its order, the values of the chunk's members: row-major, members
  ///     outermost, then the variable's own axes, in the variable's element type. The last chunk may be shorter.
  /// - Throws: `ArchiveError.diskFull` or `.hdf5`; the chunk does not count then, chunks before it stay valid.
  /// - Precondition: the buffers have exactly the sizes that the layout says.
  public func write(chunk: Int, data: [UnsafeRawBufferPointer]) throws {
    precondition(chunk >= 0 && chunk < layout.chunkCount, "no such chunk")
    let shard = try write(layout.members(ofChunk: chunk), data)
    let checksum = Checksum()
    for values in data { checksum.add(values) }
    uncommitted.append((chunk, shard.row(chunk: chunk, checksum: checksum.value)))
    try commitIfDue()
  }

  /// Writes a part of a chunk, which counts only after `seal(chunk:)`. The other parts may be written by other ranks of the
  /// node, if they share the shard.
  ///
  /// - Parameters:
  ///   - members: within one chunk; each member is written at most once.
  ///   - data: as for a whole chunk.
  /// - Throws: `ArchiveError.diskFull` or `.hdf5`.
  public func write(part members: Range<Int>, data: [UnsafeRawBufferPointer]) throws {
    _ = try write(members, data)
  }

  /// Makes a chunk count that was written in parts: reads it back, as no rank has all of it, for its checksum.
  ///
  /// - Throws: `ArchiveError.hdf5`; the chunk does not count then.
  /// - Precondition: all its parts have been written, and their writers' calls have returned.
  public func seal(chunk: Int) throws {
    guard let shard else { preconditionFailure("the shard is closed") }
    let members = layout.members(ofChunk: chunk)
    let checksum = Checksum()
    for (index, column) in columns.enumerated() {
      try withUnsafeTemporaryAllocation(byteCount: members.count * column.memberBytes, alignment: 64) { bytes in
        guard let start = bytes.baseAddress else { return }
        try shard.variables[index].read(members, column.type, into: start)
        checksum.add(UnsafeRawBufferPointer(bytes))
      }
    }
    uncommitted.append((chunk, shard.row(chunk: chunk, checksum: checksum.value)))
    try commitIfDue()
  }

  private func write(_ members: Range<Int>, _ data: [UnsafeRawBufferPointer]) throws -> Shard {
    guard let shard else { preconditionFailure("the shard is closed") }
    precondition(data.count == layout.variables.count, "one buffer a variable")
    for (values, column) in zip(data, columns) {
      precondition(values.count == members.count * column.memberBytes, "size of a variable's buffer")
    }
    let bytes = data.reduce(0) { $0 + $1.count }
    try FullDisk.explained(path, bytes: bytes) {
      for (index, column) in columns.enumerated() {
        try shard.variables[index].write(members, column.type, from: data[index].baseAddress!)
      }
    }
    bytesSinceCommit += bytes
    return shard
  }

  /// Moves the commit on its way as far as it goes without waiting, and begins one if the interval has passed or much was
  /// written. Call it now and then while no chunk comes.
  public func commitIfDue() throws {
    try advance(waiting: false)
    let isDue = bytesSinceCommit >= commitBytes || lastCommit.duration(to: .now) >= commitInterval
    if case .idle = stage, isDue { try begin() }
  }

  /// Commits everything that was written, and comes back when it is on the disk.
  public func commit() throws {
    try advance(waiting: true)
    try begin()
    try advance(waiting: true)
  }

  /// Commits and closes the shard. Collective over all ranks, also those whose writes have failed.
  public func close() throws {
    guard let shard else { return }
    let commits = Result { try commit() }
    self.shard = nil
    let closing = Result { try shard.close() }
    try communicator.together {
      try commits.get()
      try closing.get()
    }
  }

  private func begin() throws {
    guard !uncommitted.isEmpty else { return }
    try checkThatFileIsThere()
    stage = .data(uncommitted)
    (uncommitted, lastCommit, bytesSinceCommit) = ([], .now, 0)
    sync.start()
  }

  private func advance(waiting: Bool) throws {
    while true {
      if case .idle = stage { return }
      guard let error = sync.result(waiting: waiting) else { return }
      // After a failed sync the system forgets what it could not write, and a second one would succeed: so these chunks
      // are given up, not tried again.
      let done = stage
      stage = .idle
      guard error == 0 else {
        errno = error
        throw ArchiveError.system("write", path)
      }
      guard case .data(let slots) = done else { return }
      try writeMarks(slots)
      stage = .marks
      sync.start()
    }
  }

  private func writeMarks(_ slots: [Slot]) throws {
    guard let shard else { preconditionFailure("the shard is closed") }
    let rows = slots.sorted { $0.chunk < $1.chunk }
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
  }

  /// A file that was deleted can still be written to, and all of it would be lost without a word.
  private func checkThatFileIsThere() throws {
    var (here, there) = (stat(), stat())
    guard fstat(descriptor, &here) == 0, stat(path, &there) == 0 else { throw ArchiveError.system("write to", path) }
    guard here.st_ino == there.st_ino else {
      throw ArchiveError.file(action: "write to", path: path, reason: "another file has taken its place")
    }
  }
}
