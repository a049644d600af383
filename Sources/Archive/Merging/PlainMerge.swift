import CHDF5
import Cluster
import Foundation

/// A merge without compression: every rank reads a share of the blocks and writes them into their rows.
struct PlainMerge {
  private let blocks: MergeBlocks
  private let communicator: Communicator
  private let reader: BlockReader
  private let file: HDF5File
  private let member: RowDataset
  private let variables: [RowDataset]

  /// Opens the file, which exists with all its space. Collective over all ranks.
  init(
    _ map: SlotMap, _ layout: ResultsLayout, _ blocks: MergeBlocks, _ gap: MergeOptions.Gap?, output: String,
    _ communicator: Communicator
  ) throws {
    (self.blocks, self.communicator, reader) = (blocks, communicator, BlockReader(map, layout, gap))
    (file, member, variables) = try communicator.together {
      let file = try HDF5File(writing: output, communicator.world.map { .parallel($0) } ?? .serial)
      return (
        file, try file.dataset(ResultsLayout.memberAxis), try layout.variables.map { try file.dataset($0.name) }
      )
    }
  }

  /// - Returns: the chunks that this rank could not have, and why.
  func run() throws -> (missed: [Int], damage: [String]) {
    var checksums: [UInt64] = []
    try communicator.together {
      // Both happen, so that a rank that failed does not leave the others in a collective close.
      let copying = Result { checksums = try copy() }
      try file.close(after: variables + [member])
      try copying.get()
    }
    // Ranks have neighbouring shares, so their order is that of the blocks.
    let all = try communicator.union(checksums.map { Int(truncatingIfNeeded: $0) })
    try communicator.together {
      guard communicator.rank == 0, reader.missed.isEmpty else { return }
      try NetCDF.record(FileChecksum.text(blocks, all.map { UInt64(truncatingIfNeeded: $0) }), in: file.path)
    }
    return (reader.missed, reader.damage)
  }

  private func copy() throws -> [UInt64] {
    let (rank, size) = (communicator.rank, communicator.size)
    return try (blocks.count * rank / size..<blocks.count * (rank + 1) / size).map { block in
      let members = blocks[block]
      let checksum = reader.read(members)
      guard reader.missed.isEmpty else { return checksum }
      let layout = reader.layout
      try FullDisk.explained(file.path, bytes: members.count * (layout.memberBytes + MemoryLayout<Int64>.size)) {
        for (index, variable) in layout.variables.enumerated() {
          let bytes = reader.bytes(index, members)
          try variables[index].write(members, variable.elementType.hdf5, from: bytes.baseAddress!)
        }
        try member.write(members, flowmap_h5t_int64(), from: members.map { Int64($0) })
      }
      return checksum
    }
  }
}
