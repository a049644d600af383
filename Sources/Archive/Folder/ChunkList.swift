/// Some of a job's chunks, in order, as runs of neighbours.
///
/// A queue numbers what is to be done from 0; the list says which chunk each number stands for.
public struct ChunkList: Equatable, Sendable {
  /// Runs of neighbours, in order, none empty.
  public let ranges: [Range<Int>]
  /// How many chunks come before each run.
  private let starts: [Int]
  public let count: Int

  /// - Precondition: the ranges are in order and do not overlap.
  public init(_ ranges: [Range<Int>]) {
    var (kept, starts, count): ([Range<Int>], [Int], Int) = ([], [], 0)
    for range in ranges where !range.isEmpty {
      if let last = kept.last, last.upperBound == range.lowerBound {
        kept[kept.count - 1] = last.lowerBound..<range.upperBound
      } else {
        precondition(kept.last.map { $0.upperBound < range.lowerBound } ?? true, "chunks in order")
        kept.append(range)
        starts.append(count)
      }
      count += range.count
    }
    (self.ranges, self.starts, self.count) = (kept, starts, count)
  }

  /// Chunks in ascending order.
  init(sorted chunks: [Int]) { self.init(chunks.map { $0..<$0 + 1 }) }

  public var isEmpty: Bool { count == 0 }

  /// The chunk with number `position` in the list. Takes a time that grows with the logarithm of the number of runs.
  public subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count, "no such chunk in the list")
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle } else { high = middle }
    }
    return ranges[low].lowerBound + position - starts[low]
  }
}
