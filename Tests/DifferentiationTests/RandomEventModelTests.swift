import Foundation
import Testing

/// Derivatives of random models with events: both modes, both executors, and differences.
@Suite struct RandomEventModelTests {
  /// As many models more as the environment asks for, for a run by hand.
  private static let more = ProcessInfo.processInfo.environment["FLOWMAP_RANDOM_EVENT_MODELS"].flatMap(Int.init) ?? 0

  private static let members = 8

  @Test(arguments: 0..<2) func bothModesAgreeWithDifferences(batch: Int) throws {
    let share = 3 + Self.more / 2
    var tally = RandomEventTally()
    for seed in batch * share..<(batch + 1) * share { try tally.compare(seed, on: [.batched], Self.members) }
    #expect(tally.complaints.isEmpty, "\(tally.complaints.joined(separator: "\n"))")
    #expect(tally.compared > 2 * tally.leftOut, "compared \(tally.compared), left out \(tally.leftOut)")
  }

  @Test(arguments: [100_000]) func executorsAgree(seed: Int) throws {
    var tally = RandomEventTally()
    try tally.compare(seed, on: [.batched, .compiled], Self.members)
    #expect(tally.complaints.isEmpty, "\(tally.complaints.joined(separator: "\n"))")
  }
}
