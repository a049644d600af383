/// A pseudo-random permutation of 0 ..< count, any element of it in constant time.
///
/// Up to 1,024 elements it is a shuffled table (Fisher and Yates), because a cipher on so few bits reaches too few of
/// the permutations. Above that it is a Feistel network of eight rounds on the fewest bits that hold `count`; a value
/// at or past `count` is sent through again until it falls inside (under two passes on average), which keeps it a
/// permutation. No memory grows with `count`.
///
/// - Source: J. Black, P. Rogaway, Ciphers with arbitrary finite domains, CT-RSA 2002 (cycle walking).
struct KeyedPermutation: Sendable {
  static let largestTable = 1024
  /// Bounds the bits of a half, so that the top of a 64-bit product always holds enough mixed ones.
  static let largestCount = 1 << 48

  let count: Int
  private let table: [Int]
  private let keys: SIMD8<UInt64>
  private let wideBits: UInt64
  private let narrowBits: UInt64

  /// The permutation number `stream` of a generator.
  init(count: Int, generator: Philox4x64, stream: Int) {
    precondition(count > 0 && count <= Self.largestCount, "a permutation has 1 to 2^48 elements, not \(count)")
    self.count = count
    let bits = UInt64(Int.bitWidth - (count - 1).leadingZeroBitCount)
    narrowBits = bits / 2
    wideBits = bits - narrowBits
    let first = generator.words(member: UInt64(stream), block: 0)
    let second = generator.words(member: UInt64(stream), block: 1)
    keys = SIMD8(first.0, first.1, first.2, first.3, second.0, second.1, second.2, second.3)
    table = count <= Self.largestTable ? Self.shuffled(count, generator: generator, stream: stream) : []
  }

  @inline(__always)
  subscript(index: Int) -> Int {
    if !table.isEmpty { return table[index] }
    var value = UInt64(index)
    repeat { value = encrypted(value) } while value >= UInt64(count)
    return Int(value)
  }

  /// One pass of the network. The halves have unlike widths when the bits are odd, and trade places every round; after
  /// an even number of rounds each is as wide as it was.
  @inline(__always)
  private func encrypted(_ value: UInt64) -> UInt64 {
    let narrowMask = (1 &<< narrowBits) &- 1 as UInt64
    let wideMask = (1 &<< wideBits) &- 1 as UInt64
    var narrow = value &>> wideBits
    var wide = value & wideMask
    for round in stride(from: 0, to: 8, by: 2) {
      narrow ^= Self.mixed(wide, keys[round]) & narrowMask
      wide ^= Self.mixed(narrow, keys[round + 1]) & wideMask
    }
    return narrow &<< wideBits | wide
  }

  @inline(__always)
  private static func mixed(_ value: UInt64, _ key: UInt64) -> UInt64 {
    var hash = (value ^ key) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash &>> 32
    hash &*= 0xD6E8_FEB8_6659_FD93
    return hash &>> 32
  }

  private static func shuffled(_ count: Int, generator: Philox4x64, stream: Int) -> [Int] {
    var table = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      // Blocks 0 and 1 are the network's keys. The high word of the product is even to one part in 2⁵⁴.
      let word = generator.words(member: UInt64(stream), block: UInt64(last) + 2).0
      table.swapAt(last, Int(word.multipliedFullWidth(by: UInt64(last) + 1).high))
    }
    return table
  }
}
