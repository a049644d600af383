import Testing

@testable import Cluster

@Suite struct StatisticsTests {
  @Test func valuesFarFromZeroKeepTheirSpread() {
    let values = (0..<1000).map { 1e9 + Double($0 * 7919 % 1000) }
    var (whole, parts) = (Statistics(), Statistics())
    whole.add(values)
    for first in stride(from: 0, to: 1000, by: 77) { parts.add(values[first..<min(1000, first + 77)]) }
    #expect(parts == whole)
    parts.add([.nan, .nan])
    #expect(parts.count == 1000 && parts.missing == 2)
    #expect((parts.minimum, parts.maximum) == (1e9, 1e9 + 999))
    // The values are 1e9 + a permutation of 0 ..< 1000, whose variance is n (n + 1) / 12.
    let exact = (1000.0 * 1001 / 12).squareRoot()
    #expect(abs(parts.standardDeviation - exact) <= 2 * exact.ulp)
    #expect(parts.mean == 1e9 + 499.5)
  }

  /// Sizes whose squares overflow, underflow, or are subnormal, beside an ordinary one.
  @Test(arguments: [-1070, -1000, -540, -500, 0, 400, 600, 1000])
  func theSizeOfValuesDoesNotMatter(exponent: Int) {
    let scale = Double(sign: .plus, exponent: exponent, significand: 1)
    var statistics = Statistics()
    statistics.add([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map { $0 * scale })
    #expect(statistics.mean == 5.5 * scale)
    // The variance of 1 … 10 is 55 / 6.
    let exact = (55.0 / 6).squareRoot() * scale
    #expect(abs(statistics.standardDeviation - exact) <= 2 * exact.ulp)
    statistics.add([1e-300])
    #expect(statistics.count == 11)
  }

  @Test func ofEqualValuesTheSpreadIsZero() {
    for value in [0, 0.1, -1e-200, 1e200, .pi] {
      var statistics = Statistics()
      statistics.add(Array(repeating: value, count: 700))
      #expect(statistics.mean == value)
      #expect(statistics.standardDeviation == 0)
    }
  }

  @Test func edgeCasesAreWhatTheyShouldBe() {
    var statistics = Statistics()
    #expect(statistics.mean.isNaN && statistics.standardDeviation.isNaN && statistics.minimum.isNaN)
    statistics.add([3])
    #expect(statistics.mean == 3 && statistics.standardDeviation.isNaN)
    statistics.add([.infinity, .nan])
    #expect(statistics.mean == .infinity && statistics.standardDeviation.isNaN && statistics.maximum == .infinity)
    #expect((statistics.count, statistics.missing) == (2, 1))
    var zeros = Statistics()
    zeros.add([0.0, -0.0, 0.0])
    #expect(zeros.minimum.sign == .minus && zeros.maximum.sign == .plus)
  }

  @Test func statisticsDoNotDependOnOrderNorOnGrouping() {
    var generator = SplitMix(state: 5)
    let values = (0..<2000).map { _ in 100 + generator.normal() }
    var whole = Statistics()
    whole.add(values)
    for _ in 0..<4 {
      let shuffled = values.shuffled(using: &generator)
      let cut = Int.random(in: 0..<2000, using: &generator)
      var (first, second) = (Statistics(), Statistics())
      first.add(shuffled[cut...])
      second.add(shuffled[..<cut])
      first.add(second)
      #expect(first == whole)
      #expect(first.standardDeviation.bitPattern == whole.standardDeviation.bitPattern)
    }
    // Against two passes in plain arithmetic.
    let mean = values.reduce(0, +) / 2000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1999
    #expect(abs(whole.standardDeviation - variance.squareRoot()) < 1e-12)
  }
}
