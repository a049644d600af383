import CHDF5
import Foundation

/// Where the members of a virtual file lie in the shards.
struct VirtualMapping {
  private let map: SlotMap
  private let layout: ResultsLayout
  private let gap: MergeOptions.Gap?
  /// The shards' names as HDF5 wants them.
  private let sources: [String]

  /// - Parameter output: where the virtual file will be; shards are named relative to its folder.
  init(_ map: SlotMap, _ layout: ResultsLayout, _ gap: MergeOptions.Gap?, output: String) {
    (self.map, self.layout, self.gap) = (map, layout, gap)
    // HDF5 takes % in the name of a source for a pattern.
    sources = map.shards.map {
      Self.relativePath(of: $0, toFolderOf: output).replacingOccurrences(of: "%", with: "%%")
    }
  }

  /// Writes the virtual file.
  func write(to path: String) throws {
    try NetCDF.create(path, layout, .virtual(mapping: addMappings, gap: gap))
    let file = try HDF5File(writing: path, .serial)
    let member = try file.dataset(ResultsLayout.memberAxis)
    let step = 1 << 20
    for first in stride(from: 0, to: layout.memberCount, by: step) {
      let members = first..<min(layout.memberCount, first + step)
      try member.write(members, flowmap_h5t_int64(), from: members.map { Int64($0) })
    }
    try file.close(after: [member])
  }

  private func addMappings(variable: Int, creation: Handle, space: Handle) throws {
    let name = layout.variables[variable].name
    let inner = layout.innerExtents(layout.variables[variable]).map { hsize_t($0) }
    for run in map.runs(0..<layout.chunkCount) where !run.isMissing {
      // A shard from before the ensemble was extended has fewer rows.
      let extents = [hsize_t(map.shardMembers[run.shard])] + inner
      let source = try HDF5.open("H5Screate_simple", name) { H5Screate_simple(Int32(extents.count), extents, nil) }
      let members = layout.members(ofChunks: run.chunks)
      // A member has the same row here and there.
      try select(source, name, members, inner)
      try select(space, name, members, inner)
      try HDF5.check("H5Pset_virtual", name) {
        H5Pset_virtual(creation.id, space.id, sources[run.shard], name, source.id)
      }
    }
    try HDF5.check("H5Sselect_all", name) { H5Sselect_all(space.id) }
  }

  private func select(_ space: Handle, _ name: String, _ members: Range<Int>, _ inner: [hsize_t]) throws {
    let start = [hsize_t(members.lowerBound)] + inner.map { _ in 0 }
    let counts = [hsize_t(members.count)] + inner
    try HDF5.check("H5Sselect_hyperslab", name) {
      H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, counts, nil)
    }
  }

  /// The way from the folder of `file` to `path`, by `..` where needed.
  static func relativePath(of path: String, toFolderOf file: String) -> String {
    func components(_ path: String) -> [String] {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.pathComponents
    }
    let target = components(path)
    // The file itself may not exist yet, so its folder is resolved without it.
    let parent = file.parentPath
    let folder = components(parent.isEmpty ? "." : parent)
    let common = zip(target, folder).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: folder.count - common) + target[common...]).joined(separator: "/")
  }
}
