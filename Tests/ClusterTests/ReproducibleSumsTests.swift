import Foundation
import KnownEnsemble
import Testing

@testable import Cluster

@Suite(.serialized) struct ReproducibleSumsTests {
  /// Kinds of terms: of one sign, cancelling, of very different sizes, subnormal, and whole numbers.
  enum Terms: String, CaseIterable {
    case positive, cancelling, wide, subnormal, whole

    func make(_ count: Int, _ generator: inout SplitMix) -> [Double] {
      switch self {
      case .positive: return (0..<count).map { _ in Double.random(in: 1..<2, using: &generator) }
      case .cancelling:
        let half = (0..<count / 2).map { _ in Double.random(in: -1e10..<1e10, using: &generator) }
        return half + half.reversed().map { -$0 * (1 + 1e-13) }
      case .wide:
        return (0..<count).map { _ in
          Double(
            sign: Bool.random(using: &generator) ? .plus : .minus,
            exponent: Int.random(in: -1000..<1000, using: &generator),
            significand: Double.random(in: 1..<2, using: &generator))
        }
      case .subnormal:
        return (0..<count).map { _ in
          Double.leastNonzeroMagnitude * Double(Int.random(in: -1_000_000...1_000_000, using: &generator))
        }
      case .whole: return (0..<count).map { _ in Double(Int.random(in: -1000...1000, using: &generator)) }
      }
    }
  }

  private func sum(_ terms: [Double], slices: Int = 3) -> Double {
    var sums = ReproducibleSums(count: 1, slicesEach: slices)
    sums.add(terms, to: 0)
    return sums.values[0]
  }

  @Test(arguments: Terms.allCases)
  func sumsDoNotDependOnOrderNorOnGrouping(_ kind: Terms) {
    var generator = SplitMix(state: 1)
    let terms = kind.make(3000, &generator)
    let expected = sum(terms).bitPattern
    for round in 0..<5 {
      let shuffled = terms.shuffled(using: &generator)
      #expect(sum(shuffled).bitPattern == expected, "order \(round)")
      // Groups of any size, added up in another order, each term by another way of adding.
      var groups: [ReproducibleSums] = []
      var rest = shuffled[...]
      while !rest.isEmpty {
        var group = ReproducibleSums(count: 1)
        let part = rest.prefix(Int.random(in: 1...700, using: &generator))
        if groups.count.isMultiple(of: 2) {
          group.add(Array(part), to: 0)
        } else {
          for term in part { group.add([term]) }
        }
        groups.append(group)
        rest = rest.dropFirst(part.count)
      }
      let total = groups.shuffled(using: &generator).reduce(into: ReproducibleSums(count: 1)) { $0.add($1) }
      #expect(total.values[0].bitPattern == expected, "grouping \(round)")
    }
  }

  @Test(arguments: Terms.allCases, [3, 4])
  func theErrorIsBelowTheBound(_ kind: Terms, slices: Int) {
    var generator = SplitMix(state: 2)
    for count in [1, 2, 3, 10, 1000, 20_000] {
      let terms = kind.make(count, &generator)
      let sum = sum(terms, slices: slices)
      let error = ExactSum(terms + [-sum]).magnitude
      let largest = terms.map(\.magnitude).max() ?? 0
      let kept = Double(count) * largest * Double(sign: .plus, exponent: -28 * (slices - 1), significand: 1)
      #expect(error <= kept + sum.ulp / 2, "\(count) terms: error \(error)")
      // And within what ordinary summation promises, where that is more than one rounding.
      let ordinary = Double(count - 1) * 0x1p-53 * terms.reduce(0) { $0 + $1.magnitude }
      #expect(count < 3 || error <= ordinary + .leastNonzeroMagnitude, "\(count) terms: error \(error)")
    }
  }

  @Test func wholeNumbersAndSubnormalsAddExactly() {
    var generator = SplitMix(state: 3)
    for kind in [Terms.whole, .subnormal] {
      let terms = kind.make(5000, &generator)
      #expect(sum(terms) == terms.reduce(0, +))
    }
  }

  /// A term just below the unit of a band rounds to one unit of it, whichever of the two comes first.
  @Test func termsJustBelowABandCountTheSameBeforeAndAfterLargerOnes() {
    for exponent in stride(from: -140, through: 140, by: 1) {
      let (small, large) = (Double(sign: .plus, exponent: exponent, significand: 2 - 0x1p-50), 0x1p140)
      for middle in [0, 0x1p60, 0x1p84, 0x1p112] {
        #expect(sum([small, middle, large, -large]) == sum([large, middle, -large, small]), "2^\(exponent)")
      }
    }
  }

