/// Sums whose bits depend on their terms alone: not on the terms' order, nor on how they were spread over chunks, threads
/// and ranks.
///
/// Each sum keeps its terms' upper bits in a few slices of a fixed grid of exponents (see `SliceGrid`): the slices of all
/// terms are added as 64-bit integers, which is exact, and only the total is rounded, once. The slices kept are those
/// of the highest band that any term reaches; when a larger term comes, the lowest slice is dropped as a whole, and with it
/// exactly what would never have been kept had the larger term come first.
///
/// **Accuracy.** With `n` terms `x` and `s` slices the error is at most `n · 2^(−28 (s − 1)) · max |x|` before the total is
/// rounded to the nearest double. With three slices that is `n · 2⁻⁵⁶ · max |x|`; ordinary summation promises
/// `(n − 1) · 2⁻⁵³ · Σ |x|`.
///
/// **Edge cases.** A NaN, or infinities of both signs, make a sum NaN; infinities of one sign make it that infinity, whatever
/// else is added. Sums of finite terms never overflow on the way: one whose total is beyond the largest double is an
/// infinity. Subnormal terms count in full. A sum of nothing, or of zeros of any sign, is +0.
///
/// - Source: J. Demmel, H. D. Nguyen, IEEE Trans. Comput. 64 (2015) 2060–2070, with integers in place of their
///   floating-point bins.
public struct ReproducibleSums: Equatable, Sendable {
  /// The number of sums.
  public let count: Int
  /// Slices kept of every sum.
  public let slicesEach: Int
  /// The highest band of each sum.
  private(set) var bands: [Int8]
  /// Slice `s` of sum `j`, in units of band `bands[j] − s`, at `s * count + j`.
  private(set) var slices: [Int]

  /// More terms than this could overflow a slice. Terms of all ranks count.
  public static let mostTerms = 1 << 35

  /// - Precondition: `slicesEach` is at least 3.
  public init(count: Int, slicesEach: Int = 3) {
    precondition(slicesEach >= 3, "infinities of both signs and NaN are counted in three slices")
    (self.count, self.slicesEach) = (count, slicesEach)
    bands = Array(repeating: SliceGrid.empty, count: count)
    slices = Array(repeating: 0, count: count * slicesEach)
  }

  /// The sums from parts that came from elsewhere.
  init(bands: [Int8], slices: [Int]) {
    (self.bands, self.slices) = (bands, slices)
    (count, slicesEach) = (bands.count, slices.count / max(1, bands.count))
  }

  /// Adds one term to each sum.
  /// - Precondition: there are as many terms as sums.
  public mutating func add(_ terms: UnsafeBufferPointer<Double>) {
    precondition(terms.count == count, "one term for each sum")
    for start in stride(from: 0, to: count, by: Self.block) {
      let block = UnsafeBufferPointer(rebasing: terms[start..<min(start + Self.block, count)])
      for (offset, term) in block.enumerated() where !(term.magnitude < limit(start + offset)) {
        raise(start + offset, to: SliceGrid.band(of: term))
        noteSpecial(term, start + offset)
      }
      withScratch(block.count) { scaled in
        for offset in 0..<block.count {
          let scale = SliceGrid.halfScales[bandIndex(start + offset)]
          scaled[offset] = scale == 0 ? 0 : block[offset] * scale * scale
        }
        slices.withUnsafeMutableBufferPointer { slices in
          for slice in 0..<slicesEach {
            Self.cut(scaled, into: slices.baseAddress! + slice * count + start)
          }
        }
      }
    }
  }

  /// Adds one term to each sum.
  public mutating func add(_ terms: [Double]) { terms.withUnsafeBufferPointer { add($0) } }

  /// Adds many terms to one sum.
  public mutating func add(_ terms: UnsafeBufferPointer<Double>, to sum: Int) {
    for start in stride(from: 0, to: terms.count, by: Self.block) {
      let block = UnsafeBufferPointer(rebasing: terms[start..<min(start + Self.block, terms.count)])
      let limit = limit(sum)
      if !block.quads.allSatisfy({ all(abs($0) .< limit) }) {
        for term in block where !(term.magnitude < self.limit(sum)) {
          raise(sum, to: SliceGrid.band(of: term))
          noteSpecial(term, sum)
        }
      }
      let scale = SliceGrid.halfScales[bandIndex(sum)]
      if scale != 0 { cut(block, scale, into: sum) }
    }
  }

  /// Adds many terms to one sum.
  public mutating func add(_ terms: [Double], to sum: Int) { terms.withUnsafeBufferPointer { add($0, to: sum) } }

  /// Adds `significand · 2^exponent` to one sum, for numbers that need not have a place among the doubles.
  /// - Precondition: the significand is 0 or finite with an exponent near 0.
  mutating func add(significand: Double, exponent: Int, to sum: Int) {
    if significand == 0 || bands[sum] == SliceGrid.special { return }
    raise(sum, to: SliceGrid.band(ofExponent: exponent + Int(significand.exponent)))
    var rest = Double(
      sign: .plus, exponent: max(exponent - SliceGrid.width * Int(bands[sum]), -1000), significand: significand)
    for slice in 0..<slicesEach {
      let whole = (rest + SliceGrid.rounder) - SliceGrid.rounder
      slices[slice * count + sum] &+= Int(whole)
      rest = (rest - whole) * SliceGrid.base
    }
  }

