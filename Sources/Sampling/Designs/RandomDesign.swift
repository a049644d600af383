extension Design {
  /// Independent draws from every axis.
  ///
  /// Distributions are sampled through their quantiles, ranges uniformly on their scale, lists with equal
  /// probabilities. Designs of one seed over the same axes agree in the members that both have, so a sample can be
  /// extended; two parts of a union need unlike seeds.
  /// - Throws: ``SamplingError/impossibleCount(method:found:)``, ``SamplingError/repeatedName(_:)``.
  public static func random(_ axes: [Axis], count: Int, seed: UInt64) throws(SamplingError) -> Design {
    guard count >= 1 else { throw .impossibleCount(method: "random", found: count) }
    return try Design(RandomDesign(axes: axes, count: count, seed: seed))
  }
}

/// Draw j of a member places it on axis j.
struct RandomDesign: UnitSource {
  let axes: [Axis]
  let count: Int
  let seed: UInt64

  var method: String { "random (\(Philox4x64.name), seed \(seed))" }

  func fillUnits(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    Philox4x64(seed: seed, purpose: .randomDesign).fillUnits(range, columns: columns)
  }
}

extension Philox4x64 {
  /// Writes draw j of every member to column j.
  func fillUnits(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    for first in stride(from: 0, to: columns.count, by: 4) {
      let block = UInt64(first / 4)
      // Unwanted words of the last block go where a wanted one overwrites them.
      let last = columns.count - 1
      let (c0, c1) = (columns[first], columns[min(first + 1, last)])
      let (c2, c3) = (columns[min(first + 2, last)], columns[min(first + 3, last)])
      for (offset, member) in range.enumerated() {
        let words = words(member: UInt64(member), block: block)
        c3[offset] = Double(openUnit: words.3)
        c2[offset] = Double(openUnit: words.2)
        c1[offset] = Double(openUnit: words.1)
        c0[offset] = Double(openUnit: words.0)
      }
    }
  }
}
