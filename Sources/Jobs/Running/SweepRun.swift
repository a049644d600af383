import Archive
import Cluster
import Dynamics
import Execution
import Foundation

/// Computes what is missing of a sweep's results on all ranks, into shards.
public struct SweepRun {
  let communicator: Communicator
  /// Workers of this rank.
  public let threads: Int
  let shardMode: ShardMode
  let commitInterval: Duration

  /// - Parameters:
  ///   - threads: workers of this rank; its fair share of the processors if nil.
  ///   - commitInterval: how often finished chunks are forced to the disk. Work of so long is lost at a kill.
  public init(
    on communicator: Communicator, threads: Int? = nil, shardMode: ShardMode = .node,
    commitInterval: Duration = .seconds(10)
  ) throws {
    (self.communicator, self.shardMode, self.commitInterval) = (communicator, shardMode, commitInterval)
    self.threads = try threads ?? communicator.threadShare()
  }

  /// Computes every missing member and stores it. Collective over all ranks.
  ///
  /// - Parameters:
  ///   - prepared: the plan's program, made ready on this rank.
  ///   - isStopping: asked on every rank about twenty times a second; where it says so, what is done is committed at once,
  ///     and all ranks end after their present chunks.
  ///   - progress: called as often.
  /// - Throws: the first rank's error on every rank: `ArchiveError` for files, `ExecutionError` for computing. Members
  ///   committed before stay valid.
  public func run(
    _ prepared: any PreparedProgram, into results: SweepResults, isStopping: () -> Bool = { false },
    progress: (RunProgress) throws -> Void = { _ in }
  ) throws -> SweepSummary {
    let (plan, missing) = (results.plan, results.census.missing)
    let started = ContinuousClock.now
    var statuses = Array(repeating: 0, count: Status.allCases.count)
    var computed = 0
    var sharedChunks = 0
    var tally = SweepTally(plan)
    var busyShare = 1.0
    let turnsBefore = prepared.laneSteps
    // Without anything to do no shard is made.
    if !missing.isEmpty {
      try communicator.together { if communicator.rank == 0 { try results.folder.removeNotes() } }
      let writer = try ShardWriter(
        folder: results.folder, mode: shardMode, commitInterval: commitInterval, on: communicator)
      let blocks = MemberBlocks(plan.layout)
      let queue = try WorkQueue(
        chunkCount: missing.count, workers: threads, communicator: communicator,
        helpsAcrossRanks: shardMode == .node
      ) { blocks.count(ofChunk: missing[$0]) }
      // A worker fills one set of buffers while the other is written.
      let chunks = (0..<threads).map { _ in WorkerChunks(plan, prepared) }
      let running = ContinuousClock.now
      let outcome = Result {
        try queue.run { worker, assignment in
          try chunks[worker].compute(assignment, ofChunk: missing[assignment.chunk], blocks)
        } deliver: { part, result in
          if part.isWhole {
            try writer.write(chunk: missing[part.chunk], data: result.data)
          } else {
            try writer.write(part: result.members, data: result.data)
          }
          for (status, count) in result.statuses.enumerated() { statuses[status] += count }
          computed += result.members.count
          return (result.members.count, result.statuses.dropFirst().reduce(0, +))
        } complete: { number in
          try writer.seal(chunk: missing[number])
          sharedChunks += 1
        } tick: { state in
          if isStopping() && !queue.isStopping {
            // Who stops a run may not wait for long, so what there is comes first.
            try writer.commit()
            queue.stop()
          }
          try writer.commitIfDue()
          try progress(state)
        }
      }
      // Closing is collective, so it comes first whatever happened.
      let closing = Result { try writer.close() }
      _ = try outcome.get()
      try closing.get()
      for chunks in chunks { tally.add(chunks.tally) }
      let computing = chunks.reduce(Duration.zero) { $0 + $1.busy }
      busyShare = computing / running.duration(to: .now) / Double(threads)
    }
    var efficiency: Double?
    if let turnsBefore, let turns = prepared.laneSteps {
      let (active, all) = try (
        communicator.allreduce(tally.steps, .sum), communicator.allreduce(turns - turnsBefore, .sum)
      )
      if all > 0 { efficiency = Double(active) / Double(all) }
    }
    tally.add(results.tally)
    tally = try tally.combined(on: communicator)
    let total = zip(try communicator.allreduce(statuses, .sum), results.statuses).map { $0 + $1 }
    let allComputed = try communicator.allreduce(computed, .sum)
    var notes: [SweepNote]?
    if allComputed + results.census.members == plan.layout.memberCount {
      notes = plan.notes(on: tally, failed: total.dropFirst().reduce(0, +))
    }
    try communicator.together { if communicator.rank == 0, let notes { try results.folder.write(notes) } }
    return SweepSummary(
      members: plan.layout.memberCount, computed: allComputed, reused: results.census.members, notes: notes ?? [],
      statuses: zip(Status.allCases, total).map { ($0, $1) },
      statistics: zip(tally.names, tally.statistics).map { ($0, $1) },
      slowest: tally.slowest.map { .init(member: $0.member, steps: $0.steps, point: plan.point(of: $0.member)) },
      seconds: started.duration(to: .now).inSeconds,
      busyShare: (
        try communicator.allreduce(busyShare, .sum) / Double(communicator.size),
        try communicator.allreduce(busyShare, .minimum)
      ), sharedChunks: try communicator.allreduce(sharedChunks, .sum), laneEfficiency: efficiency,
      ranks: communicator.size, threads: try communicator.allreduce(threads, .sum),
      bytes: plan.layout.memberBytes * allComputed)
  }
}

/// The two sets of buffers that a worker uses in turn.
private final class WorkerChunks: @unchecked Sendable {
  private let plan: SweepPlan
  private let sets: [SweepChunk]
  /// What the worker has computed, and how long it took. Read when the worker has left.
  private(set) var tally: SweepTally
  private(set) var busy = Duration.zero

  init(_ plan: SweepPlan, _ prepared: any PreparedProgram) {
    self.plan = plan
    sets = [SweepChunk(plan, prepared), SweepChunk(plan, prepared)]
    tally = SweepTally(plan)
  }

  /// Computes what the assignment grants of a chunk.
  /// - Returns: the members that were computed, their results, and how many ended with each status.
  func compute(
    _ assignment: Assignment, ofChunk chunk: Int, _ blocks: MemberBlocks
  ) throws -> (members: Range<Int>, data: [UnsafeRawBufferPointer], statuses: [Int]) {
    let started = ContinuousClock.now
    let chosen = sets[assignment.turn]
    let feed = MemberFeed { assignment.nextBlock().map { blocks.members(ofBlock: $0, chunk: chunk).count } ?? 0 }
    let members = try chosen.compute(blocks.members(of: assignment.blocks, chunk: chunk), from: feed)
    let data = chosen.data
    tally.add(members, data)
    busy += started.duration(to: .now)
    return (members, data, chosen.countStatuses())
  }
}

extension Duration {
  /// The duration as a number of seconds.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