  /// Adds the terms of other sums, each to its own.
  /// - Precondition: there are as many sums, of as many slices.
  public mutating func add(_ other: ReproducibleSums) {
    precondition(other.count == count && other.slicesEach == slicesEach, "sums of one kind")
    var other = other
    for sum in 0..<count {
      raise(sum, to: other.bands[sum])
      other.raise(sum, to: bands[sum])
    }
    for place in slices.indices { slices[place] &+= other.slices[place] }
    for sum in 0..<count where bands[sum] == SliceGrid.special {
      for slice in 0..<slicesEach { slices[slice * count + sum] = min(1, slices[slice * count + sum]) }
    }
  }

  /// The sums, each rounded once to the nearest double.
  public var values: [Double] {
    guard slicesEach == 3 else { return (0..<count).map { total($0).value } }
    var totals = [Int128](repeating: 0, count: count)
    wideTotals(0..<count, inUnitsOf: bands, into: &totals)
    var values = [Double](repeating: 0, count: count)
    totals.withUnsafeBufferPointer { totals in
      bands.withUnsafeBufferPointer { bands in
        values.withUnsafeMutableBufferPointer { Self.round(totals, inUnitsOf: bands, into: $0) }
      }
    }
    return values
  }

  /// One sum at the accuracy that its slices have.
  func total(_ sum: Int) -> SliceTotal {
    SliceTotal(band: bands[sum], slices: (0..<slicesEach).map { slices[$0 * count + sum] })
  }

  /// Brings a sum to a band at or above its own, dropping its lowest slices.
  mutating func raise(_ sum: Int, to band: Int8) {
    guard band > bands[sum] else { return }
    let step = Int(band) - Int(bands[sum])
    for slice in stride(from: slicesEach - 1, through: 0, by: -1) {
      slices[slice * count + sum] = slice >= step ? slices[(slice - step) * count + sum] : 0
    }
    bands[sum] = band
  }

  // MARK: Blocks

  /// Terms that are worked on together; they stay in the first cache.
  private static let block = 512

  private func bandIndex(_ sum: Int) -> Int { Int(UInt8(bitPattern: bands[sum])) }

  private func limit(_ sum: Int) -> Double { SliceGrid.limits[bandIndex(sum)] }

  private mutating func noteSpecial(_ term: Double, _ sum: Int) {
    guard !term.isFinite else { return }
    slices[(term.isNaN ? 2 : term < 0 ? 1 : 0) * count + sum] = 1
  }

  private func withScratch(_ count: Int, _ body: (UnsafeMutableBufferPointer<Double>) -> Void) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { scratch in
      scratch.initialize(repeating: 0)
      body(scratch)
    }
  }

  /// Adds the whole part of each number to a slice of its own, and leaves the rest in units of the next slice.
  private static func cut(_ numbers: UnsafeMutableBufferPointer<Double>, into slices: UnsafeMutablePointer<Int>) {
    let origin = Int(bitPattern: UInt(SliceGrid.rounder.bitPattern))
    for offset in 0..<numbers.count {
      let shifted = numbers[offset] + SliceGrid.rounder
      slices[offset] &+= Int(bitPattern: UInt(shifted.bitPattern)) &- origin
      numbers[offset] = (numbers[offset] - (shifted - SliceGrid.rounder)) * SliceGrid.base
    }
  }

  /// Adds the slices of scaled terms to one sum.
  ///
  /// Four terms at a time go through all slices in registers: 0.5 ns a term and slice, where slice after slice takes 1.9.
  private mutating func cut(_ terms: UnsafeBufferPointer<Double>, _ scale: Double, into sum: Int) {
    let origin = Int(bitPattern: UInt(SliceGrid.rounder.bitPattern)) &* ((terms.count + 3) / 4)
    withUnsafeTemporaryAllocation(of: SIMD4<Int>.self, capacity: slicesEach) { totals in
      totals.initialize(repeating: SIMD4(repeating: 0 &- origin))
      for quad in terms.quads {
        var rest = quad * scale * scale
        for slice in 0..<totals.count {
          let shifted = rest + SliceGrid.rounder
          totals[slice] &+= unsafeBitCast(shifted, to: SIMD4<Int>.self)
          rest = (rest - (shifted - SliceGrid.rounder)) * SliceGrid.base
        }
      }
      for slice in 0..<totals.count { slices[slice * count + sum] &+= totals[slice].wrappedSum() }
    }
  }
}

extension UnsafeBufferPointer<Double> {
  /// The numbers four at a time, with zeros at the end.
  fileprivate var quads: some Sequence<SIMD4<Double>> {
    stride(from: 0, to: count, by: 4).lazy.map { start in
      if start + 4 <= count {
        return UnsafeRawPointer(baseAddress! + start).loadUnaligned(as: SIMD4<Double>.self)
      }
      var last = SIMD4<Double>(repeating: 0)
      for place in start..<count { last[place - start] = self[place] }
      return last
    }
  }
}

private func abs(_ quad: SIMD4<Double>) -> SIMD4<Double> {
  unsafeBitCast(unsafeBitCast(quad, to: SIMD4<UInt>.self) & SIMD4(repeating: UInt(Int.max)), to: SIMD4<Double>.self)
}
