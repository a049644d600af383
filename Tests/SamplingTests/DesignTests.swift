import Foundation
import Testing

@testable import Sampling

/// Three axes of unlike kinds, for any method.
func mixedAxes() throws -> [Axis] {
  [
    try Axis(name: "a", from: 0, to: 21, count: 7),
    try Axis(name: "b", from: 1e-3, to: 10, count: 5, scale: .logarithmic),
    try Axis(name: "c", values: [4, 2, 9]),
    try Axis(name: "d", distribution: try NormalDistribution(mean: 1, standardDeviation: 2), count: 4),
    try Axis(name: "e", distribution: try GammaDistribution(shape: 2, scale: 1).truncated(to: 0...4), count: 3),
  ]
}

extension Design {
  /// Columns of members `range`, filled at once into a buffer with room between the columns.
  func columns(_ range: Range<Int>) -> [[Double]] {
    let stride = range.count + 3
    let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: names.count * stride)
    buffer.initialize(repeating: -12_345)
    defer { buffer.deallocate() }
    fill(range, into: buffer, stride: stride)
    return names.indices.map { column in
      for gap in range.count..<stride { precondition(buffer[column * stride + gap] == -12_345, "wrote between") }
      return Array(buffer[column * stride..<column * stride + range.count])
    }
  }
}

@Suite struct DesignTests {
  private func designs() throws -> [Design] {
    let axes = try mixedAxes()
    let table = try Design.table(
      names: ["x", "a"], columns: [(0..<40).map { Double($0) * 0.1 }, (0..<40).map { Double($0) }])
    let random = try Design.random(axes, count: 1300, seed: 5)
    return [
      try .grid(axes),
      try .zip([.axis(axes[0]), .group(name: "pair", axes: [axes[1], try Axis(name: "f", from: 0, to: 1, count: 5)])]),
      random,
      try .latinHypercube(axes, count: 700, seed: 6),
      try .latinHypercube(axes, count: 1500, seed: 6),
      try .sobol(axes, count: 1100, seed: 7),
      try .sobol(axes, count: 1100, seed: nil),
      table,
      try .union([random, table, .grid([axes[1]])], base: ["x": 7, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5]),
    ]
  }

  @Test func membersHaveTheSameBitsAloneAndInAnyRange() throws {
    for design in try designs() {
      let whole = design.columns(0..<design.count)
      for range in [0..<1, 3..<4, 0..<17, 11..<33, design.count - 9..<design.count, 5..<5] {
        let part = design.columns(range)
        for column in design.names.indices { #expect(part[column] == Array(whole[column][range]), "\(design.method)") }
      }
      for member in stride(from: 0, to: design.count, by: 13) {
        #expect(design.values(of: member) == whole.map { $0[member] }, "\(design.method), member \(member)")
      }
    }
  }

  @Test func everyMethodGivesFiniteValues() throws {
    for design in try designs() {
      #expect(design.columns(0..<design.count).allSatisfy { $0.allSatisfy(\.isFinite) }, "\(design.method)")
    }
  }

  @Test func hugeDesignsCostNothing() throws {
    let axes = [
      try Axis(name: "a", from: 0, to: 1, count: 1_000_000), try Axis(name: "b", from: 1, to: 2, count: 1_000_000),
      try Axis(name: "c", distribution: try ExponentialDistribution(mean: 1)),
    ]
    let trillion = 1_000_000_000_000
    let grid = try Design.grid([axes[0], axes[1]])
    #expect(grid.count == trillion)
    #expect(grid.values(of: trillion - 1) == [1, 2])
    #expect(grid.values(of: 1_000_001) == [axes[0].level(1), axes[1].level(1)])
    for design in [
      try Design.random(axes, count: trillion, seed: 1), try Design.latinHypercube(axes, count: trillion, seed: 1),
      try Design.sobol(axes, count: trillion, seed: 1), try Design.sobol(axes, count: trillion, seed: nil),
    ] {
      let last = design.values(of: trillion - 1)
      #expect(last[0] > 0 && last[0] < 1 && last[1] > 1 && last[1] < 2 && last[2].isFinite && last[2] > 0)
    }
  }

  @Test func seedsAndMethodsAreNamedForTheFiles() throws {
    let axes = try mixedAxes()
    #expect(try Design.random(axes, count: 1, seed: 42).method == "random (Philox4x64-10, seed 42)")
    #expect(
      try Design.sobol(axes, count: 1, seed: 42).method
        == "sobol (new-joe-kuo-6 in 64 bits, Philox4x64-10 matrix scramble and shift, seed 42)")
    #expect(try Design.sobol(axes, count: 1, seed: nil).method == "sobol (new-joe-kuo-6 in 64 bits, unscrambled)")
  }

