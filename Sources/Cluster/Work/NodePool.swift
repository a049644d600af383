/// The chunks that a node holds, and what its ranks tell each other, in words that they all see.
///
/// Chunks wait in two ranges, each packed into one word as (first, end). A worker takes from the front of a range
/// by one compare-and-exchange. Only the node's leader fills a range, and only one that is empty, while workers change
/// only ranges that are not; as a chunk is given to a node once, the same range never comes back, so an exchange that
/// succeeds is right whatever happened in between.
struct NodePool {
  private enum Index {
    static let ranges = 0..<2
    static let isExhausted = 2
    static let stop = 3
    static let departures = 4
    static let chunksDone = 5
    static let membersDone = 6
    static let membersFailed = 7
    static let unassigned = 8
    static let count = 9
  }

  /// Why a node's ranks should stop before the work is done. Larger values win.
  enum Stop: Int {
    case none = 0
    case requested = 1
    case failed = 2
  }

  /// The largest chunk number that fits into half a word, kept below the sign.
  static let largestChunkCount = Int(Int32.max)

  private let words: SharedWords

  init(on communicator: Communicator) throws {
    words = try SharedWords(count: Index.count, on: communicator)
  }

  func close() throws { try words.close() }

  // MARK: Chunks

  var available: Int { Index.ranges.reduce(0) { $0 + unpack(words.load($1)).count } }
  var hasEmptyRange: Bool { Index.ranges.contains { unpack(words.load($0)).isEmpty } }

  /// True once no more chunks will come to this node. Read it before looking for chunks, not after.
  var isExhausted: Bool { words.load(Index.isExhausted) != 0 }

  /// Chunks that no node had when rank 0 last told.
  var unassigned: Int { words.load(Index.unassigned) }

  /// Adds chunks; only the leader calls this, and only while `hasEmptyRange`. After the last share, workers know that no
  /// more will come.
  func take(_ share: Share) {
    if !share.chunks.isEmpty { fill(share.chunks) }
    note(unassigned: share.unassigned)
  }

  /// Takes note of how many chunks no node has.
  func note(unassigned: Int) {
    words.store(unassigned, at: Index.unassigned)
    if unassigned == 0 { words.store(1, at: Index.isExhausted) }
  }

  private func fill(_ chunks: Range<Int>) {
    let empty = Index.ranges.first { unpack(words.load($0)).isEmpty }!
    words.store(chunks.lowerBound << 32 | chunks.upperBound, at: empty)
  }

  /// The next chunk for a worker, or nil if none is here now. Any thread.
  func draw() -> Int? {
    let inOrder = Index.ranges.sorted { unpack(words.load($0)).lowerBound < unpack(words.load($1)).lowerBound }
    for index in inOrder {
      var packed = words.load(index)
      while case let range = unpack(packed), !range.isEmpty {
        let (taken, found) = words.compareExchange(
          expected: packed, desired: (range.lowerBound + 1) << 32 | range.upperBound, at: index)
        if taken { return range.lowerBound }
        packed = found
      }
    }
    return nil
  }

  private func unpack(_ word: Int) -> Range<Int> { word >> 32..<word & 0xffff_ffff }

  // MARK: Signals and counts

  var stop: Stop { Stop(rawValue: words.load(Index.stop))! }

  func signal(_ stop: Stop) { words.raise(to: stop.rawValue, at: Index.stop) }

  /// The number of the node's ranks that have nothing left to do.
  var departures: Int { words.load(Index.departures) }

  func depart() { words.add(1, at: Index.departures) }

  func record(chunks: Int, members: Int, failed: Int) {
    words.add(failed, at: Index.membersFailed)
    words.add(members, at: Index.membersDone)
    words.add(chunks, at: Index.chunksDone)
  }

  var counts: RunProgress.Counts {
    RunProgress.Counts(
      chunks: words.load(Index.chunksDone), members: words.load(Index.membersDone),
      failed: words.load(Index.membersFailed))
  }
}
