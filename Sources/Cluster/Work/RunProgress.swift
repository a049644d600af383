/// How far a run has come, as rank 0 knows it: exactly for its own node, half a second old for the others.
public struct RunProgress: Equatable, Sendable {
  /// What has been finished and handed over.
  public struct Counts: Equatable, Sendable {
    public var chunks = 0
    public var members = 0
    /// Members among these that ended with another status than success.
    public var failed = 0

    public init(chunks: Int = 0, members: Int = 0, failed: Int = 0) {
      (self.chunks, self.members, self.failed) = (chunks, members, failed)
    }
  }

  /// What each node has finished. On ranks other than 0, only their own node's entry moves.
  public internal(set) var nodes: [Counts]
  /// The number of chunks in the whole run.
  public let chunkCount: Int

  /// What all nodes have finished.
  public var done: Counts {
    nodes.reduce(into: Counts()) { sum, node in
      sum.chunks += node.chunks
      sum.members += node.members
      sum.failed += node.failed
    }
  }
}
