import CHDF5
import Cluster
import Foundation

/// A file that a merge has made, to be checked against the checksum in it.
public struct MergedFile {
  public let path: String
  public let members: Int

  /// Reads all of a merged file and compares it with its checksum. Collective over all ranks, which share the reading.
  ///
  /// - Throws: `ArchiveError.damagedFile` if it does not match, or has no checksum; `.file` or `.hdf5` if it cannot be read.
  public init(verifying path: String, on communicator: Communicator) throws {
    self.path = path
    var failure: String?
    var checksums: [UInt64] = []
    var (stated, blocks) = ("", MergeBlocks(memberCount: 0, size: 1))
    try communicator.together {
      let file = try HDF5File(reading: path)
      guard case .text(let text)? = try file.attributes(of: file.id, path).first(FileChecksum.attribute),
        let size = FileChecksum.blockSize(text)
      else {
        throw ArchiveError.damagedFile(
          path: path, reason: "it has no checksum, so it is virtual or not one that flowmap has merged")
      }
      let member = try file.dataset(ResultsLayout.memberAxis)
      let variables = try Self.variables(file)
      (stated, blocks) = (text, MergeBlocks(memberCount: member.extents[0], size: size))
      let (rank, ranks) = (communicator.rank, communicator.size)
      for block in blocks.count * rank / ranks..<blocks.count * (rank + 1) / ranks {
        do {
          checksums.append(try Self.checksum(blocks[block], variables, member))
        } catch {
          failure = failure ?? "\(error)"
        }
      }
    }
    let all = try communicator.union(checksums.map { Int(truncatingIfNeeded: $0) })
    let failures = try communicator.union(failure == nil ? [] : [communicator.rank])
    let isRight = FileChecksum.text(blocks, all.map { UInt64(truncatingIfNeeded: $0) }) == stated
    guard failures.isEmpty, isRight else {
      throw ArchiveError.damagedFile(path: path, reason: failure ?? "its data do not match the checksum in it")
    }
    members = blocks.memberCount
  }

  /// The variables that the checksum covers, in the order of the file: all but dimensions.
  private static func variables(_ file: HDF5File) throws -> [(dataset: RowDataset, type: ElementType)] {
    try file.datasetNames().compactMap { name in
      let dataset = try file.dataset(name)
      guard try file.attributes(of: dataset.id, dataset.name).first("CLASS") != .text("DIMENSION_SCALE") else {
        return nil
      }
      let type = try HDF5.open("H5Dget_type", dataset.name) { H5Dget_type(dataset.id) }
      let found = ElementType.allCases.first { candidate in HDF5.serially { H5Tequal(type.id, candidate.hdf5) } > 0 }
      guard let found else {
        throw ArchiveError.damagedFile(path: file.path, reason: "\(name) has a type that flowmap does not write")
      }
      return (dataset, found)
    }
  }

  private static func checksum(
    _ members: Range<Int>, _ variables: [(dataset: RowDataset, type: ElementType)], _ member: RowDataset
  ) throws -> UInt64 {
    var numbers = [Int64](repeating: -1, count: members.count)
    try member.read(members, flowmap_h5t_int64(), into: &numbers)
    guard zip(numbers, members).allSatisfy({ $0 == $1 }) else {
      throw ArchiveError.damagedFile(path: member.name, reason: "members are not numbered in order")
    }
    let checksum = Checksum()
    for (dataset, type) in variables {
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: members.count * dataset.rowLength * type.size, alignment: 64)
      defer { buffer.deallocate() }
      try dataset.read(members, type.hdf5, into: buffer.baseAddress!)
      checksum.add(UnsafeRawBufferPointer(buffer))
    }
    return checksum.value
  }
}
