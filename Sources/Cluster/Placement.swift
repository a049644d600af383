import Foundation

/// Where the ranks of one node run.
public struct Placement: Equatable, Sendable {
  public var host: String
  public var ranks: Int
  /// Threads of all its ranks.
  public var threads: Int
  /// Processors that are switched on, and those that some rank may use.
  public var processors: Int
  public var allowed: Set<Int>
}

extension Communicator {
  /// Where the ranks run, a node each, in the order of the nodes; empty on ranks other than 0. Collective over all ranks.
  public func placements() throws -> [Placement] {
    let allowed = ThreadShare.allowedProcessors().sorted().map(String.init).joined(separator: ",")
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let host = ProcessInfo.processInfo.hostName.prefix { $0 != "." }
    let mine = "\(node.index) \(try threadShare()) \(processors) \(allowed) \(host)"
    guard let all = try gather(Array(mine.utf8)) else { return [] }
    var placements = Array(
      repeating: Placement(host: "", ranks: 0, threads: 0, processors: 0, allowed: []), count: node.count)
    for words in all.map({ String(decoding: $0, as: UTF8.self).split(separator: " ", maxSplits: 4) }) {
      guard words.count == 5, let index = Int(words[0]), let threads = Int(words[1]), let processors = Int(words[2])
      else { continue }
      placements[index].host = String(words[4])
      placements[index].ranks += 1
      placements[index].threads += threads
      placements[index].processors = processors
      placements[index].allowed.formUnion(words[3].split(separator: ",").compactMap { Int($0) })
    }
    return placements
  }
}
