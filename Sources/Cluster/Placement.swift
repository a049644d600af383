import Foundation

/// Where the ranks of one node run.
public struct Placement: Equatable, Sendable, Codable {
  public var host: String
  public var ranks: Int
  /// Threads of all its ranks.
  public var threads: Int
  /// Processors that are switched on, and those that some rank may use.
  public var processors: Int
  public var allowed: Set<Int>
}

extension Communicator {
  /// The machine's name without its domain.
  public static var host: String { String(ProcessInfo.processInfo.hostName.prefix { $0 != "." }) }

  /// Where the ranks run, a node each, in the order of the nodes; empty on ranks other than 0. Collective over all ranks.
  public func placements() throws -> [Placement] {
    struct Rank: Codable {
      let node: Int
      let placement: Placement
    }
    let mine = Placement(
      host: Self.host, ranks: 1, threads: try threadShare(), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
      allowed: ThreadShare.allowedProcessors())
    guard let all = try gather(value: Rank(node: node.index, placement: mine)) else { return [] }
    return (0..<node.count).map { index in
      let ranks = all.filter { $0.node == index }.map(\.placement)
      return ranks.dropFirst().reduce(into: ranks[0]) { node, rank in
        node.ranks += 1
        node.threads += rank.threads
        node.allowed.formUnion(rank.allowed)
      }
    }
  }
}
