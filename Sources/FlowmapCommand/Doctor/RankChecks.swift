import Cluster

/// How the ranks were started, and where they run.
enum RankChecks {
  static func findings(_ communicator: Communicator, _ placements: [Placement]) -> [Finding] {
    [launch(communicator)] + placements.map(processors)
  }

  private static func launch(_ communicator: Communicator) -> Finding {
    if let hint = communicator.hint { return .note("ranks", "one, without a launcher", cure: hint) }
    guard communicator.size > 1 else { return .ok("ranks", "one, without a launcher or alone under it") }
    return .ok(
      "ranks", "\(communicator.size) that know each other, on \(Terminal.count(communicator.node.count, "node"))")
  }

  private static func processors(_ node: Placement) -> Finding {
    let words =
      "\(node.host): \(Terminal.count(node.ranks, "rank")), \(Terminal.count(node.threads, "thread")) on "
      + "\(node.allowed.count) of \(Terminal.count(node.processors, "processor"))"
    if node.threads > node.allowed.count {
      return .note("processors", words, cure: "there are more ranks than processors; start fewer")
    }
    if node.allowed.count < node.processors {
      return .note(
        "processors", words,
        cure: "no rank may use the rest; if they are yours: more ranks, or --bind-to none (srun: --cpu-bind=none)")
    }
    return .ok("processors", words)
  }
}
