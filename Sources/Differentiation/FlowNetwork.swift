/// A network of edges with capacities, and its minimum cut.
///
/// - Source: blocking flows in levels, E. A. Dinic, Soviet Math. Dokl. 11 (1970) 1277–1280.
struct FlowNetwork {
  /// More than any cut costs.
  static let unlimited = Int.max / 4
  static let source = 0
  static let sink = 1

  /// Each edge is followed by its reverse.
  private var heads: [Int] = []
  private var residuals: [Int] = []
  /// The edges that leave each node, reverse ones too.
  private var leaving: [[Int]]

  /// - Parameter nodes: how many there are, with the source and the sink.
  init(nodes: Int) { leaving = Array(repeating: [], count: nodes) }

  mutating func connect(_ tail: Int, to head: Int, capacity: Int) {
    if capacity == 0 { return }
    leaving[tail].append(heads.count)
    leaving[head].append(heads.count + 1)
    heads += [head, tail]
    residuals += [capacity, 0]
  }

  /// By node: whether it is on the source's side of a minimum cut. Of several such cuts, the one nearest to the sink.
  func sourceSide() -> [Bool] {
    var flow = self
    while let levels = flow.levels() { flow.block(levels) }
    return flow.sinkSide().map { !$0 }
  }

  /// How many edges each node is away from the source; nil if the sink cannot be reached.
  private func levels() -> [Int]? {
    var levels = Array(repeating: -1, count: leaving.count)
    levels[Self.source] = 0
    var queue = [Self.source]
    var next = 0
    while next < queue.count {
      let node = queue[next]
      next += 1
      for edge in leaving[node] where residuals[edge] > 0 && levels[heads[edge]] < 0 {
        levels[heads[edge]] = levels[node] + 1
        queue.append(heads[edge])
      }
    }
    return levels[Self.sink] < 0 ? nil : levels
  }

  /// Sends what can flow from level to level.
  private mutating func block(_ levels: [Int]) {
    var arcs = Array(repeating: 0, count: leaving.count)
    var path: [Int] = []
    var node = Self.source
    while true {
      if node == Self.sink {
        let amount = path.reduce(Self.unlimited) { min($0, residuals[$1]) }
        for edge in path {
          residuals[edge] -= amount
          residuals[edge ^ 1] += amount
        }
        let first = path.firstIndex { residuals[$0] == 0 }!
        node = heads[path[first] ^ 1]
        path.removeSubrange(first...)
      } else if arcs[node] < leaving[node].count {
        let edge = leaving[node][arcs[node]]
        if residuals[edge] > 0, levels[heads[edge]] == levels[node] + 1 {
          path.append(edge)
          node = heads[edge]
        } else {
          arcs[node] += 1
        }
      } else {
        guard let last = path.popLast() else { return }
        node = heads[last ^ 1]
        arcs[node] += 1
      }
    }
  }

  /// By node: whether more could still flow from it to the sink.
  private func sinkSide() -> [Bool] {
    var reaches = Array(repeating: false, count: leaving.count)
    reaches[Self.sink] = true
    var open = [Self.sink]
    while let node = open.popLast() {
      for edge in leaving[node] where residuals[edge ^ 1] > 0 && !reaches[heads[edge]] {
        reaches[heads[edge]] = true
        open.append(heads[edge])
      }
    }
    return reaches
  }
}
