import Archive
import Foundation
import Jobs

/// What the tool says at the end of a run.
struct RunWords {
  let run: SweepSummary
  let results: SweepResults

  /// The words of a run that came to its end.
  var summary: String {
    var lines = [headline]
    if results.isContinued { lines.append(counts) }
    let failures = run.statuses.filter { $0.status != .success && $0.count > 0 }
    if failures.isEmpty {
      lines.append("every member succeeded")
    } else {
      let words = failures.map { "\(Terminal.count($0.count)) \($0.status.words)" }
      lines.append("failed, and recorded with their status: \(words.joined(separator: ", "))")
      if let status = run.commonestFailure, let cure = status.cure { lines.append("\(status.words): \(cure)") }
    }
    lines += statistics
    lines += effort
    lines.append(
      "\(Terminal.bytes(results.plan.resultBytes)) in \(folder); one file: "
        + "\(FlowmapTool.name) merge \(folder) -o \(name).h5")
    return lines.joined(separator: "\n")
  }

  /// The words of a run that was asked to end early.
  ///
  /// - Parameters:
  ///   - signal: the name of the signal that this rank has heard, if any.
  ///   - isFresh: whether the same command would start over again.
  func stopped(by signal: String?, isFresh: Bool) -> String {
    let advice = isFresh ? "--results \(folder) without --fresh continues." : "The same command continues."
    return """
      \(name): stopped early\(signal.map { " by \($0)" } ?? ""), \(counts); \
      \(Terminal.count(run.computed + run.reused)) of \(Terminal.count(run.members, "member")) are safe in \(folder). \
      \(advice)
      """
  }

  /// The words of a run that was asked to end while it was made ready.
  static func stoppedBeforeTheRun(_ plan: SweepPlan) -> String {
    let signal = StopSignal.name.map { " by \($0)" } ?? ""
    return
      "\(plan.document.name.value): stopped early\(signal), before any member was computed. The same command starts again."
  }

  /// The words of a run that was asked to end while one more kernel was compiled.
  static func stoppedWhileCompiling(_ plan: SweepPlan) -> String {
    let signal = StopSignal.name.map { " by \($0)" } ?? ""
    return
      "\(plan.document.name.value): stopped early\(signal), while a kernel was compiled. The same command continues."
  }

  private var name: String { results.plan.document.name.value }
  private var folder: String { results.folder.path }

  private var headline: String {
    if run.computed == 0 {
      let members = run.members == 1 ? "the one member was" : "all \(Terminal.count(run.members)) members were"
      return "\(name): \(members) there already; nothing was computed"
    }
    let ranks = run.ranks == 1 ? "" : "\(run.ranks) ranks, "
    let threads = run.threads == 1 ? "1 thread" : "\(run.threads) threads"
    return "\(name): \(Terminal.count(run.computed, "member")) in \(Terminal.duration(run.seconds)), "
      + "\(Terminal.rate(run.computed, run.seconds)) (\(ranks)\(threads))"
  }

  /// A table of the outputs that are one number.
  private var statistics: [String] {
    guard !run.statistics.isEmpty else { return [] }
    var rows = [["output", "min", "mean", "sd", "max", "missing"]]
    for (name, values) in run.statistics.prefix(Self.outputsShown) {
      rows.append(
        [name] + [values.minimum, values.mean, values.standardDeviation, values.maximum].map(Terminal.statistic)
          + [Terminal.count(values.missing)])
    }
    let more = run.statistics.count - Self.outputsShown
    return Terminal.table(rows)
      + (more > 0 ? ["and \(Terminal.count(more, "output")) more: \(FlowmapTool.name) inspect"] : [])
  }

  private static let outputsShown = 20

  /// Where the time went.
  private var effort: [String] {
    var lines: [String] = []
    if run.computed > 0 {
      var words = "busy \(Self.percent(run.busyShare.mean)) of the time"
      if run.ranks > 1 { words += " (the idlest rank \(Self.percent(run.busyShare.least)))" }
      if let efficiency = run.laneEfficiency { words += ", with \(Self.percent(efficiency)) of the lanes at work" }
      if run.sharedChunks > 0 {
        words += "; \(Terminal.count(run.sharedChunks, "chunk")) computed by several threads together"
      }
      lines.append(words)
    }
    let slow = run.slowest.map { slow in
      let point = slow.point.map { "\($0.name)=\(Terminal.number($0.value))" }.joined(separator: " ")
      return "\(Terminal.count(slow.steps)) of member \(slow.member)\(point.isEmpty ? "" : " (\(point))")"
    }
    if !slow.isEmpty { lines.append("most steps: \(slow.joined(separator: ", "))") }
    return lines
  }

  private static func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }

  private var counts: String {
    "computed \(Terminal.count(run.computed)), reused \(Terminal.count(run.reused)), failed \(Terminal.count(run.failed))"
  }
}

/// A run that was asked to end before its end. Nothing is wrong, but its results are not complete.
struct RunStopped: Error, CustomStringConvertible {
  let words: String
  var description: String { words }
}
