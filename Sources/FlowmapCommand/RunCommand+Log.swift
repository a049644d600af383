import ArgumentParser
import Cluster
import Foundation
import Jobs
import Logging

/// What ranks write to their logs about a run.
extension Run {
  /// The first lines of a rank's log: at rank 0 what was set for the run, once for all ranks.
  func open(_ log: Logger, _ kernel: String, _ results: SweepResults, threads: Int, _ session: Session) {
    let communicator = session.communicator
    let host = ProcessInfo.processInfo.hostName
    log.info("rank \(communicator.rank) is process \(getpid()) on \(host), \(threads) threads; \(kernel)")
    guard session.isSpeaker else { return }
    let ranks = Terminal.count(communicator.size, "rank")
    let nodes = Terminal.count(communicator.node.count, "node")
    log.notice("flowmap \(FlowmapVersion.text) runs \(job): \(ranks) on \(nodes)")
    for repair in communicator.repairs { log.notice("set \(repair.variable)=\(repair.value): \(repair.reason)") }
    if let remark = results.lockRemark { log.notice("\(remark)") }
  }

  /// The last line of a rank's log: its own error, and at rank 0 how the run ended.
  func close(_ log: Logger, _ outcome: Result<SweepSummary, any Error>, _ session: Session) {
    switch outcome {
    case .success(let summary):
      guard session.isSpeaker else { return }
      let end = summary.isComplete ? "finished" : "stopped early"
      log.notice("\(end): computed \(summary.computed), reused \(summary.reused), failed \(summary.failed)")
    case .failure(ClusterError.rankFailed) where !session.isSpeaker:
      // Not this rank's fault, and told by the one whose it is.
      return
    case .failure(let error): log.error("\(error)")
    }
  }
}

/// How much ranks write to their logs.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  /// What ended the run.
  case error
  /// Also how it was started, and what was set for it.
  case notice
  /// Also where each rank runs.
  case info

  var level: Logger.Level {
    switch self {
    case .error: .error
    case .notice: .notice
    case .info: .info
    }
  }
}
