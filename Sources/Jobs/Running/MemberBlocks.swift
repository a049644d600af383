import Archive
import Cluster

/// How the members of a chunk are cut into blocks, of which several workers can take some.
struct MemberBlocks: Sendable {
  private let layout: ResultsLayout
  /// Members of a block.
  private let size: Int

  /// As many members as the lanes of a tile begin with; more only where a chunk would have too many blocks.
  private static let leastMembers = 16

  init(_ layout: ResultsLayout) {
    self.layout = layout
    let needed = (layout.chunkSize + WorkQueue.mostBlocks - 1) / WorkQueue.mostBlocks
    size = (max(needed, 1) + Self.leastMembers - 1) / Self.leastMembers * Self.leastMembers
  }

  /// Blocks of a chunk; the last may have fewer members.
  func count(ofChunk chunk: Int) -> Int { (layout.members(ofChunk: chunk).count + size - 1) / size }

  /// The members of neighbouring blocks.
  func members(of blocks: Range<Int>, chunk: Int) -> Range<Int> {
    let members = layout.members(ofChunk: chunk)
    let start = members.lowerBound + blocks.lowerBound * size
    return start..<min(members.lowerBound + blocks.upperBound * size, members.upperBound)
  }

  func members(ofBlock block: Int, chunk: Int) -> Range<Int> { members(of: block..<block + 1, chunk: chunk) }
}
