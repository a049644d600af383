import Foundation

/// How much memory the tapes of a rank may take together.
public struct MemoryBudget: Sendable, Equatable {
  public let bytes: Int

  /// - Precondition: there is some.
  public init(bytes: Int) {
    precondition(bytes > 0, "a budget is at least a byte")
    self.bytes = bytes
  }

  /// Half of what this process may use, shared by the ranks of the node: the other half is for results and for others.
  public init(sharedBy ranks: Int) {
    let limit = Self.groupLimit.map { min($0, Self.physical) } ?? Self.physical
    bytes = max(limit / 2 / max(ranks, 1), 1)
  }

  /// Reads `64MB`, `1.5 GiB` or a number of bytes.
  public init?(_ text: String) {
    let units: [(String, Double)] = [
      ("kib", 0x1p10), ("mib", 0x1p20), ("gib", 0x1p30), ("tib", 0x1p40), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9),
      ("tb", 1e12), ("k", 1e3), ("m", 1e6), ("g", 1e9), ("t", 1e12), ("b", 1), ("", 1),
    ]
    let lower = text.lowercased()
    guard let (unit, factor) = units.first(where: { lower.hasSuffix($0.0) }),
      let number = Double(lower.dropLast(unit.count).trimmingCharacters(in: .whitespaces)), number * factor >= 1,
      number * factor < 0x1p62
    else { return nil }
    bytes = Int(number * factor)
  }

  private static var physical: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

  /// What the process's control group allows, where a container or a batch system set a limit.
  private static var groupLimit: Int? {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    return files.lazy.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.first { $0 > 0 }
  }
}

/// Lets only so many threads work at once that what they need fits into the budget.
final class MemoryGate: @unchecked Sendable {
  let budget: MemoryBudget
  private let condition = NSCondition()
  private var used = 0

  init(_ budget: MemoryBudget) { self.budget = budget }

  /// Waits until so many bytes are free, and works. More than the budget is let through alone.
  func with<Value>(_ bytes: Int, _ work: () throws -> Value) rethrows -> Value {
    condition.lock()
    while used > 0 && used + bytes > budget.bytes { condition.wait() }
    used += bytes
    condition.unlock()
    defer {
      condition.lock()
      used -= bytes
      condition.broadcast()
      condition.unlock()
    }
    return try work()
  }
}
