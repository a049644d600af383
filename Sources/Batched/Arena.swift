/// Hands out stretches of a frame's memory, first fit, and takes them back when their value is dead.
struct Arena {
  private var free: [Range<Int>] = []
  /// Numbers that the frame needs.
  private(set) var size = 0

  /// Stretches start at whole cache lines of the widest number type.
  private static let granule = 16

  mutating func allocate(_ count: Int) -> Range<Int> {
    let count = (max(count, 1) + Self.granule - 1) / Self.granule * Self.granule
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

  mutating func release(_ stretch: Range<Int>) {
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
