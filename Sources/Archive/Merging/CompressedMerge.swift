import CHDF5
import Cluster
import Foundation

/// A merge with compression: in every round some ranks read and compress a block each, and rank 0 writes them in order.
struct CompressedMerge {
  /// Blocks in a round at most, so that what rank 0 gets at a time has a bound.
  private static let width = 8

  private let blocks: MergeBlocks
  private let pieces: [Pieces]
  private let communicator: Communicator
  private let reader: BlockReader
  private let output: String

  init(
    _ map: SlotMap, _ layout: ResultsLayout, _ blocks: MergeBlocks, _ pieces: [Pieces], _ gap: MergeOptions.Gap?,
    output: String, _ communicator: Communicator
  ) {
    (self.blocks, self.pieces, self.communicator) = (blocks, pieces, communicator)
    (reader, self.output) = (BlockReader(map, layout, gap), output)
  }

  /// - Returns: the chunks that this rank could not have, and why.
  func run() throws -> (missed: [Int], damage: [String]) {
    let layout = reader.layout
    let file = try communicator.together { communicator.rank == 0 ? try HDF5File(writing: output, .serial) : nil }
    let datasets = try communicator.together {
      (
        try file?.dataset(ResultsLayout.memberAxis),
        try file.map { file in try layout.variables.map { try file.dataset($0.name) } }
      )
    }
    let width = min(Self.width, communicator.size)
    var checksums: [UInt64] = []
    for first in stride(from: 0, to: blocks.count, by: width) {
      let parcel = try communicator.together { () -> [UInt8] in
        let block = first + communicator.rank
        return communicator.rank < width && block < blocks.count ? try compress(blocks[block]) : []
      }
      let parcels = try communicator.gather(parcel)
      try communicator.together {
        guard let parcels, let member = datasets.0, let variables = datasets.1 else { return }
        for (number, parcel) in parcels.prefix(min(width, blocks.count - first)).enumerated() {
          checksums.append(try write(parcel, blocks[first + number], member, variables))
        }
      }
    }
    try communicator.together {
      guard let file else { return }
      try file.close(after: (datasets.1 ?? []) + [datasets.0].compactMap { $0 })
      try NetCDF.record(FileChecksum.text(blocks, checksums), in: output)
    }
    return (reader.missed, reader.damage)
  }

  /// The block's checksum, and behind it the pieces of every variable.
  private func compress(_ members: Range<Int>) throws -> [UInt8] {
    var parcel = withUnsafeBytes(of: reader.read(members)) { Array($0) }
    for (index, variable) in reader.layout.variables.enumerated() {
      parcel += try Compressor.pieces(
        of: reader.bytes(index, members), variable, inner: reader.layout.innerExtents(variable), members: members.count,
        pieces[index])
    }
    return parcel
  }

  private func write(
    _ parcel: [UInt8], _ members: Range<Int>, _ member: RowDataset, _ variables: [RowDataset]
  ) throws -> UInt64 {
    let checksum = parcel.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    var rest = parcel[8...]
    try FullDisk.explained(output, bytes: parcel.count + members.count * MemoryLayout<Int64>.size) {
      try member.write(members, flowmap_h5t_int64(), from: members.map { Int64($0) })
      for (index, variable) in reader.layout.variables.enumerated() {
        try Compressor.write(
          &rest, to: variables[index], members: members, inner: reader.layout.innerExtents(variable), pieces[index])
      }
    }
    return checksum
  }
}
