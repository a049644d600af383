import Foundation

/// Reads the blocks of a merged file out of the shards, and fills their gaps.
final class BlockReader {
  let layout: ResultsLayout
  private let source: ChunkSource
  private let gap: MergeOptions.Gap?
  private let buffers: ChunkBuffers
  /// Chunks that no shard had undamaged and no gap stands for.
  private(set) var missed: [Int] = []
  var damage: [String] { source.damage }

  init(_ map: SlotMap, _ layout: ResultsLayout, _ gap: MergeOptions.Gap?) {
    (self.layout, source, self.gap) = (layout, ChunkSource(map), gap)
    buffers = ChunkBuffers(layout)
  }

  /// Reads the members of a block.
  ///
  /// - Returns: their checksum.
  func read(_ members: Range<Int>) -> UInt64 {
    for chunk in source.read(layout.chunks(covering: members), into: buffers) {
      if let gap { fill(layout.members(ofChunk: chunk), gap) } else { missed.append(chunk) }
    }
    let checksum = Checksum()
    for variable in layout.variables.indices { checksum.add(UnsafeRawBufferPointer(bytes(variable, members))) }
    return checksum.value
  }

  /// The bytes of a variable for some members of the block that was read last.
  func bytes(_ variable: Int, _ members: Range<Int>) -> UnsafeMutableRawBufferPointer {
    buffers.bytes(variable, members: members)
  }

  private func fill(_ members: Range<Int>, _ gap: MergeOptions.Gap) {
    for (index, variable) in layout.variables.enumerated() {
      let bytes = bytes(index, members)
      switch (variable.elementType, variable.elementType.nothing) {
      case (.float64, _): fill(bytes, Double.nan)
      case (.float32, _): fill(bytes, Float.nan)
      case (let type, .lowest(let lowest)):
        let value = variable.name == gap.variable ? gap.value : lowest
        switch type {
        case .int64: fill(bytes, Int64(value))
        case .int32: fill(bytes, Int32(value))
        case .int8: fill(bytes, Int8(value))
        case .float64, .float32: preconditionFailure("floating-point numbers have NaN")
        }
      case (_, .nan): preconditionFailure("integers have no NaN")
      }
    }
  }

  private func fill<Value>(_ bytes: UnsafeMutableRawBufferPointer, _ value: Value) {
    bytes.assumingMemoryBound(to: Value.self).update(repeating: value)
  }
}
