import Archive
import ArgumentParser
import Foundation

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows how far the latest run in a results folder is, while it runs or afterwards.",
    discussion: """
      It reads one small file that the run replaces every second, so it works from any machine that sees the folder. The \
      exit code is 0 while the run is at work and when it is complete, and 4 when the same command should continue it.
      """)

  @Argument(help: "The folder of results.", completion: .directory)
  var folder: String

  func run() throws {
    guard let record = RunRecord(in: folder) else {
      // A folder of results says what is wrong with it; any other was not begun in.
      if FileManager.default.fileExists(atPath: folder + "/" + ResultsFolder.manifestName) {
        _ = try ResultsFolder(reading: folder)
      }
      throw CommandProblem.noRecord(folder: folder)
    }
    let words = StatusWords(record: record, now: Date().timeIntervalSince1970)
    Terminal.print(words.text)
    guard words.isWell else { throw ReportedFailure(exitCode: .stopped) }
  }
}

/// What the tool says of a run from its record.
struct StatusWords {
  let record: RunRecord
  /// Seconds since 1970.
  let now: Double

  /// A run that has said nothing for so many seconds may be in trouble.
  private static let patience = 60.0

  /// Whether nothing is left to do but to wait.
  var isWell: Bool {
    switch record.state {
    case .running: !record.hasDied
    case .finished: true
    case .stopped, .failed: false
    }
  }

  var text: String {
    let there = record.reused + record.computed
    let share = record.members == 0 ? 100 : 100 * there / record.members
    var lines = [
      "\(record.job): \(state)",
      "members  \(Terminal.count(there)) of \(Terminal.count(record.members)) (\(share) %)"
        + (record.reused > 0 ? ", \(Terminal.count(record.reused)) of them from before" : "")
        + ", \(Terminal.count(record.failed)) failed",
    ]
    let isRunning = record.state == .running && !record.hasDied
    if isRunning, record.rate > 0 {
      let left = Double(record.members - there) / record.rate
      lines.append("rate     \(Self.rate(record.rate)) a second, \(Terminal.duration(left)) left")
    }
    lines.append(
      "run      process \(record.holder.process) on \(record.holder.host), since \(record.holder.since), "
        + "\(Terminal.duration(record.seconds)) of computing")
    if !isWell { lines.append("         the same command continues") }
    if isRunning { lines += [""] + nodes }
    return lines.joined(separator: "\n")
  }

  private var state: String {
    switch record.state {
    case .finished: return "finished"
    case .stopped: return "stopped early, as it was asked to"
    case .failed: return "failed: \(record.message ?? "")"
    case .running where record.hasDied: return "interrupted: its process has ended without a word"
    case .running:
      let silence = now - record.updated
      guard silence > Self.patience else { return "running" }
      return "running, or lost: nothing was heard of it for \(Terminal.duration(silence))"
    }
  }

  private var nodes: [String] {
    Terminal.table(
      [["node", "ranks", "threads", "members", "a second"]]
        + record.nodes.map {
          [$0.host, "\($0.ranks)", "\($0.threads)", Terminal.count($0.members), Self.rate($0.rate)]
        })
  }

  private static func rate(_ rate: Double) -> String {
    rate < 10 ? Terminal.number((rate * 100).rounded() / 100) : Terminal.count(Int(rate))
  }
}
