import Foundation
import Testing

@testable import Sampling

@Suite struct GeneratorTests {
  /// The known answers of Random123 for philox4x64-10; NumPy's Philox gives the same.
  @Test func philoxGivesTheKnownAnswers() {
    let zero = Philox4x64(key: (0, 0)).words(counter: (0, 0, 0, 0))
    #expect(zero == (0x1655_4d9e_ca36_314c, 0xdb20_fe9d_672d_0fdc, 0xd7e7_72ce_e186_176b, 0x7e68_b68a_ec7b_a23b))
    let ones = Philox4x64(key: (.max, .max)).words(counter: (.max, .max, .max, .max))
    #expect(ones == (0x87b0_92c3_013f_e90b, 0x438c_3c67_be8d_0224, 0x9cc7_d7c6_9cd7_77b6, 0xa09c_aebf_594f_0ba0))
    let pi = Philox4x64(key: (0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c))
      .words(
        counter: (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89))
    #expect(pi == (0xa528_f454_03e6_1d95, 0x38c7_2dbd_566e_9788, 0xa5a1_610e_72fd_18b5, 0x57bd_43b5_e52b_7fe6))
  }

  @Test func unitNumbersLieStrictlyInsideAndSymmetric() {
    #expect(Double(openUnit: 0) == 0x1p-53)
    #expect(Double(openUnit: .max) == 1 - 0x1p-53)
    #expect(Double(openUnit: 1 << 63) == 0.5 + 0x1p-53)
    for word in [0, 1 << 20, 0x1234_5678_9abc_def0, UInt64.max / 3] as [UInt64] {
      #expect(Double(openUnit: word) + Double(openUnit: ~word) == 1)
    }
  }

  @Test func purposesAndSeedsDoNotShareNumbers() {
    var seen: Set<UInt64> = []
    for seed in 0..<20 as Range<UInt64> {
      for purpose in Philox4x64.Purpose.allCases {
        seen.insert(Philox4x64(seed: seed, purpose: purpose).words(member: 3, block: 0).0)
      }
    }
    #expect(seen.count == 20 * Philox4x64.Purpose.allCases.count)
  }

  @Test(arguments: [1, 2, 3, 5, 17, 1000, 1024, 1025, 4097, 65_535, 65_536, 100_003])
  func keyedPermutationsReachEveryElementOnce(count: Int) {
    for seed in 0..<3 as Range<UInt64> {
      let generator = Philox4x64(seed: seed, purpose: .latinHypercubePermutation)
      let permutation = KeyedPermutation(count: count, generator: generator, stream: 1)
      var seen = [Bool](repeating: false, count: count)
      for index in 0..<count { seen[permutation[index]] = true }
      #expect(seen.allSatisfy { $0 }, "seed \(seed)")
    }
  }

  /// Squared correlation of n pairs of permuted numbers is 1/n; ten times that does not happen to a good shuffle.
  @Test(arguments: [500, 5000, 65_537]) func keyedPermutationsAreUncorrelated(count: Int) {
    let generator = Philox4x64(seed: 7, purpose: .latinHypercubePermutation)
    let first = KeyedPermutation(count: count, generator: generator, stream: 0)
    let second = KeyedPermutation(count: count, generator: generator, stream: 1)
    let middle = Double(count - 1) / 2
    let variance = (Double(count) * Double(count) - 1) / 12
    var withOther = 0.0
    var withIndex = 0.0
    var withNext = 0.0
    for index in 0..<count {
      let value = Double(first[index]) - middle
      withOther += value * (Double(second[index]) - middle)
      withIndex += value * (Double(index) - middle)
      withNext += value * (Double(first[(index + 1) % count]) - middle)
    }
    for sum in [withOther, withIndex, withNext] {
      let correlation = sum / variance / Double(count)
      #expect(correlation * correlation * Double(count) < 10)
    }
  }

  /// Every one of the 24 orders of four elements comes up as often as the others, within 5 standard errors.
  @Test func smallPermutationsAreAllEquallyLikely() {
    var times: [[Int]: Int] = [:]
    for seed in 0..<24_000 as Range<UInt64> {
      let generator = Philox4x64(seed: seed, purpose: .latinHypercubePermutation)
      let permutation = KeyedPermutation(count: 4, generator: generator, stream: 0)
      times[(0..<4).map { permutation[$0] }, default: 0] += 1
    }
    #expect(times.count == 24)
    for count in times.values { #expect(abs(Double(count) - 1000) < 5 * 1000.0.squareRoot()) }
  }
}
