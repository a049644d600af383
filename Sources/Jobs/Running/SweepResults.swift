import Archive
import Cluster
import Dynamics
import Sampling

/// The folder of a sweep's results, claimed by this run, and what it holds already.
public final class SweepResults {
  /// What to do with results that are there.
  public enum Treatment: Sendable {
    /// Computes what is missing of the same job.
    case resume
    /// The same, also for a job that has got more members since.
    case extend
    /// Leaves them alone, and makes a folder of its own beside them.
    case fresh
  }

  public let folder: ResultsFolder
  /// The plan, with members laid out as they are in the folder.
  public let plan: SweepPlan
  /// What is there.
  public let census: Census
  /// Members that are there, by status.
  public let statuses: [Int]
  /// What this rank has read of them.
  let tally: SweepTally
  /// Whether there were results before.
  public let isContinued: Bool
  private let lock: FolderLock

  /// What the user may want to know about the folder; known to rank 0.
  public var remarks: [String] {
    let ignored = (try? FolderListing(folder.path).ignored) ?? []
    let files = ignored.isEmpty ? [] : ["ignored in \(folder.path): \(ignored.joined(separator: ", "))"]
    return files + census.damage.map { "not used: \($0)" }
  }

  /// Whose lock was taken over, if any; for the log.
  public var lockRemark: String? { lock.remark }

  /// Claims the folder, and finds out what is missing there. Collective over all ranks.
  ///
  /// Every committed chunk is read and compared with its checksum, and its members with the points that the plan gives
  /// them: a member is its point.
  ///
  /// - Throws: `ArchiveError`; nothing was written then, and the folder is free again.
  public init(
    _ plan: SweepPlan, in path: String, treatment: Treatment = .resume, breakingLock: Bool = false,
    on communicator: Communicator
  ) throws {
    let path = try communicator.broadcast(
      communicator.together {
        guard communicator.rank == 0 else { return path }
        if treatment == .fresh { return try FolderListing.makeFresh(path) }
        try FolderListing.make(path)
        return path
      })
    lock = try FolderLock(path, breaking: breakingLock, on: communicator)
    do {
      let found = try ResultsFolder.found(at: path, on: communicator)
      let folder = try Self.folder(found, plan, path, treatment)
      let plan = plan.laidOut(as: folder.layout)
      let tally = Tally(plan, folder)
      census = try folder.census(on: communicator, visit: tally.visit)
      try plan.checkRoom(in: path, beside: census, on: communicator)
      statuses = try communicator.allreduce(tally.statuses, .sum)
      self.tally = tally.members
      if found?.job != folder.job {
        try communicator.together { if communicator.rank == 0 { try folder.write() } }
      }
      (self.folder, self.plan, isContinued) = (folder, plan, found != nil)
    } catch {
      lock.release()
      throw error
    }
  }

  /// Gives the folder free. After the last shard is closed.
  public func close() { lock.release() }

  /// The folder as this run will write it.
  private static func folder(
    _ found: ResultsFolder?, _ plan: SweepPlan, _ path: String, _ treatment: Treatment
  ) throws -> ResultsFolder {
    guard let found else { return ResultsFolder(path: path, job: plan.definition, layout: plan.layout) }
    guard JobDocument.canCompareModels(of: found.definition, and: plan.definition) else {
      throw ArchiveError.modelNotComparable(folder: path)
    }
    guard treatment == .extend, found.job != plan.definition.identity else {
      try found.check(plan.definition, plan.layout)
      return found
    }
    let changes = found.definition.changes(to: plan.definition).filter { !JobDocument.isAboutMembers($0) }
    guard changes.isEmpty else { throw ArchiveError.changedJob(folder: path, changes: changes) }
    return try found.extended(to: plan.definition, layout: plan.layout)
  }
}

/// Counts the members that are there by status, tallies their outputs, and compares their points with those of the plan.
private final class Tally {
  private let plan: SweepPlan
  private let folder: ResultsFolder
  private let statusVariable: Int?
  private(set) var statuses = Array(repeating: 0, count: Status.allCases.count)
  private(set) var members: SweepTally

  init(_ plan: SweepPlan, _ folder: ResultsFolder) {
    (self.plan, self.folder, statusVariable) = (plan, folder, plan.statusVariable)
    members = SweepTally(plan)
  }

  func visit(_ members: Range<Int>, _ bytes: [UnsafeRawBufferPointer]) throws {
    if let statusVariable {
      for status in bytes[statusVariable] where Int(status) < statuses.count { statuses[Int(status)] += 1 }
    }
    let points = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(1, plan.varied.count * members.count))
    defer { points.deallocate() }
    plan.design.fill(members, into: points, stride: members.count)
    for (variable, source) in plan.sources.enumerated() {
      guard case .varied(let column) = source else { continue }
      for (place, member) in members.enumerated() {
        let stored = bytes[variable].loadUnaligned(fromByteOffset: place * MemoryLayout<Double>.stride, as: Double.self)
        let planned = points[column * members.count + place]
        guard stored.bitPattern == planned.bitPattern else {
          throw ArchiveError.movedMember(
            folder: folder.path, member: member, name: plan.varied[column].description, stored: stored,
            planned: planned)
        }
      }
    }
    self.members.add(members, bytes)
  }
}

extension SweepPlan {
  /// Which variable of the layout holds the members' statuses.
  fileprivate var statusVariable: Int? {
    sources.firstIndex {
      if case .whole(let position) = $0 { return results[position] == .status }
      return false
    }
  }
}
