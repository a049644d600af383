import Foundation

/// How many threads a rank should use, from the processors that it and its neighbours may run on.
enum ThreadShare {
  /// Shares every processor equally among the ranks that may use it, then rounds so that none is lost.
  ///
  /// Ranks bound to processors of their own get all of these; ranks that share the same processors divide them. Where
  /// the division leaves a remainder, the running total decides who gets one more: 3 ranks on 4 processors get 1, 1
  /// and 2.
  ///
  /// - Parameter allowed: for each rank of a node, the processors it may run on.
  /// - Returns: for each rank, its number of threads, at least 1.
  static func threads(allowed: [Set<Int>]) -> [Int] {
    var users: [Int: Int] = [:]
    for processors in allowed { for processor in processors { users[processor, default: 0] += 1 } }
    var total = 0.0
    return allowed.map { processors in
      let before = total
      total += processors.sorted().reduce(0) { $0 + 1 / Double(users[$1]!) }
      // The small addition undoes the rounding of sums such as 1/3 + 1/3 + 1/3.
      return max(1, Int((total + 1e-9).rounded(.down)) - Int((before + 1e-9).rounded(.down)))
    }
  }

  /// The processors this process may run on, by Linux's own list; all of the machine's where there is none.
  static func allowedProcessors() -> Set<Int> {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let listed = processors(inStatus: status)
    return listed.isEmpty ? Set(0..<ProcessInfo.processInfo.activeProcessorCount) : listed
  }

  /// Reads a line such as `Cpus_allowed_list: 0-3,8,10-11`.
  static func processors(inStatus status: String) -> Set<Int> {
    let label = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else { return [] }
    var processors: Set<Int> = []
    for range in line.dropFirst(label.count).trimmingCharacters(in: .whitespaces).split(separator: ",") {
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      processors.formUnion(first...last)
    }
    return processors
  }
}

extension Communicator {
  /// The number of threads this rank should compute with: its fair share of the processors it may run on, at least 1.
  ///
  /// Collective over the node's ranks.
  public func threadShare() throws -> Int {
    let all = try gather(value: ThreadShare.allowedProcessors(), .node)
    return try broadcast(value: all.map { ThreadShare.threads(allowed: $0) } ?? [], .node)[node.rank]
  }
}
