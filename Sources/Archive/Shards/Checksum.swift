import CXXHash

/// XXH3 over bytes that come in pieces, at the speed of memory.
///
/// - Source: Y. Collet, xxHash, https://xxhash.com: 64 and 128 bits, seed 0.
struct Checksum: ~Copyable {
  private let state = XXH3_createState()

  init() { _ = XXH3_64bits_reset(state) }

  deinit { _ = XXH3_freeState(state) }

  func add(_ bytes: UnsafeRawBufferPointer) { _ = XXH3_64bits_update(state, bytes.baseAddress, bytes.count) }

  var value: UInt64 { XXH3_64bits_digest(state) }

  static func of(_ words: [UInt64]) -> UInt64 {
    words.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }

  /// 128 bits of the text's UTF-8 bytes, as 32 hexadecimal digits.
  static func digest(_ text: String) -> String {
    let hash = Array(text.utf8).withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
    return [hash.high64, hash.low64].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
