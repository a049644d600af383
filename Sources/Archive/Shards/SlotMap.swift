import Cluster

/// Where every chunk of a job lies, by the marks in the shards. What the marks promise is not checked yet.
struct SlotMap {
  /// One place of a chunk. Plain words, so that rank 0 can send the table to the others as it is.
  struct Place: BitwiseCopyable {
    var shard: Int
    var checksum: UInt64
    static let missing = Place(shard: -1, checksum: 0)
    var isMissing: Bool { shard < 0 }
  }

  let layout: ResultsLayout
  /// Paths of the shards, by the numbers that places use.
  let shards: [String]
  /// How many members each shard has rooms for: fewer than the job if it was extended since.
  let shardMembers: [Int]
  /// For each chunk, the first place that has it.
  private(set) var places: [Place]
  /// Further places of chunks that several runs have computed, by chunk.
  private(set) var spares: [Int: [Place]] = [:]
  /// Shards that could not be read, and why; known to rank 0.
  let unreadable: [String]

  /// Reads the marks of every shard in the folder.
  ///
  /// - Throws: `ArchiveError.otherJob` if a shard of another job lies in the folder.
  init(_ folder: ResultsFolder) throws {
    layout = folder.layout
    shards = try FolderListing(folder.path).shards
    var shardMembers = Array(repeating: 0, count: shards.count)
    places = Array(repeating: .missing, count: layout.chunkCount)
    var unreadable: [String] = []
    for (number, path) in shards.enumerated() {
      do {
        let reader = try ShardReader(path)
        guard folder.accepts(reader.job, reader.layout) else {
          throw ArchiveError.otherJob(shard: path, found: reader.job, expected: folder.job)
        }
        shardMembers[number] = reader.layout.memberCount
        for slot in try reader.committedSlots() {
          let place = Place(shard: number, checksum: slot.checksum)
          if places[slot.chunk].isMissing {
            places[slot.chunk] = place
          } else {
            spares[slot.chunk, default: []].append(place)
          }
        }
      } catch let error as ArchiveError {
        if case .otherJob = error { throw error }
        unreadable.append("\(error)")
      }
    }
    (self.shardMembers, self.unreadable) = (shardMembers, unreadable)
  }

  /// The chunks that no readable shard has.
  var missing: [Int] { places.indices.filter { places[$0].isMissing } }

  /// Forgets where chunks are whose data are damaged.
  mutating func remove(_ chunks: ChunkList) {
    for chunk in chunks.ranges.joined() { (places[chunk], spares[chunk]) = (.missing, nil) }
  }

  /// Divides chunks into runs of neighbours in the same shard, or in none.
  func runs(_ chunks: Range<Int>) -> [Run] {
    var runs: [Run] = []
    for chunk in chunks {
      if let last = runs.last, last.shard == places[chunk].shard {
        runs[runs.count - 1].chunks = last.chunks.lowerBound..<chunk + 1
      } else {
        runs.append(Run(shard: places[chunk].shard, chunks: chunk..<chunk + 1))
      }
    }
    return runs
  }

  struct Run {
    let shard: Int
    var chunks: Range<Int>
    var isMissing: Bool { shard < 0 }
  }
}

extension SlotMap {
  /// The map that rank 0 has made, on every rank.
  static func shared(_ folder: ResultsFolder, on communicator: Communicator) throws -> SlotMap {
    let map = try communicator.together { communicator.rank == 0 ? try SlotMap(folder) : nil }
    guard communicator.size > 1 else { return map! }
    let shards = try communicator.broadcast(map?.shards.joined(separator: "\0") ?? "")
    let members = try communicator.broadcast(bytes(of: map?.shardMembers ?? []))
    let spares = map?.spares.flatMap { chunk, places in places.map { (Int64(chunk), $0) } } ?? []
    let tables = try (
      communicator.broadcast(bytes(of: map?.places ?? [])), communicator.broadcast(bytes(of: spares))
    )
    return SlotMap(
      layout: folder.layout, shards: shards.split(separator: "\0").map(String.init), shardMembers: values(of: members),
      places: values(of: tables.0),
      spares: Dictionary(grouping: values(of: tables.1) as [(Int64, Place)], by: { Int($0.0) })
        .mapValues { $0.map(\.1) },
      unreadable: map?.unreadable ?? [])
  }

  private init(
    layout: ResultsLayout, shards: [String], shardMembers: [Int], places: [Place], spares: [Int: [Place]],
    unreadable: [String]
  ) {
    (self.layout, self.shards, self.shardMembers) = (layout, shards, shardMembers)
    (self.places, self.spares, self.unreadable) = (places, spares, unreadable)
  }

  private static func bytes<Value: BitwiseCopyable>(of values: [Value]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }

  private static func values<Value: BitwiseCopyable>(of bytes: [UInt8]) -> [Value] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Value>.stride).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.stride, as: Value.self)
      }
    }
  }
}
