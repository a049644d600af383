import Archive
import Cluster
import Foundation

/// What the end of a run tells of its members: statistics of every output that is one number, and who took the most steps.
///
/// Members may come in any order, to any number of tallies; once these are added up, nobody can tell.
struct SweepTally: Sendable {
  private let plan: SweepPlan
  /// Variables of the layout that are one number a member, and those that count steps.
  private let outputs: [Int]
  private let counters: [Int]
  /// In the order of `outputs`.
  private(set) var statistics: [Statistics]
  /// Those with the most steps, the most first; of equals, the first in the job.
  private(set) var slowest: [SlowMember] = []
  /// Members more than half of whose steps were kept short for the derivatives' sake.
  private(set) var stiff = 0
  /// By watched state, members in which it stayed below its absolute tolerance.
  private(set) var small: [Int]
  private let smallStates: Int?
  private let accepted: Int?
  private let limited: Int?
  /// Steps of all members, accepted and rejected.
  private(set) var steps = 0
  private var scratch: [Double] = []

  /// Members that took the most steps.
  static let slowestKept = 3

  struct SlowMember: Equatable, Sendable, Codable {
    var member: Int
    var steps: Int

    func isBefore(_ other: SlowMember) -> Bool {
      steps != other.steps ? steps > other.steps : member < other.member
    }
  }

  init(_ plan: SweepPlan) {
    self.plan = plan
    // More members than that nobody can add up; they are not worth ending a run for.
    let isCountable = plan.layout.memberCount <= ReproducibleSums.mostTerms
    func variables(where isWanted: (SweepPlan.Source) -> Bool) -> [Int] {
      plan.sources.indices.filter { isWanted(plan.sources[$0]) }
    }
    outputs = variables {
      if case .output = $0 { isCountable } else { false }
    }
    counters = variables {
      if case .whole(let position) = $0 {
        plan.results[position] == .acceptedSteps || plan.results[position] == .rejectedSteps
      } else {
        false
      }
    }
    func counter(_ result: SweepProgram.Result) -> Int? {
      variables { if case .whole(let position) = $0 { plan.results[position] == result } else { false } }.first
    }
    smallStates = counter(.smallStates)
    small = plan.watched.states.map { _ in 0 }
    (accepted, limited) = (counter(.acceptedSteps), counter(.limitedSteps))
    statistics = outputs.map { _ in Statistics() }
  }

  /// The names of the outputs.
  var names: [String] { outputs.map { plan.layout.variables[$0].name } }

  /// Adds members.
  /// - Parameter bytes: for each variable of the layout the values of the members.
  mutating func add(_ members: Range<Int>, _ bytes: [UnsafeRawBufferPointer]) {
    for (position, variable) in outputs.enumerated() {
      read(bytes[variable], plan.layout.variables[variable].elementType, members.count)
      statistics[position].add(scratch)
    }
    if let accepted, let limited {
      for place in 0..<members.count {
        let steps = bytes[accepted].loadUnaligned(fromByteOffset: 4 * place, as: Int32.self)
        if 2 * Int(bytes[limited].loadUnaligned(fromByteOffset: 4 * place, as: Int32.self)) > Int(steps) { stiff += 1 }
      }
    }
    if let smallStates {
      for place in 0..<members.count {
        let mask =
          plan.watched.elementType == .int8
          ? Int32(bytes[smallStates].load(fromByteOffset: place, as: Int8.self))
          : bytes[smallStates].loadUnaligned(fromByteOffset: 4 * place, as: Int32.self)
        if mask != 0 { for state in small.indices { small[state] += Int(mask >> state & 1) } }
      }
    }
    guard !counters.isEmpty else { return }
    var counts = Array(repeating: 0, count: members.count)
    for variable in counters {
      for place in counts.indices {
        counts[place] += Int(bytes[variable].loadUnaligned(fromByteOffset: 4 * place, as: Int32.self))
      }
    }
    for (place, count) in counts.enumerated() {
      steps += count
      if slowest.count < Self.slowestKept || count >= slowest.last!.steps {
        insert(SlowMember(member: members.lowerBound + place, steps: count))
      }
    }
  }

  /// Adds the members of another tally of the same plan.
  mutating func add(_ other: SweepTally) {
    for position in statistics.indices { statistics[position].add(other.statistics[position]) }
    steps += other.steps
    stiff += other.stiff
    for state in small.indices { small[state] += other.small[state] }
    for member in other.slowest { insert(member) }
  }

  /// The members of all ranks. Collective.
  func combined(on communicator: Communicator) throws -> SweepTally {
    var all = self
    all.statistics = try communicator.combined(statistics)
    all.steps = try communicator.allreduce(steps, .sum)
    all.stiff = try communicator.allreduce(stiff, .sum)
    all.small = try small.map { try communicator.allreduce($0, .sum) }
    // A few from every rank: small enough to be told to all.
    all.slowest = []
    let gathered = try communicator.gather(value: slowest)
    for member in try communicator.broadcast(value: gathered ?? []).joined() { all.insert(member) }
    return all
  }

  private mutating func insert(_ member: SlowMember) {
    slowest.insert(member, at: slowest.firstIndex { member.isBefore($0) } ?? slowest.count)
    slowest.removeLast(max(0, slowest.count - Self.slowestKept))
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ count: Int) {
    if scratch.count != count { scratch = Array(repeating: 0, count: count) }
    switch type {
    case .float64:
      scratch.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<(8 * count)])) }
    case .float32:
      for place in 0..<count { scratch[place] = Double(bytes.loadUnaligned(fromByteOffset: 4 * place, as: Float.self)) }
    case .int8, .int32, .int64: preconditionFailure("outputs are stored as they are computed")
    }
  }
}
