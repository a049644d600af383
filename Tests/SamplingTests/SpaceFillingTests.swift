import Foundation
import Testing

@testable import Sampling

@Suite struct SpaceFillingTests {
  private func unitAxes(_ count: Int) throws -> [Axis] {
    try (0..<count).map { try Axis(name: "x\($0)", from: 0, to: 1) }
  }

  @Test(arguments: [1, 2, 3, 10, 97, 1000, 4096, 10_007])
  func latinHypercubesHaveOneMemberInEveryStratum(count: Int) throws {
    let columns = try Design.latinHypercube(try unitAxes(6), count: count, seed: 11).columns(0..<count)
    for column in columns {
      var members = [Int](repeating: 0, count: count)
      for value in column { members[Int(value * Double(count))] += 1 }
      #expect(members.allSatisfy { $0 == 1 })
    }
  }

  @Test func placesInAStratumNeverRoundIntoTheNextOne() throws {
    // 2⁴⁷ + 1 strata, where stratum and place together use every digit.
    let count = (1 << 47) + 1
    let generator = Philox4x64(seed: 2, purpose: .latinHypercubePermutation)
    let permutation = KeyedPermutation(count: count, generator: generator, stream: 0)
    let column = try Design.latinHypercube(try unitAxes(1), count: count, seed: 2).columns(0..<20_000)[0]
    for (member, value) in column.enumerated() { #expect(Int(value * Double(count)) == permutation[member]) }
  }

  @Test func plainSobolPointsAreThoseOfSciPy() throws {
    let design = try Design.sobol(try unitAxes(256), count: 1 << 50, seed: nil)
    let rows = try referenceRows("sobol")
    #expect(rows.count == 10)
    for row in rows {
      let expected = row[1].split(separator: " ").map { Double($0)! }
      #expect(design.values(of: Int(row[0])!) == expected, "point \(row[0])")
    }
  }

  @Test func theFirstPlainSobolMemberSitsInTheMiddleOfItsCell() throws {
    for (count, expected) in [(1, 0.5), (2, 0.25), (1000, 0x1p-11), (1024, 0x1p-11), (1025, 0x1p-12)] {
      #expect(try Design.sobol(try unitAxes(2), count: count, seed: nil).values(of: 0) == [expected, expected])
    }
  }

  /// Every axis alone is balanced at every power of two; the first two together in every dyadic box of that volume.
  @Test(arguments: [nil, 0, 1, 123_456_789] as [UInt64?]) func sobolPointsAreBalanced(seed: UInt64?) throws {
    for k in [1, 4, 9] {
      let count = 1 << k
      let columns = try Design.sobol(try unitAxes(80), count: count, seed: seed).columns(0..<count)
      for column in columns {
        #expect(Set(column.map { Int($0 * Double(count)) }).count == count)
      }
      for split in 0...k {
        let (across, down) = (Double(1 << split), Double(1 << (k - split)))
        let boxes = Set((0..<count).map { [Int(columns[0][$0] * across), Int(columns[1][$0] * down)] })
        #expect(boxes.count == count)
      }
    }
  }

  /// A smooth integral by 2¹² scrambled points is right to 10⁻⁴, where random points would give 10⁻².
  @Test func scrambledSobolIntegratesBetterThanChance() throws {
    for seed in 0..<5 as Range<UInt64> {
      let columns = try Design.sobol(try unitAxes(4), count: 4096, seed: seed).columns(0..<4096)
      var sum = 0.0
      for member in 0..<4096 { sum += columns.reduce(1) { $0 * (1 + ($1[member] - 0.5)) } }
      #expect(abs(sum / 4096 - 1) < 1e-4, "seed \(seed)")
    }
  }

  /// Over seeds every scrambled point is uniform: mean 1/2, variance 1/12, within 5 standard errors.
  @Test func everyScrambledPointIsUniformOverSeeds() throws {
    let axes = try unitAxes(3)
    for member in [0, 5] {
      let points = try (0..<2000 as Range<UInt64>).map {
        try Design.sobol(axes, count: 8, seed: $0).values(of: member)
      }
      for axis in axes.indices {
        let (mean, variance) = meanAndVariance(points.map { $0[axis] })
        #expect(abs(mean - 0.5) < 5 * (1 / 12.0 / 2000).squareRoot())
        #expect(abs(variance - 1 / 12.0) < 5 * (1 / 180.0 / 2000).squareRoot())
      }
    }
  }

  @Test func randomMomentsAreThoseOfTheDistributions() throws {
    let distributions = try manyDistributions()
    let axes = try distributions.enumerated().map { try Axis(name: "x\($0)", distribution: $1) }
    let count = 40_000
    let columns = try Design.random(axes, count: count, seed: 20_261_123).columns(0..<count)
    for (distribution, column) in zip(distributions, columns) {
      let (mean, variance) = meanAndVariance(column)
      let error = distribution.standardDeviation / Double(count).squareRoot()
      #expect(abs(mean - distribution.mean) < 5 * error, "mean of \(distribution), seed 20261123")
      // The variance of a sample variance is (μ₄ − σ⁴) / n.
      let fourth = column.reduce(0) { $0 + pow($1 - mean, 4) } / Double(count)
      let spread = ((fourth - variance * variance) / Double(count)).squareRoot()
      #expect(abs(variance - distribution.variance) < 5 * spread, "variance of \(distribution)")
    }
  }

  @Test func listsAreDrawnEvenly() throws {
    let axis = try Axis(name: "k", values: [10, 20, 30, 40, 50])
    let column = try Design.random([axis], count: 50_000, seed: 9).columns(0..<50_000)[0]
    for value in [10, 20, 30, 40, 50] as [Double] {
      #expect(abs(Double(column.filter { $0 == value }.count) - 10_000) < 5 * 8000.0.squareRoot())
    }
    let spread = try Design.latinHypercube([axis], count: 50, seed: 9).columns(0..<50)[0]
    for value in [10, 20, 30, 40, 50] as [Double] { #expect(spread.filter { $0 == value }.count == 10) }
  }
}

/// Of a sample, by two passes.
private func meanAndVariance(_ values: [Double]) -> (mean: Double, variance: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
}
