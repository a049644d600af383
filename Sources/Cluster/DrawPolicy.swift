/// How many chunks a node, and then a worker, takes at a time: many early, one at the end.
///
/// Guided self-scheduling at two levels. Everything here is a pure function of what is left, so the policy can be
/// simulated for machines that nobody has at hand.
///
/// - Source: C. D. Polychronopoulos, D. J. Kuck, IEEE Trans. Comput. C-36 (1987) 1425–1439.
public struct DrawPolicy: Equatable, Sendable {
  /// The part of its fair share that a node takes from rank 0 at once; the rest waits for whoever is faster.
  public let refillShare: Double
  /// The part of its fair share that a worker takes from its node at once.
  public let drawShare: Double
  /// The most chunks that are taken at once for one worker.
  public let chunksAtOnce: Int

  /// For runs whose costs are known, such as another epoch over the same members, with the chunks numbered from the
  /// costliest to the cheapest: nobody takes two of the large ones while another has none. What remains at the end is
  /// small, so all finish at nearly the same time.
  public static let costliestFirst = DrawPolicy(chunksAtOnce: 1)

  /// - Precondition: both shares are above 0 and at most 1, and a draw is at least one chunk.
  public init(refillShare: Double = 0.5, drawShare: Double = 0.25, chunksAtOnce: Int = .max) {
    precondition(refillShare > 0 && refillShare <= 1 && drawShare > 0 && drawShare <= 1 && chunksAtOnce > 0)
    (self.refillShare, self.drawShare, self.chunksAtOnce) = (refillShare, drawShare, chunksAtOnce)
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
    let most = workers.multipliedReportingOverflow(by: chunksAtOnce)
    return min(remaining, most.overflow ? .max : most.partialValue, max(1, Int(share * refillShare)))
  }

  /// The number of chunks that a worker takes from its node.
  ///
  /// - Parameters:
  ///   - available: chunks the node holds that nobody works on.
  ///   - workers: workers of the node.
  /// - Returns: between 1 and `available`, or 0 if nothing is available.
  public func draw(available: Int, workers: Int) -> Int {
    min(available, chunksAtOnce, max(1, Int(Double(available) / Double(workers) * drawShare)))
  }

  /// Whether a node should ask for more: while fewer chunks wait than it has workers, so that the answer arrives
  /// before anybody is idle.
  public func wantsRefill(available: Int, workers: Int) -> Bool {
    available < workers
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
