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
/// **Order on the disk.** A chunk's data and entry are handed to the system before its mark, so a process that is
/// killed at any moment leaves no mark without its data: the system keeps what it was handed. A machine that loses
/// power may have written the mark and not the data. With a `commitInterval`, marks are therefore held back until
/// `fdatasync` has forced their data to the disk; without one they follow at once, and only the checksum, which every
/// reader verifies, tells a mark whose data were lost. Either way a wrong chunk is never taken for a right one: the
/// interval decides only how much work a loss of power costs, and what a sync costs during the run.
public final class ShardWriter {
  /// Where the shard is.
  public let path: String

  private let layout: ResultsLayout
  private let communicator: Communicator
  private let commitInterval: Duration?
  /// Nil once closed.
  private var shard: Shard?
  /// The number of slots in use, counted by all ranks that write this shard.
  private let slots: SharedWords
  /// A descriptor of our own, since MPI-IO can force data to the disk only by a collective call.
  private let descriptor: Int32
  private var uncommitted: [(slot: Int, mark: UInt64)] = []
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
    slots = try SharedWords(count: 1, on: isPerRank ? Communicator() : communicator)
  }

  deinit { Glibc.close(descriptor) }

  /// Writes one chunk into a free slot.
  ///
  /// - Parameters:
  ///   - chunk: the chunk's number.
  ///   - data: for each variable of the layout, in its order, the values of the chunk's members: row-major, members
  ///     outermost, then the variable's own axes, in the variable's element type. The last chunk may be shorter.
  /// - Throws: `ArchiveError.diskFull` or `.hdf5`; the chunk does not count then, chunks before it stay valid.
  /// - Precondition: the buffers have exactly the sizes that the layout says.
  public func write(chunk: Int, data: [UnsafeRawBufferPointer]) throws {
    guard let shard else { preconditionFailure("the shard is closed") }
    precondition(chunk >= 0 && chunk < layout.chunkCount, "no such chunk")
    precondition(data.count == layout.variables.count, "one buffer a variable")
    let members = layout.members(ofChunk: chunk).count
    let checksum = Checksum()
    for (variable, bytes) in zip(layout.variables, data) {
      precondition(bytes.count == members * layout.memberBytes(variable), "size of \(variable.name)")
      checksum.add(bytes)
    }
    let slot = slots.add(1, at: 0)
    guard slot < layout.chunkCount else { throw ArchiveError.shardFull(path: path) }
    let first = slot * layout.chunkSize
    let entry = [UInt64(chunk), UInt64(members), checksum.value]
    try tellingFullDisk(bytes: members * layout.memberBytes) {
      for (index, bytes) in data.enumerated() {
        try shard.variables[index].write(
          first..<first + members, layout.variables[index].elementType.hdf5, from: bytes.baseAddress!)
      }
      try shard.entries.write(slot..<slot + 1, flowmap_h5t_uint64(), from: entry)
    }
    uncommitted.append((slot, shard.mark(slot: slot, entry: entry)))
    try commitIfDue()
  }

  /// Does `write`, and finds out whether a full disk made it fail: through MPI-IO, HDF5 only hears that too few bytes
  /// were written.
  private func tellingFullDisk(bytes: Int, _ write: () throws -> Void) throws {
    do {
      try write()
    } catch ArchiveError.hdf5(let function, let argument, let text) {
      var disk = statvfs()
      if fstatvfs(descriptor, &disk) == 0, Int(disk.f_bavail) * Int(disk.f_frsize) < bytes {
        throw ArchiveError.diskFull(path: path, text: "\(function): \(text)")
      }
      throw ArchiveError.hdf5(function: function, argument: argument, text: text)
    }
  }

  /// Commits what was written if the interval has passed. Call it now and then while no chunk comes.
  public func commitIfDue() throws {
    if let commitInterval, lastCommit.duration(to: .now) < commitInterval { return }
    try commit()
  }

  /// Commits everything that was written.
  public func commit() throws {
    guard let shard, !uncommitted.isEmpty else { return }
    if commitInterval != nil { try synchronize() }
    while let (slot, mark) = uncommitted.first {
      try tellingFullDisk(bytes: MemoryLayout.size(ofValue: mark)) {
        try withUnsafePointer(to: mark) { try shard.commits.write(slot..<slot + 1, flowmap_h5t_uint64(), from: $0) }
      }
      uncommitted.removeFirst()
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
    try slots.close()
    try communicator.together {
      try commits.get()
      try closing.get()
    }
  }

  private func synchronize() throws {
    guard fdatasync(descriptor) == 0 else { throw ArchiveError.system("write", path) }
  }
}
