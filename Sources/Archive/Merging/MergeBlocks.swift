/// The members of a merged file in blocks, the unit in which data move and are checked.
///
/// They follow from the variables alone, not from the job's chunks, so that a file has the same bytes however its members
/// were computed.
struct MergeBlocks: Equatable {
  let memberCount: Int
  /// Members in every block but the last: a power of two.
  let size: Int

  /// - Parameter bytes: about how large a block may be.
  init(_ layout: ResultsLayout, bytes: Int) {
    self.init(memberCount: layout.memberCount, size: Self.powerOfTwo(upTo: bytes / max(1, layout.memberBytes)))
  }

  init(memberCount: Int, size: Int) { (self.memberCount, self.size) = (memberCount, size) }

  var count: Int { (memberCount + size - 1) / size }

  subscript(block: Int) -> Range<Int> { block * size..<min(memberCount, (block + 1) * size) }

  /// The largest power of two that is at most `number`, and at least 1.
  static func powerOfTwo(upTo number: Int) -> Int {
    number <= 1 ? 1 : 1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
  }
}

/// The checksum of a merged file: of every block's bytes, variable by variable, and of these checksums in order.
///
/// It covers what HDF5 does not check itself, the data of variables and coordinates.
enum FileChecksum {
  static let attribute = "flowmap_checksum"

  static func text(_ blocks: MergeBlocks, _ checksums: [UInt64]) -> String {
    let digits = String(Checksum.of(checksums), radix: 16)
    return "xxh3 of blocks of \(blocks.size) members: " + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The number of members in a block, from such a text; nil if it is none.
  static func blockSize(_ text: String) -> Int? {
    guard let match = text.wholeMatch(of: /xxh3 of blocks of (\d{1,18}) members: [0-9a-f]{16}/) else { return nil }
    return Int(match.1).flatMap { $0 > 0 ? $0 : nil }
  }
}