  @Test func halvesRoundToEven() {
    // 2^53 + 1 lies between two doubles; a bit far below decides.
    #expect(sum([0x1p53, 1]) == 0x1p53)
    #expect(sum([0x1p53, 1, 0x1p-3]) == 0x1p53 + 2)
    #expect(sum([-0x1p53, -1]) == -0x1p53)
    #expect(sum([0x1p53, 3]) == 0x1p53 + 4)
  }

  @Test(arguments: [3, 4])
  func infinitiesAndNaNAreWhatTheyAreInAnyOrder(slices: Int) {
    let cases: [([Double], Double)] = [
      ([1, .infinity, -2], .infinity), ([-.infinity, 1e300], -.infinity), ([.infinity, 1, -.infinity], .nan),
      ([.nan, 1, .infinity], .nan), ([-0.0, -0.0], 0), ([], 0),
    ]
    for (terms, expected) in cases {
      for order in [terms, terms.reversed()] {
        let sum = sum(order, slices: slices)
        #expect(expected.isNaN ? sum.isNaN : sum.bitPattern == expected.bitPattern, "\(order) gave \(sum)")
      }
    }
  }

  @Test func finiteSumsDoNotOverflowOnTheWay() {
    let large = Double.greatestFiniteMagnitude
    #expect(sum([large, large, -large]) == large)
    #expect(sum([large, large]) == .infinity)
    #expect(sum(Array(repeating: large, count: 1000) + Array(repeating: -large, count: 1000) + [1]) == 0)
    #expect(sum([.leastNonzeroMagnitude, .leastNonzeroMagnitude]) == 2 * .leastNonzeroMagnitude)
  }

  @Test func vectorsAddElementByElement() {
    var generator = SplitMix(state: 4)
    let vectors = (0..<20).map { _ in Terms.wide.make(1300, &generator) }
    var sums = ReproducibleSums(count: 1300)
    for vector in vectors { sums.add(vector) }
    for place in [0, 511, 512, 1299] {
      #expect(sums.values[place].bitPattern == sum(vectors.map { $0[place] }).bitPattern)
    }
  }

  /// Few sums, which all ranks finish, and many, of which each rank finishes a part.
  @Test(arguments: [["97", "300"], ["7205", "13"]])
  func ranksAgreeOnTheBitsHoweverManyTheyAre(_ sizes: [String]) throws {
    let alone = try Probe.run(["sums"] + sizes)
    #expect(alone.lines.count == 2, "\(alone.errors)")
    for ranks in [1, 2, 3, 4, 7] {
      let outcome = try Probe.run(["sums"] + sizes, ranks: ranks, ranksPerNode: ranks > 3 ? 2 : nil)
      #expect(outcome.lines == alone.lines, "\(ranks) ranks: \(outcome.errors)")
    }
  }
}

/// An exact sum of doubles as an integer of many digits, to compare with. Made another way than what it is compared with.
struct ExactSum {
  /// Digits of 32 bits, the lowest for the exponent −1074.
  private var digits = [Int](repeating: 0, count: 70)

  init(_ terms: [Double]) {
    for term in terms where term != 0 {
      let significand = Int(term.significand * 0x1p52)
      let shift = Int(term.exponent) - 52 + 1074 + 64
      let (place, bits) = shift.quotientAndRemainder(dividingBy: 32)
      let wide = Int128(significand) << Int128(bits) * (term.sign == .minus ? -1 : 1)
      let (upper, lower) = (wide >> 32, wide & 0xffff_ffff)
      digits[place] += Int(lower)
      digits[place + 1] += Int(upper & 0xffff_ffff)
      digits[place + 2] += Int(upper >> 32)
    }
  }

  /// The magnitude, nearly.
  var magnitude: Double {
    var digits = digits
    func carry() {
      for place in digits.indices.dropLast() {
        digits[place + 1] += digits[place] >> 32
        digits[place] &= 0xffff_ffff
      }
    }
    carry()
    if digits.last! < 0 {
      for place in digits.indices { digits[place] = -digits[place] }
      carry()
    }
    return digits.enumerated().reduce(0) {
      $0 + Double(sign: .plus, exponent: 32 * $1.offset - 1074 - 64, significand: Double($1.element))
    }
  }
}
