extension Design {
  /// A Latin hypercube: each axis is cut into `count` strata of equal probability, and each stratum of each axis holds
  /// exactly one member, at a random place inside.
  ///
  /// Any member is found without the others: its stratum is a keyed permutation of its number. Unlike a random design
  /// it cannot be extended, as every stratum depends on `count`.
  /// - Throws: ``SamplingError/impossibleCount(method:found:)``, ``SamplingError/repeatedName(_:)``,
  ///   ``SamplingError/designTooLarge(method:count:limit:)`` beyond 2⁴⁸ members, past which strata are too thin for
  ///   doubles.
  /// - Source: M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21 (1979) 239–245.
  public static func latinHypercube(_ axes: [Axis], count: Int, seed: UInt64) throws(SamplingError) -> Design {
    let method = "latin-hypercube"
    guard count >= 1 else { throw .impossibleCount(method: method, found: count) }
    guard count <= KeyedPermutation.largestCount else {
      throw .designTooLarge(method: method, count: "\(count)", limit: KeyedPermutation.largestCount)
    }
    return try Design(LatinHypercube(axes: axes, count: count, seed: seed))
  }
}

struct LatinHypercube: UnitSource {
  let axes: [Axis]
  let count: Int
  let seed: UInt64
  private let permutations: [KeyedPermutation]
  /// 2 to the bits of a place inside a stratum.
  private let places: Double

  var method: String { "latin-hypercube (\(Philox4x64.name), seed \(seed))" }

  init(axes: [Axis], count: Int, seed: UInt64) {
    self.axes = axes
    self.count = count
    self.seed = seed
    let generator = Philox4x64(seed: seed, purpose: .latinHypercubePermutation)
    permutations = axes.indices.map { KeyedPermutation(count: count, generator: generator, stream: $0) }
    // Stratum and place share 50 bits, so that their sum is exact and its quotient by `count` cannot round into the
    // next stratum: two roundings lose at most count · 2⁻⁵², and half a place is twice that.
    let stratumBits = Int.bitWidth - count.leadingZeroBitCount
    places = Double(sign: .plus, exponent: min(32, 50 - stratumBits), significand: 1)
  }

  func fillUnits(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    Philox4x64(seed: seed, purpose: .latinHypercubeJitter).fillUnits(range, columns: columns)
    let members = Double(count)
    for (permutation, column) in Swift.zip(permutations, columns) {
      for (offset, member) in range.enumerated() {
        let place = ((column[offset] * places).rounded(.down) + 0.5) / places
        column[offset] = (Double(permutation[member]) + place) / members
      }
    }
  }
}
