import Cluster
import Foundation
import Jobs

/// Shows how far a run has come: one line that is rewritten on a terminal, else plain lines further and further apart.
struct ProgressDisplay {
  private let total: Int
  /// Members that were there before.
  private let reused: Int
  private let isInteractive: Bool
  private let started = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var interval: Duration
  private var hasLine = false

  /// A log soon tells that the run is alive and how long it will take; a run of days leaves it readable.
  private static let firstQuietInterval = Duration.seconds(5)
  private static let longestQuietInterval = Duration.seconds(300)
  private static let terminalInterval = Duration.milliseconds(100)

  init(members: Int, reused: Int = 0, isInteractive: Bool = Terminal.isInteractive) {
    (total, self.reused, self.isInteractive) = (members, reused, isInteractive)
    interval = isInteractive ? Self.terminalInterval : Self.firstQuietInterval
  }

  mutating func show(_ progress: RunProgress) {
    guard lastShown.duration(to: .now) >= interval else { return }
    lastShown = .now
    let done = progress.done
    guard done.members > 0 else { return }
    let seconds = started.duration(to: .now).inSeconds
    let rate = Double(done.members) / seconds
    let there = reused + done.members
    var words = "\(Terminal.count(there)) of \(Terminal.count(total)) members, "
    words += "\(Terminal.count(Int(rate))) a second, \(Terminal.duration(Double(total - there) / rate)) left"
    if done.failed > 0 { words += ", \(Terminal.count(done.failed)) failed" }
    if isInteractive {
      let filled = total == 0 ? 20 : 20 * there / total
      let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 20 - filled)
      // Return to the line's start, and clear what a longer line left behind.
      Terminal.write("\r\(bar) \(words)\u{1B}[K", to: .standardError)
      hasLine = true
    } else {
      Terminal.note("\(words)")
      interval = min(interval * 2, Self.longestQuietInterval)
    }
  }

  /// Removes the terminal's line.
  mutating func end() {
    if hasLine { Terminal.write("\r\u{1B}[K", to: .standardError) }
    hasLine = false
  }
}
