extension Design {
  /// The first `count` points of Sobol's sequence in the order of the Gray code, best a power of two of them.
  ///
  /// With a seed the points are scrambled: each axis' binary digits by a random lower triangular matrix and a random
  /// shift, which keeps every balance of the sequence and makes each point uniform, so that estimates are unbiased and
  /// seeds give independent replicates. Without one they are the plain points, those of SciPy's
  /// `Sobol(scramble=False)`, but for member 0: all zero there, it would ask for quantiles at probability 0, and sits
  /// at 2⁻ᵐ⁻¹ instead, the middle of the first of the 2ᵐ ≥ count cells of each axis.
  /// - Throws: ``SamplingError/impossibleCount(method:found:)``, ``SamplingError/repeatedName(_:)``,
  ///   ``SamplingError/tooManyAxes(method:found:limit:)`` beyond 256,
  ///   ``SamplingError/designTooLarge(method:count:limit:)`` beyond 2⁵² members, past which points coincide as doubles.
  /// - Source: I. M. Sobol', USSR Comput. Math. Math. Phys. 7 (1967) 86–112; I. A. Antonov, V. M. Saleev, ibid. 19
  ///   (1979) 252–256 (Gray code); J. Matoušek, J. Complexity 14 (1998) 527–556 (scrambling).
  public static func sobol(_ axes: [Axis], count: Int, seed: UInt64?) throws(SamplingError) -> Design {
    guard count >= 1 else { throw .impossibleCount(method: "sobol", found: count) }
    guard count <= Sobol.largestCount else {
      throw .designTooLarge(method: "sobol", count: "\(count)", limit: Sobol.largestCount)
    }
    guard axes.count <= SobolNumbers.dimensions else {
      throw .tooManyAxes(method: "sobol", found: axes.count, limit: SobolNumbers.dimensions)
    }
    return try Design(Sobol(axes: axes, count: count, seed: seed))
  }
}

struct Sobol: UnitSource {
  static let largestCount = 1 << 52

  let axes: [Axis]
  let count: Int
  let seed: UInt64?
  private let directions: [SobolDirections]

  var method: String {
    let scrambling = seed.map { "\(Philox4x64.name) matrix scramble and shift, seed \($0)" } ?? "unscrambled"
    return "sobol (new-joe-kuo-6 in 64 bits, \(scrambling))"
  }

  init(axes: [Axis], count: Int, seed: UInt64?) {
    self.axes = axes
    self.count = count
    self.seed = seed
    let plain = SobolDirections.dimensions(axes.count)
    directions =
      if let seed {
        plain.enumerated().map { axis, directions in
          directions.scrambled(by: Philox4x64(seed: seed, purpose: .sobolScramble), stream: axis)
        }
      } else {
        plain
      }
  }

  func fillUnits(_ range: Range<Int>, columns: [UnsafeMutablePointer<Double>]) {
    for (directions, column) in Swift.zip(directions, columns) { directions.fill(range, into: column) }
    if seed == nil, range.lowerBound == 0 {
      let cells = Int.bitWidth - (count - 1).leadingZeroBitCount
      let middle = Double(sign: .plus, exponent: -cells - 1, significand: 1)
      for column in columns { column[0] = middle }
    }
  }
}
