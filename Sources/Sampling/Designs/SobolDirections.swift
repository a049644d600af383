/// The direction numbers of one dimension: point n is the sum, without carries, of those that the Gray code of n names.
struct SobolDirections: Sendable {
  /// Number k as a 64-bit binary fraction; its leading one stands k + 1 places behind the point.
  let numbers: [UInt64]
  /// Point 0 where the points are scrambled; else it is 0.
  let shift: UInt64?

  private init(numbers: [UInt64], shift: UInt64? = nil) {
    self.numbers = numbers
    self.shift = shift
  }

  /// The first `count` dimensions.
  static func dimensions(_ count: Int) -> [SobolDirections] {
    guard count > 0 else { return [] }
    let lines = SobolNumbers.table.description.split(separator: "\n").prefix(count - 1)
    return [vanDerCorput] + lines.map(recurrence)
  }

  private static var vanDerCorput: SobolDirections {
    SobolDirections(numbers: (0..<64).map { 1 << (63 - $0) })
  }

  /// A line "s a m₁ … mₛ": mₖ = 2a₁mₖ₋₁ ⊕ 4a₂mₖ₋₂ ⊕ … ⊕ 2ˢmₖ₋ₛ ⊕ mₖ₋ₛ, here of vₖ = mₖ / 2ᵏ.
  private static func recurrence(_ line: Substring) -> SobolDirections {
    let fields = line.split(separator: " ").map { UInt64($0)! }
    let degree = Int(fields[0])
    let coefficients = fields[1]
    var numbers = fields[2...].enumerated().map { k, m in m << UInt64(63 - k) }
    for k in degree..<64 {
      var number = numbers[k - degree] ^ numbers[k - degree] >> UInt64(degree)
      for j in 1..<max(1, degree) where coefficients >> UInt64(degree - 1 - j) & 1 == 1 {
        number ^= numbers[k - j]
      }
      numbers.append(number)
    }
    return SobolDirections(numbers: numbers)
  }

  /// The same dimension with its binary digits sent through a random lower triangular matrix with ones on its diagonal,
  /// and then shifted at random. The map is linear, so it is made once, on the direction numbers, and points cost
  /// nothing more.
  func scrambled(by generator: Philox4x64, stream: Int) -> SobolDirections {
    var words: [UInt64] = []
    for block in 0...16 {
      let four = generator.words(member: UInt64(stream), block: UInt64(block))
      words += [four.0, four.1, four.2, four.3]
    }
    let scrambled = numbers.map { number in
      var result: UInt64 = 0
      for digit in 0..<64 where number >> UInt64(63 - digit) & 1 == 1 {
        // Column `digit` of the matrix: one on the diagonal, anything below, nothing above.
        let diagonal = 1 << UInt64(63 - digit) as UInt64
        result ^= diagonal | words[digit] & (diagonal - 1)
      }
      return result
    }
    return SobolDirections(numbers: scrambled, shift: words[64])
  }

  /// Writes points `range`: as they are, or, scrambled, from the middle of their cells of width 2⁻⁵².
  func fill(_ range: Range<Int>, into column: UnsafeMutablePointer<Double>) {
    if shift == nil {
      fill(range) { column[$0] = Double(Int64(truncatingIfNeeded: $1 >> 11)) * 0x1p-53 }
    } else {
      fill(range) { column[$0] = Double(openUnit: $1) }
    }
  }

  @inline(__always)
  private func fill(_ range: Range<Int>, _ write: (_ offset: Int, _ point: UInt64) -> Void) {
    var point = self[range.lowerBound]
    numbers.withUnsafeBufferPointer { numbers in
      for offset in 0..<range.count {
        write(offset, point)
        // The Gray codes of n and n + 1 differ in the place of the lowest zero of n.
        point ^= numbers[(~(range.lowerBound + offset)).trailingZeroBitCount & 63]
      }
    }
  }

  /// Point `index`, as a binary fraction.
  subscript(index: Int) -> UInt64 {
    var gray = index ^ index >> 1
    var point = shift ?? 0
    while gray != 0 {
      point ^= numbers[gray.trailingZeroBitCount]
      gray &= gray - 1
    }
    return point
  }
}