  @Test func unlikeSeedsGiveUnlikeMembers() throws {
    let axes = [try Axis(name: "a", from: 0, to: 1)]
    for make in [Design.random, Design.latinHypercube] as [([Axis], Int, UInt64) throws -> Design] {
      #expect(try make(axes, 100, 1).columns(0..<100) != make(axes, 100, 2).columns(0..<100))
    }
    #expect(
      try Design.sobol(axes, count: 9, seed: 1).values(of: 3) != Design.sobol(axes, count: 9, seed: 2).values(of: 3))
  }

  @Test func aRandomSampleCanBeExtended() throws {
    let axes = try mixedAxes()
    let short = try Design.random(axes, count: 10, seed: 3)
    let long = try Design.random(axes, count: 1000, seed: 3)
    #expect(short.columns(0..<10) == long.columns(0..<10))
  }

  @Test func theFirstRandomMemberNeverChanges() throws {
    // Philox known answers for key (42, 1) and counter 0: a change here is a change of every recorded seed's numbers.
    let words = Philox4x64(seed: 42, purpose: .randomDesign).words(member: 0, block: 0)
    let axes = try (0..<5).map { try Axis(name: "x\($0)", from: 0, to: 1) }
    let values = try Design.random(axes, count: 1, seed: 42).values(of: 0)
    #expect(values[0] == Double(openUnit: words.0) && values[3] == Double(openUnit: words.3))
    let next = Philox4x64(seed: 42, purpose: .randomDesign).words(member: 0, block: 1)
    #expect(values[4] == Double(openUnit: next.0))
  }

  @Test func unionsFillMissingNamesWithBaseValues() throws {
    let first = try Design.grid([try Axis(name: "a", values: [1, 2])])
    let second = try Design.grid([try Axis(name: "b", values: [3, 4]), try Axis(name: "a", values: [9])])
    let union = try Design.union([first, second], base: ["b": 0.5])
    #expect(union.names == ["a", "b"] && union.count == 4)
    #expect(union.columns(0..<4) == [[1, 2, 9, 9], [0.5, 0.5, 3, 4]])
    #expect(union.columns(1..<3) == [[2, 9], [0.5, 3]])
  }

  @Test func tablesGiveTheirRows() throws {
    let table = try Design.table(names: ["p", "q"], columns: [[1, 2, 3], [10, 20, 30]])
    #expect(table.count == 3 && table.values(of: 1) == [2, 20])
  }
}

