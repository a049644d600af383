/// The counter-based generator Philox4x64-10: 256 random bits as a pure function of a key and a counter.
///
/// Nothing is carried from one draw to the next, so the numbers of a member do not depend on who draws them, in what
/// order, or how many draws came before. The key is (seed, purpose), so that two uses of one seed never share numbers;
/// the counter is (member, block, 0, 0), and a block holds four draws.
///
/// - Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11.
///   The words are those of Random123's `philox4x64` with 10 rounds and of NumPy's `Philox`.
public struct Philox4x64: Sendable {
  /// The name that files record beside a seed. It changes whenever the numbers of a seed would change.
  public static let name = "Philox4x64-10"

  /// Four random words, the answer to one counter.
  public typealias Words = (UInt64, UInt64, UInt64, UInt64)

  /// What the numbers are for. Purposes of one seed are independent streams; a raw value, once used, keeps its meaning.
  public enum Purpose: UInt64, Sendable, CaseIterable {
    case randomDesign = 1
    case latinHypercubePermutation = 2
    case latinHypercubeJitter = 3
    case sobolScramble = 4
    /// Draws made by a model while it runs.
    case model = 5
  }

  let key: (UInt64, UInt64)

  public init(seed: UInt64, purpose: Purpose) {
    self.init(key: (seed, purpose.rawValue))
  }

  init(key: (UInt64, UInt64)) {
    self.key = key
  }

  /// The words of a member's block number `block`: its draws 4·block, …, 4·block + 3.
  @inline(__always)
  public func words(member: UInt64, block: UInt64) -> Words {
    words(counter: (member, block, 0, 0))
  }

  @inline(__always)
  func words(counter: Words) -> Words {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
      let a = c0.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93)
      let b = c2.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
      (c0, c1, c2, c3) = (b.high ^ c1 ^ k0, b.low, a.high ^ c3 ^ k1, a.low)
      k0 &+= 0x9E37_79B9_7F4A_7C15  // the golden ratio
      k1 &+= 0xBB67_AE85_84CA_A73B  // √3 − 1
    }
    return (c0, c1, c2, c3)
  }
}

extension Double {
  /// A number strictly inside (0, 1) from 64 random bits: (⌊bits / 2¹²⌋ + 1/2) · 2⁻⁵², exactly.
  ///
  /// The least value is 2⁻⁵³, the greatest 1 − 2⁻⁵³, and the numbers lie symmetrically about 1/2.
  @inline(__always)
  public init(openUnit bits: UInt64) {
    // A half fits: the whole part has 52 bits.
    self = (Double(Int64(truncatingIfNeeded: bits >> 12)) + 0.5) * 0x1p-52
  }
}
