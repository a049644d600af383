import Archive
import Cluster
import Foundation
import Jobs

/// Tells those who look on how far a run is: rank 0 replaces a small file in the results folder about once a second.
///
/// What cannot be written is left out: no run fails for it.
struct RunReport {
  private let folder: String
  /// Nil on ranks other than 0.
  private var record: RunRecord?
  private let failedBefore: Int
  private let started = ContinuousClock.now
  /// What the nodes had done at some moments of the last while, oldest first.
  private var past: [(seconds: Double, members: [Int])]

  private static let interval = 1.0
  /// Rates are those of so many seconds: less jumps with every chunk, more hides that a node has become slow.
  private static let memory = 30.0

  private struct Rank: Codable {
    let node: Int
    let its: RunRecord.Node
  }

  /// Collective over all ranks.
  init(_ results: SweepResults, threads: Int, _ session: Session) throws {
    folder = results.folder.path
    let node = session.communicator.node
    let mine = RunRecord.Node(host: Communicator.host, ranks: 1, threads: threads)
    let all = try session.communicator.gather(value: Rank(node: node.index, its: mine))
    failedBefore = results.statuses.dropFirst().reduce(0, +)
    past = [(0, Array(repeating: 0, count: node.count))]
    guard let all else { return }
    let nodes = (0..<node.count).map { index in
      let ranks = all.filter { $0.node == index }.map(\.its)
      return RunRecord.Node(
        host: ranks[0].host, ranks: ranks.count, threads: ranks.reduce(0) { $0 + $1.threads })
    }
    let record = RunRecord(
      job: results.plan.document.name.value, members: results.plan.layout.memberCount, reused: results.census.members,
      failed: failedBefore, nodes: nodes)
    write(record)
  }

  /// Takes notice of how far the run is.
  mutating func show(_ progress: RunProgress) {
    guard var record else { return }
    let seconds = started.duration(to: .now).inSeconds
    guard seconds - past[past.count - 1].seconds >= Self.interval else { return }
    past.append((seconds, progress.nodes.map(\.members)))
    while past.count > 2, seconds - past[0].seconds > Self.memory { past.removeFirst() }
    let first = past[0]
    for (node, counts) in progress.nodes.enumerated() {
      record.nodes[node].members = counts.members
      record.nodes[node].rate = Double(counts.members - first.members[node]) / (seconds - first.seconds)
    }
    record.computed = progress.done.members
    record.failed = failedBefore + progress.done.failed
    write(record)
  }

  /// Says how the run ended.
  mutating func end(_ outcome: Result<SweepSummary, any Error>) {
    guard var record else { return }
    switch outcome {
    case .success(let summary):
      record.state = summary.isComplete ? .finished : .stopped
      record.computed = summary.computed
      record.failed = summary.failed
    case .failure(let error):
      record.state = .failed
      record.message = "\(error)"
    }
    write(record)
  }

  private mutating func write(_ changed: RunRecord) {
    var record = changed
    record.seconds = started.duration(to: .now).inSeconds
    record.updated = Date().timeIntervalSince1970
    self.record = record
    try? record.write(in: folder)
  }
}
