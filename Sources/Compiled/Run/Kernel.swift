import Execution
import Foundation
import Programs
import Synchronization

/// A loaded kernel: owns the library's handle and its entry.
final class Kernel: @unchecked Sendable {
  typealias Entry =
    @convention(c) (
      Int, Int, UnsafePointer<UnsafeRawPointer?>, UnsafePointer<UnsafeMutableRawPointer?>, UnsafeMutableRawPointer,
      UnsafeMutableRawPointer
    ) -> Int

  /// The C struct `Feed` of kernels.
  private struct Feed {
    var more: (@convention(c) (UnsafeMutableRawPointer) -> Int)?
    var context: UnsafeMutableRawPointer?
    /// The members granted so far.
    var end: Int

    init(members: Int, _ feed: MemberFeed?) {
      guard let feed else {
        (more, context, end) = (nil, nil, members)
        return
      }
      more = { Unmanaged<MemberFeed>.fromOpaque($0).takeUnretainedValue().more() }
      (context, end) = (Unmanaged.passUnretained(feed).toOpaque(), 0)
    }
  }

  /// Turns of loops over lanes so far, counted for every lane.
  let laneSteps = Atomic(0)
  private let handle: UnsafeMutableRawPointer
  private let entry: Entry
  /// Members a tile.
  let lanes: Int
  /// Bytes of scratch memory that one running thread needs, and so many more a member.
  let workspace: Int
  let memberWorkspace: Int

  /// - Throws: `CompilerError.notLoadable`
  init(path: String) throws(CompilerError) {
    let opening = LoadedCode.alone {
      let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)
      return (handle: handle, reason: handle == nil ? String(cString: dlerror()) : "")
    }
    guard let handle = opening.handle else { throw .notLoadable(path: path, reason: opening.reason) }
    guard let entry = dlsym(handle, KernelSource.entry), let lanes = dlsym(handle, "flowmap_lanes"),
      let workspace = dlsym(handle, "flowmap_workspace"),
      let memberWorkspace = dlsym(handle, "flowmap_member_workspace")
    else {
      LoadedCode.alone { _ = dlclose(handle) }
      throw .notLoadable(path: path, reason: "it is not a kernel")
    }
    self.handle = handle
    self.entry = unsafeBitCast(entry, to: Entry.self)
    self.lanes = Int(lanes.assumingMemoryBound(to: CInt.self).pointee)
    self.workspace = workspace.assumingMemoryBound(to: CLong.self).pointee
    self.memberWorkspace = memberWorkspace.assumingMemoryBound(to: CLong.self).pointee
  }

  deinit {
    LoadedCode.alone { _ = dlclose(handle) }
    WorkspacePool.shared.clear()
  }

  /// - Returns: how many members were computed, from the first on.
  /// - Throws: `ExecutionError.outOfMemory`
  func run(
    members: Int, from source: MemberFeed?, stride: Int, inputs: [Buffer], outputs: [Buffer]
  ) throws(ExecutionError) -> Int {
    let sources = inputs.map { UnsafeRawPointer?($0.address) }
    let targets = outputs.map { UnsafeMutableRawPointer?($0.address) }
    var feed = Feed(members: members, source)
    let turns = try WorkspacePool.shared.with(workspace + memberWorkspace * (stride + lanes)) { scratch in
      withExtendedLifetime(source) { entry(members, stride, sources, targets, scratch, &feed) }
    }
    laneSteps.add(turns, ordering: .relaxed)
    return feed.end
  }
}
