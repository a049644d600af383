/// What the workers of a node have in hand, in words that they all see, so that whoever is free can help.
///
/// A chunk is cut into blocks of members. A worker keeps those that it has not begun in a place of its own, packed into one word
/// as (chunk, first, end). It takes blocks from the front; a helper takes half of what is left from the back into a place
/// of its own, where others may help in turn. A chunk is given to one worker once, so a word that reads the same is the
/// same, and an exchange that succeeds is right whatever happened in between.
///
/// Each worker has two places, as it may have two results on their way. The place that a chunk came to first, its origin,
/// counts the blocks that helpers have finished: the chunk is complete when these and the origin's own are all.
///
/// - Source: work stealing, R. D. Blumofe, C. E. Leiserson, J. ACM 46 (1999) 720–748; here from whoever seems to need it
///   most, as few steals near the end of a run are all that is wanted.
struct WorkInHand {
  /// A stretch of a chunk, and where the chunk came first.
  struct Stretch: Equatable {
    var chunk: Int
    var blocks: Range<Int>
    var origin: Int
  }

  private enum Word: Int, CaseIterable {
    /// Packed: the chunk, and its blocks that nobody has begun.
    case rest
    /// The first block that was put here.
    case first
    /// The chunk's first place.
    case origin
    /// When it was put here, in nanoseconds of the clock that the node's ranks share.
    case since
    /// Blocks of this place's chunk that helpers have finished.
    case helped
  }

  /// The most blocks of a chunk, and places a worker.
  static let mostBlocks = 0xffff
  static let placesPerWorker = 2

  private let words: SharedWords
  private let places: Int

  /// - Parameter workers: of all ranks of the node.
  init(workers: Int, on communicator: Communicator) throws {
    places = workers * Self.placesPerWorker
    words = try SharedWords(count: places * Word.allCases.count, on: communicator)
  }

  func close() throws { try words.close() }

  // MARK: The worker of a place

  /// Puts a stretch into a place whose last one is complete.
  func put(_ stretch: Stretch, in place: Int, at now: Duration) {
    precondition(stretch.blocks.upperBound <= Self.mostBlocks, "a chunk has at most \(Self.mostBlocks) blocks")
    self[place, .first] = stretch.blocks.lowerBound
    self[place, .origin] = stretch.origin
    self[place, .since] = now.nanoseconds
    if stretch.origin == place { self[place, .helped] = 0 }
    self[place, .rest] = pack(stretch.chunk, stretch.blocks)
  }

  /// The next block of a place for its own worker, or nil if nothing is left.
  func takeBlock(of place: Int) -> Int? {
    var packed = self[place, .rest]
    while true {
      let (chunk, rest) = unpack(packed)
      guard !rest.isEmpty else { return nil }
      let (taken, found) = words.compareExchange(
        expected: packed, desired: pack(chunk, rest.dropFirst()), at: index(place, .rest))
      if taken { return rest.lowerBound }
      packed = found
    }
  }

  /// The blocks that a place's own worker has begun.
  func begun(in place: Int) -> Range<Int> { self[place, .first]..<rest(of: place).lowerBound }

  /// The blocks of a place that nobody has begun.
  func rest(of place: Int) -> Range<Int> { unpack(self[place, .rest]).blocks }

  /// Whether anything waits on this node that somebody has in hand.
  var hasRest: Bool { (0..<places).contains { !rest(of: $0).isEmpty } }

  // MARK: Helpers

  /// Takes half of what is left where the most time is left.
  ///
  /// - Parameter least: less than that is not worth the trouble.
  func help(longerThan least: Duration, at now: Duration) -> Stretch? {
    let (least, now) = (least.nanoseconds, now.nanoseconds)
    while true {
      var (slowest, longest): (Int?, Int) = (nil, least)
      for place in 0..<places {
        let left = timeLeft(in: place, at: now)
        if left > longest { (slowest, longest) = (place, left) }
      }
      guard let slowest else { return nil }
      let packed = self[slowest, .rest]
      let (chunk, rest) = unpack(packed)
      let origin = self[slowest, .origin]
      let middle = rest.lowerBound + rest.count / 2
      let (taken, _) = words.compareExchange(
        expected: packed, desired: pack(chunk, rest.lowerBound..<middle), at: index(slowest, .rest))
      if taken && !rest.isEmpty { return Stretch(chunk: chunk, blocks: middle..<rest.upperBound, origin: origin) }
    }
  }

  /// How many nanoseconds a place's worker will take for what it has not begun, if that goes on as before.
  private func timeLeft(in place: Int, at now: Int) -> Int {
    let packed = self[place, .rest]
    let (first, end) = (packed >> 16 & 0xffff, packed & 0xffff)
    if first == end { return 0 }
    let begun = first - self[place, .first]
    return begun > 0 ? (now - self[place, .since]) / begun * (end - first) : 0
  }

  /// Counts blocks that a helper has finished.
  func finish(_ blocks: Int, of origin: Int) { words.add(blocks, at: index(origin, .helped)) }

  /// Blocks of an origin's chunk that helpers have finished.
  func helped(_ origin: Int) -> Int { self[origin, .helped] }

  // MARK: Words

  private func index(_ place: Int, _ word: Word) -> Int { place * Word.allCases.count + word.rawValue }

  private subscript(place: Int, word: Word) -> Int {
    get { words.load(index(place, word)) }
    nonmutating set { words.store(newValue, at: index(place, word)) }
  }

  private func pack(_ chunk: Int, _ blocks: Range<Int>) -> Int {
    chunk << 32 | blocks.lowerBound << 16 | blocks.upperBound
  }

  private func unpack(_ word: Int) -> (chunk: Int, blocks: Range<Int>) {
    (word >> 32, word >> 16 & 0xffff..<word & 0xffff)
  }
}

extension Duration {
  fileprivate var nanoseconds: Int {
    Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
  }
}
