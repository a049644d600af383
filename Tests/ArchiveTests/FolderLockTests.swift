import Cluster
import Foundation
import Testing

@testable import Archive

@Suite struct FolderLockTests {
  private func leave(_ holder: [String: Any], in scratch: Scratch) throws {
    let data = try JSONSerialization.data(withJSONObject: holder)
    try data.write(to: URL(fileURLWithPath: scratch("flowmap.lock")))
  }

  /// What a lock of this process says.
  private func own(_ scratch: Scratch) throws -> [String: Any] {
    let lock = try FolderLock(scratch.path, on: .init())
    defer { lock.release() }
    return try #require(
      JSONSerialization.jsonObject(with: contents(scratch("flowmap.lock"))) as? [String: Any])
  }

  @Test func aSecondRunIsRefusedAndToldWhoIsThere() throws {
    let scratch = try Scratch()
    let lock = try FolderLock(scratch.path, on: .init())
    let error = #expect(throws: ArchiveError.self) { try FolderLock(scratch.path, on: .init()) }
    #expect("\(error!)".contains("process \(getpid()) on "), "\(error!)")
    #expect("\(error!)".contains("--break-lock"), "\(error!)")
    #expect(try names(scratch.path) == ["flowmap.lock"])
    lock.release()
    #expect(try names(scratch.path).isEmpty)
    try FolderLock(scratch.path, on: .init()).release()
  }

  @Test func theLockOfADeadProcessOfThisHostIsTakenOver() throws {
    let scratch = try Scratch()
    var holder = try own(scratch)
    // The number of this process, given to another one long ago.
    holder["processStart"] = "1"
    try leave(holder, in: scratch)
    let lock = try FolderLock(scratch.path, on: .init())
    #expect(lock.remark?.contains("took over the lock of process \(getpid())") == true, "\(lock.remark ?? "")")
    #expect(throws: ArchiveError.self) { try FolderLock(scratch.path, on: .init()) }
    lock.release()
    #expect(try names(scratch.path).isEmpty)
  }

  @Test func theLockOfAnotherHostIsOnlyBrokenWhenAsked() throws {
    let scratch = try Scratch()
    var holder = try own(scratch)
    (holder["host"], holder["process"]) = ("node17", 4711)
    try leave(holder, in: scratch)
    let error = #expect(throws: ArchiveError.self) { try FolderLock(scratch.path, on: .init()) }
    #expect("\(error!)".contains("process 4711 on node17"), "\(error!)")
    let lock = try FolderLock(scratch.path, breaking: true, on: .init())
    #expect(lock.remark?.contains("broke the lock of process 4711 on node17") == true)
    lock.release()
  }

  @Test func aLockThatSaysNothingIsOnlyBrokenWhenAsked() throws {
    let scratch = try Scratch()
    try Data().write(to: URL(fileURLWithPath: scratch("flowmap.lock")))
    #expect(throws: ArchiveError.self) { try FolderLock(scratch.path, on: .init()) }
    try FolderLock(scratch.path, breaking: true, on: .init()).release()
  }

  @Test func aLockThatWasBrokenIsNotReleasedByItsOldHolder() throws {
    let scratch = try Scratch()
    let old = try FolderLock(scratch.path, on: .init())
    var holder = try own(Scratch())
    holder["host"] = "node17"
    try leave(holder, in: scratch)
    old.release()
    #expect(try names(scratch.path) == ["flowmap.lock"])
  }

  @Test func anEarlierStartOfTheSameBatchJobHasEnded() throws {
    func start(_ number: String, _ restarts: Int?) -> FolderLock.Holder.BatchJob? {
      var environment = ["SLURM_JOB_ID": number, "SLURM_CLUSTER_NAME": "c"]
      environment["SLURM_RESTART_COUNT"] = restarts.map { "\($0)" }
      return .init(environment: environment)
    }
    let holder = FolderLock.Holder(batchJob: start("7", 1))
    #expect(holder.hasEnded(seenFrom: start("7", 2)))
    for other in [start("7", 1), start("7", nil), start("8", 2), nil] { #expect(!holder.hasEnded(seenFrom: other)) }
  }
}
