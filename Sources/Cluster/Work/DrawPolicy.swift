/// How many chunks a node takes at a time: many early, one at the end. Its workers draw them one by one.
///
/// Guided self-scheduling. Everything here is a pure function of what is left, so the policy can be simulated for machines
/// that nobody has at hand.
///
/// - Source: C. D. Polychronopoulos, D. J. Kuck, IEEE Trans. Comput. C-36 (1987) 1425–1439.
public struct DrawPolicy: Equatable, Sendable {
  /// The part of its fair share that a node takes from rank 0 at once; the rest waits for whoever is faster.
  public let refillShare: Double

  /// - Precondition: the share is above 0 and at most 1.
  public init(refillShare: Double = 0.5) {
    precondition(refillShare > 0 && refillShare <= 1)
    self.refillShare = refillShare
  }

  /// The number of chunks that rank 0 gives to a node.
  ///
  /// - Parameters:
  ///   - remaining: chunks that rank 0 has not given away.
  ///   - workers: workers of the asking node.
  ///   - allWorkers: workers of all nodes.
  /// - Returns: between 1 and `remaining`, or 0 if nothing remains. A run on a single node gets everything at once.
  public func refill(remaining: Int, workers: Int, allWorkers: Int) -> Int {
    guard workers < allWorkers else { return remaining }
    let share = Double(remaining) * Double(workers) / Double(allWorkers)
    return min(remaining, max(1, Int(share * refillShare)))
  }

  /// Whether a node should ask for more: while fewer chunks wait than its workers will draw before the answer is there.
  /// Those that wait longer are missed elsewhere at the end of the run.
  ///
  /// - Parameters:
  ///   - available: chunks the node holds that nobody works on.
  ///   - workers: workers of the node.
  ///   - done: chunks that they have finished.
  ///   - elapsed: since the start of the run.
  public func wantsRefill(available: Int, workers: Int, done: Int, elapsed: Duration) -> Bool {
    guard done > 0, elapsed > .zero else { return available < workers }
    let soon = Double(done) * (Self.answerTime / elapsed)
    return Double(available) < min(Double(workers), max(1, soon))
  }

  /// An answer comes within milliseconds, unless rank 0 has results to write.
  private static let answerTime = Duration.milliseconds(100)

  /// How long the chunks that nobody has begun, and one more, will keep everyone busy. A worker that finds something in hand
  /// which will last longer helps with that before it draws a chunk.
  ///
  /// - Parameters:
  ///   - unassigned: chunks that no node has.
  ///   - allWorkers: workers of all nodes.
  ///   - available: chunks that this node has and nobody works on.
  ///   - workers: workers of this node.
  ///   - done: chunks that they have finished.
  ///   - elapsed: since the start of the run.
  /// - Returns: nil if no chunk is finished, as nothing is known then of what one takes.
  public func outlook(
    unassigned: Int, allWorkers: Int, available: Int, workers: Int, done: Int, elapsed: Duration
  ) -> Duration? {
    guard done > 0 else { return nil }
    let meanCost = elapsed * workers / done
    let ahead = Double(unassigned) / Double(allWorkers) + Double(available) / Double(workers)
    return meanCost * (ahead + 1)
  }
}

/// The chunks that rank 0 has not given to any node.
struct ChunkReserve: Equatable, Sendable {
  private(set) var rest: Range<Int>
  let policy: DrawPolicy
  /// The workers of each node.
  let workers: [Int]

  init(chunkCount: Int, workers: [Int], policy: DrawPolicy) {
    (rest, self.workers, self.policy) = (0..<chunkCount, workers, policy)
  }

  /// The next chunks for a node; empty once everything has been given away.
  mutating func take(node: Int) -> Range<Int> {
    let count = policy.refill(remaining: rest.count, workers: workers[node], allWorkers: workers.reduce(0, +))
    let taken = rest.lowerBound..<rest.lowerBound + count
    rest = taken.upperBound..<rest.upperBound
    return taken
  }
}