@Suite struct DesignRefusalTests {
  private func message(_ body: () throws(SamplingError) -> some Any) -> String {
    do throws(SamplingError) {
      _ = try body()
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func impossibleAxesAreRefused() {
    #expect(
      message { () throws(SamplingError) in try Axis(name: "k", values: []) }
        == "'k' has an empty list of values; expected at least one")
    #expect(
      message { () throws(SamplingError) in try Axis(name: "k", values: [1, .infinity]) }
        == "'k': value 2 of its list must be finite, but is inf")
    #expect(
      message { () throws(SamplingError) in try Axis(name: "k", from: 3, to: 1, count: 4) }
        == "'k': a range needs its start below its end, but goes from 3.0 to 1.0")
    #expect(
      message { () throws(SamplingError) in try Axis(name: "k", from: 0, to: 1, scale: .logarithmic) }
        == "'k': a range needs positive ends for a logarithmic scale, but goes from 0.0 to 1.0")
    #expect(
      message { () throws(SamplingError) in try Axis(name: "k", from: 0, to: 1, count: 0) }
        == "'k': count must be at least 1, but is 0")
  }

  @Test func designsTooLargeSayHowLarge() throws {
    let axes = try (0..<25).map { try Axis(name: "x\($0)", from: 0, to: 1, count: 10) }
    #expect(
      message { () throws(SamplingError) in try Design.grid(axes) }
        == "grid: the design would have 10000000000000000000000000 members; at most 9223372036854775807 can be numbered"
    )
    #expect(
      message { () throws(SamplingError) in try Design.latinHypercube(axes, count: 1 << 50, seed: 0) }
        .contains("1125899906842624 members"))
    #expect(DecimalProduct(of: [Int.max, Int.max, 1000]).description == "85070591730234615847396907784232501249000")
    #expect(DecimalProduct(of: [1_000_000_000, 1_000_000_001]).description == "1000000001000000000")
    #expect(DecimalProduct(of: []).exactly == 1)
  }

  @Test func inconsistentDesignsAreRefused() throws {
    let (two, three) = (try Axis(name: "a", values: [1, 2]), try Axis(name: "b", values: [1, 2, 3]))
    let open = try Axis(name: "c", from: 0, to: 1)
    #expect(
      message { () throws(SamplingError) in try Design.zip([.group(name: "g", axes: [two, three])]) }
        == "zip 'g': its axes must have equal counts, but have a: 2, b: 3")
    #expect(
      message { () throws(SamplingError) in try Design.zip([.group(name: "g", axes: [])]) }
        == "zip 'g' has no axes; expected at least one")
    #expect(
      message { () throws(SamplingError) in try Design.grid([two, open]) }
        == "'c' needs a count: a grid has to know how many levels it takes")
    #expect(
      message { () throws(SamplingError) in try Design.grid([two, two]) }
        == "'a' is varied twice in one design; expected once")
    #expect(
      message { () throws(SamplingError) in try Design.random([two], count: 0, seed: 1) }
        == "random: count must be at least 1, but is 0")
    #expect(
      message { () throws(SamplingError) in
        try Design.sobol(
          (0..<300).map { (n) throws(SamplingError) in try Axis(name: "\(n)", values: [1]) }, count: 1, seed: 1)
      }.hasPrefix("sobol: at most 256 axes can be varied together, but there are 300"))
  }

  @Test func brokenTablesAndUnionsAreRefused() throws {
    #expect(
      message { () throws(SamplingError) in try Design.table(names: ["a"], columns: []) }
        == "table: expected a name for every column, but got 1 names and 0 columns")
    #expect(
      message { () throws(SamplingError) in try Design.table(names: ["a", "b"], columns: [[1], [1, 2]]) }
        == "table: columns must be equally long, but have a: 1, b: 2 rows")
    #expect(
      message { () throws(SamplingError) in try Design.table(names: ["a"], columns: [[1, .nan]]) }
        == "table: row 2 of column 'a' must be finite, but is nan")
    #expect(
      message { () throws(SamplingError) in try Design.table(names: ["a"], columns: [[]]) }
        == "table: count must be at least 1, but is 0")
    let a = try Design.grid([try Axis(name: "a", values: [1])])
    let b = try Design.grid([try Axis(name: "b", values: [1])])
    #expect(
      message { () throws(SamplingError) in try Design.union([a, b], base: ["b": 1]) }
        == "design 2 of the union does not vary 'a', which has no base value either")
    #expect(
      message { () throws(SamplingError) in try Design.union([], base: [:]) }
        == "a union of designs needs at least one design, but got none")
  }
}
