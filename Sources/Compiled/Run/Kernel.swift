import Execution
import Foundation
import Programs
import Synchronization

/// A loaded kernel: owns the library's handle and its entry.
final class Kernel: @unchecked Sendable {
  typealias Entry =
    @convention(c) (
      Int, Int, UnsafePointer<UnsafeRawPointer?>, UnsafePointer<UnsafeMutableRawPointer?>, UnsafeMutableRawPointer
    ) -> Int

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
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .notLoadable(path: path, reason: String(cString: dlerror()))
    }
    guard let entry = dlsym(handle, KernelSource.entry), let lanes = dlsym(handle, "flowmap_lanes"),
      let workspace = dlsym(handle, "flowmap_workspace"),
      let memberWorkspace = dlsym(handle, "flowmap_member_workspace")
    else {
      dlclose(handle)
      throw .notLoadable(path: path, reason: "it is not a kernel")
    }
    self.handle = handle
    self.entry = unsafeBitCast(entry, to: Entry.self)
    self.lanes = Int(lanes.assumingMemoryBound(to: CInt.self).pointee)
    self.workspace = workspace.assumingMemoryBound(to: CLong.self).pointee
    self.memberWorkspace = memberWorkspace.assumingMemoryBound(to: CLong.self).pointee
  }

  deinit { dlclose(handle) }

  /// - Throws: `ExecutionError.outOfMemory`
  func run(members: Int, stride: Int, inputs: [Buffer], outputs: [Buffer]) throws(ExecutionError) {
    var scratch: UnsafeMutableRawPointer?
    let bytes = workspace + memberWorkspace * (stride + lanes)
    guard posix_memalign(&scratch, 64, max(bytes, 64)) == 0, let scratch else {
      throw .outOfMemory(bytes: bytes)
    }
    defer { free(scratch) }
    let sources = inputs.map { UnsafeRawPointer?($0.address) }
    let targets = outputs.map { UnsafeMutableRawPointer?($0.address) }
    laneSteps.add(entry(members, stride, sources, targets, scratch), ordering: .relaxed)
  }
}
