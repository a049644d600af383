import Foundation
import Testing

@testable import Cluster

/// The scheduler on 200 nodes of 50 ranks, with 20 chunks a rank whose costs are log-normal with mean 1 s.
///
/// With sigma 1.0 the largest of these 200,000 chunks takes 40 s, twice the average rank's 20 s in all: who could not help
/// with it would have at most half of the ranks' time busy, even knowing all costs.
@Suite(.serialized) struct ScheduleTests {
  private static let (nodes, workersPerNode) = (200, 50)
  private static let workers = nodes * workersPerNode

  private static func costs(sigma: Double, workers: Int = workers, seed: UInt64 = 20_261_123) -> [Double] {
    var generator = SplitMix(state: seed)
    return (0..<20 * workers).map { _ in exp(sigma * generator.normal() - sigma * sigma / 2) }
  }

  @Test func ranksAreBusyToTheEndThoughAChunkTakesTwiceAsLongAsTheRun() throws {
    let costs = Self.costs(sigma: 1.0)
    #expect(costs.max()! > 1.9 * costs.reduce(0, +) / Double(Self.workers))
    let run = try SimulatedRun(
      costs: costs, nodes: Self.nodes, workersPerNode: Self.workersPerNode, blocks: 32)
    #expect(run.computed.allSatisfy { $0 == 1 })
    #expect(busy(run, costs, Self.workers) >= 0.95, "\(words(run, costs))")
  }

  /// Without helpers, what remains at the end is what each worker had in hand.
  @Test func withoutHelpARunEndsWithTheLastChunkInHand() throws {
    let costs = Self.costs(sigma: 1.0, workers: 400)
    let run = try SimulatedRun(costs: costs, nodes: 8, workersPerNode: 50, blocks: 1)
    #expect(run.computed.allSatisfy { $0 == 1 })
    #expect(run.helps == 0)
    #expect(run.makespan <= run.dry + costs.max()!)
    #expect(run.dry > 0.8 * costs.reduce(0, +) / 400)
  }

  @Test func aFewRanksNeedLittleHelp() throws {
    let costs = Self.costs(sigma: 0.5, workers: 64)
    let run = try SimulatedRun(costs: costs, nodes: 8, workersPerNode: 8)
    #expect(busy(run, costs, 64) > 0.95)
    #expect(run.helps < costs.count / 2)
  }

  private func busy(_ run: SimulatedRun, _ costs: [Double], _ workers: Int) -> Double {
    costs.reduce(0, +) / (run.makespan * Double(workers))
  }

  /// What docs/architecture.md tells of a run.
  private func words(_ run: SimulatedRun, _ costs: [Double]) -> String {
    "ends at \(run.makespan), chunks out at \(run.dry), largest \(costs.max()!), mean load \(costs.reduce(0, +) / Double(Self.workers)), "
      + "\(run.helps) helps, \(run.messages) messages"
  }
}
