import Foundation
import Testing

@testable import Cluster

/// The scheduler on 200 nodes of 50 ranks, with 20 chunks a rank whose costs are log-normal with mean 1 s.
///
/// Nobody can keep all ranks busy to the end if one chunk takes longer than the average rank's 20 s in all: with sigma 1.0
/// the largest of these 200,000 takes 40 s, so even who knows all costs has at most 50 % busy. What a schedule is
/// answerable for is how it compares with the oracle, and with what is under way when chunks run out.
@Suite(.serialized) struct ScheduleTests {
  private static let (nodes, workersPerNode) = (200, 50)
  private static let workers = nodes * workersPerNode

  private static func costs(sigma: Double, workers: Int = workers) -> [Double] {
    var generator = SplitMix(state: 20_261_123)
    return (0..<20 * workers).map { _ in exp(sigma * generator.normal() - sigma * sigma / 2) }
  }

  @Test(arguments: [0.5, 1.0])
  func withoutKnowingCostsNobodyIsIdleBeforeTheChunksRunOut(sigma: Double) throws {
    let costs = Self.costs(sigma: sigma)
    let run = try SimulatedRun(costs: costs, nodes: Self.nodes, workersPerNode: Self.workersPerNode)
    let (total, largest) = (costs.reduce(0, +), costs.max()!)
    #expect(run.computed.allSatisfy { $0 == 1 })
    let busy = run.busyUntilDry / (run.dry * Double(Self.workers))
    report("unknown costs", sigma, run, total, largest, "busy until chunks run out \(percent(busy))")
    #expect(busy > 0.98)
    // Nobody starts a chunk after that, so the run ends with the last of those under way.
    #expect(run.makespan <= run.dry + largest)
    // Nearly everything is done by then: what is left is what each worker had in hand.
    #expect(run.dry > 0.8 * total / Double(Self.workers))
  }

  @Test(arguments: [0.5, 1.0])
  func knowingCostsTheRunTakesAsLongAsItMust(sigma: Double) throws {
    let costs = Self.costs(sigma: sigma).sorted(by: >)
    let run = try SimulatedRun(
      costs: costs, nodes: Self.nodes, workersPerNode: Self.workersPerNode, policy: .costliestFirst)
    let (total, largest) = (costs.reduce(0, +), costs[0])
    let oracle = oracleMakespan(costs, workers: Self.workers)
    report("known costs", sigma, run, total, largest, "oracle \(run.makespan / oracle)")
    #expect(run.computed.allSatisfy { $0 == 1 })
    #expect(run.makespan <= 1.02 * oracle)
    #expect(run.makespan <= 1.03 * max(total / Double(Self.workers), largest))
  }

  /// A run on few ranks ends well without knowing costs, as the largest chunk is small beside a rank's share.
  @Test func manyChunksARankNeedNoKnowledge() throws {
    let costs = Self.costs(sigma: 0.5, workers: 64 * 5)
    let run = try SimulatedRun(costs: costs, nodes: 8, workersPerNode: 8)
    #expect(costs.reduce(0, +) / (run.makespan * 64) > 0.95)
  }

  private func report(
    _ what: String, _ sigma: Double, _ run: SimulatedRun, _ total: Double, _ largest: Double, _ more: String
  ) {
    let share = total / (run.makespan * Double(Self.workers))
    let bound = total / Double(Self.workers) / max(total / Double(Self.workers), largest)
    print(
      """
      schedule, \(what), sigma \(sigma): \(percent(share)) busy to the end of at most \(percent(bound)); ends at \
      \(run.makespan), chunks out at \(run.dry), largest \(largest), mean load \(total / Double(Self.workers)), \
      \(run.messages) messages; \(more)
      """)
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
