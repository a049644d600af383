/// Bits of the vectors that kernels are compiled for: 64 hold one number in double precision.
public enum VectorWidth: Int, Sendable, CaseIterable {
  case bits128 = 128
  case bits256 = 256
  case bits512 = 512

  /// What this processor's vectors can be, from the narrowest on.
  ///
  /// AVX-512 counts with its part for doubles, as in generated code.
  public static let available: [VectorWidth] = {
    #if arch(x86_64)
      let features = Set(Processor.features.split(whereSeparator: \.isWhitespace))
      guard features.contains("avx") else { return [.bits128] }
      return features.isSuperset(of: ["avx512f", "avx512dq"])
        ? [.bits128, .bits256, .bits512] : [.bits128, .bits256]
    #else
      return [.bits128]
    #endif
  }()

  /// What keeps a C compiler that compiles for this processor from wider vectors.
  var flags: [String] {
    #if arch(x86_64)
      switch self {
      case .bits128: ["-mno-avx"]
      case .bits256: ["-mno-avx512f"]
      case .bits512: []
      }
    #else
      []
    #endif
  }
}
