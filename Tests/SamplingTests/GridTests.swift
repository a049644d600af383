import Foundation
import Testing

@testable import Sampling

@Suite struct GridTests {
  @Test func theLastAxisVariesFastest() throws {
    let grid = try Design.grid([
      try Axis(name: "a", values: [1, 2]), try Axis(name: "b", values: [10, 20, 30]),
    ])
    #expect(grid.names == ["a", "b"] && grid.count == 6)
    #expect(grid.columns(0..<6) == [[1, 1, 1, 2, 2, 2], [10, 20, 30, 10, 20, 30]])
  }

  @Test func noAxesMakeOneMember() throws {
    let grid = try Design.grid([])
    #expect(grid.count == 1 && grid.names.isEmpty && grid.values(of: 0).isEmpty)
  }

  @Test func groupsAdvanceTogetherAndCrossTheRest() throws {
    let zip = try Design.zip([
      .group(name: "arm", axes: [try Axis(name: "dose", values: [0, 12]), try Axis(name: "mass", values: [60, 82])]),
      .axis(try Axis(name: "k", values: [1, 2, 3])),
    ])
    #expect(zip.names == ["dose", "mass", "k"])
    #expect(zip.columns(0..<6) == [[0, 0, 0, 12, 12, 12], [60, 60, 60, 82, 82, 82], [1, 2, 3, 1, 2, 3]])
  }

  @Test(arguments: [2, 3, 11, 1024, 100_000]) func rangesHaveExactEndsAndRise(count: Int) throws {
    for (from, to, scale) in [
      (0.0, 21.0, Axis.Scale.linear), (-0.1, 0.3, .linear), (-1e308, 0.5e308, .linear),
      (1e-3, 0.7, .logarithmic), (1e-300, 1e300, .logarithmic),
    ] {
      let axis = try Axis(name: "x", from: from, to: to, count: count, scale: scale)
      let levels = try Design.grid([axis]).columns(0..<count)[0]
      #expect(levels.first == from && levels.last == to)
      #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }, "\(from) to \(to)")
      #expect(levels == (0..<count).map(axis.level))
    }
  }

  @Test func roundNumbersComeOutRound() throws {
    let tenths = try Axis(name: "x", from: 0, to: 1, count: 11)
    #expect((0..<11).map(tenths.level) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    let decades = try Axis(name: "x", from: 1e-3, to: 1e3, count: 7, scale: .logarithmic)
    for (index, power) in (-3...3).enumerated() {
      #expect(abs(decades.level(index) / pow(10, Double(power)) - 1) < 1e-15)
    }
    #expect(try Axis(name: "x", from: 2, to: 5, count: 1).level(0) == 2)
  }

  @Test func distributionsTakeTheMiddlesOfEqualProbabilities() throws {
    let axis = try Axis(name: "x", distribution: try UniformDistribution(low: 0, high: 8), count: 4)
    #expect((0..<4).map(axis.level) == [1, 3, 5, 7])
    let normal = try Axis(name: "x", distribution: try NormalDistribution(mean: 0, standardDeviation: 1), count: 3)
    #expect(normal.level(1) == 0 && normal.level(0) == -normal.level(2))
  }

  @Test func longAxesGiveTheSameLevelsWithoutATable() throws {
    let count = Grid.largestTable + 1
    let long = try Axis(name: "x", from: 0, to: 1, count: count)
    let grid = try Design.grid([long, try Axis(name: "y", values: [1, 2])])
    let columns = grid.columns(2 * count - 9..<2 * count)
    #expect(columns[0] == (2 * count - 9..<2 * count).map { long.level($0 / 2) })
    #expect(columns[0].last == 1)
  }
}
