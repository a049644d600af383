/// Plans memory that values share by their lifetimes: hands out stretches, first fit, and takes them back when their
/// value is dead. Units are the executor's own (numbers, vectors).
public struct Arena {
  private var free: [Range<Int>] = []
  /// Units needed in all.
  public private(set) var size = 0
  private let granule: Int

  /// - Parameter granule: stretches begin and end at multiples of it.
  public init(granule: Int = 1) { self.granule = granule }

  public mutating func allocate(_ count: Int) -> Range<Int> {
    let count = (max(count, 1) + granule - 1) / granule * granule
    if let position = free.firstIndex(where: { $0.count >= count }) {
      let stretch = free[position]
      let taken = stretch.lowerBound..<stretch.lowerBound + count
      if stretch.count == count {
        free.remove(at: position)
      } else {
        free[position] = taken.upperBound..<stretch.upperBound
      }
      return taken
    }
    let taken = size..<size + count
    size += count
    return taken
  }

  public mutating func release(_ stretch: Range<Int>) {
    let position = free.firstIndex { $0.lowerBound > stretch.lowerBound } ?? free.count
    free.insert(stretch, at: position)
    if position + 1 < free.count, free[position + 1].lowerBound == free[position].upperBound {
      free[position] = free[position].lowerBound..<free[position + 1].upperBound
      free.remove(at: position + 1)
    }
    if position > 0, free[position - 1].upperBound == free[position].lowerBound {
      free[position - 1] = free[position - 1].lowerBound..<free[position].upperBound
      free.remove(at: position)
    }
  }
}
