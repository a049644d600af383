import Cluster
import Dynamics

/// How a sweep went. The same on every rank, but for the time that it took.
public struct SweepSummary: Sendable {
  /// Members of the job.
  public var members: Int
  /// Members that were computed now, and those that were there already.
  public var computed: Int
  public var reused: Int
  /// What a complete run has noted of its results, for the merged file.
  public var notes: [SweepNote]
  /// Members by status that are there now, whoever computed them.
  public var statuses: [(status: Status, count: Int)]
  /// Every output that is one number, over all members that are there now. Bits do not depend on ranks and threads.
  public var statistics: [(name: String, values: Statistics)]
  /// Members that are there now and took the most steps, the slowest first.
  public var slowest: [SlowMember]
  /// Wall-clock seconds from the first chunk to the closing of the shards.
  public var seconds: Double
  /// Which part of its time a rank's threads computed: the mean over ranks, and the least.
  public var busyShare: (mean: Double, least: Double)
  /// Chunks that several workers computed together, as some had nothing else to do.
  public var sharedChunks: Int
  /// Steps of all members computed now over the turns of all lanes; nil where lanes are not counted.
  public var laneEfficiency: Double?
  public var ranks: Int
  public var threads: Int
  /// Bytes of results that were written.
  public var bytes: Int

  public struct SlowMember: Sendable {
    public var member: Int
    /// Accepted and rejected.
    public var steps: Int
    /// What was varied, with this member's values.
    public var point: [(name: String, value: Double)]
  }

  /// Whether every member is there.
  public var isComplete: Bool { computed + reused == members }
  /// Members that are there, but ended with another status than success.
  public var failed: Int { statuses.reduce(0) { $0 + ($1.status == .success ? 0 : $1.count) } }
}

extension SweepPlan {
  /// What was varied, with the values of a member.
  func point(of member: Int) -> [(name: String, value: Double)] {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, varied.count)) { values in
      values.initialize(repeating: 0)
      design.fill(member..<member + 1, into: values, stride: 1)
      return varied.enumerated().map { ($1.description, values[$0]) }
    }
  }
}
