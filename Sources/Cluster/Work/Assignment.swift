/// What a worker computes: blocks of a chunk, from the first on, until nothing is left. Helpers may take blocks at the end
/// away while it does.
public struct Assignment: Sendable {
  public let chunk: Int
  /// The blocks that were given.
  public let blocks: Range<Int>
  /// Which of its two sets of buffers the worker uses.
  public let turn: Int
  let place: Int
  let origin: Int
  let hands: WorkInHand

  /// The next block to compute, or nil if nothing is left.
  public func nextBlock() -> Int? { hands.takeBlock(of: place) }

  /// The blocks that were begun so far.
  var begun: Range<Int> { hands.begun(in: place) }

  /// The blocks that nobody has begun.
  var rest: Range<Int> { hands.rest(of: place) }

  /// Whether the chunk came here first, so that it is complete only here.
  var isOrigin: Bool { place == origin }
}

/// Blocks of a chunk that were computed by one worker.
public struct ComputedBlocks: Equatable, Sendable {
  public var chunk: Int
  public var blocks: Range<Int>
  /// Whether these are all blocks of the chunk.
  public var isWhole: Bool
}
