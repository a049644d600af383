import Testing

@testable import Differentiation

/// Which values a tape keeps is a minimum cut.
@Suite struct FlowNetworkTests {
  private static let nodes = 9

  /// Edges between all pairs of nodes, about half of them there; small capacities, so that many cuts tie.
  private static func edges(_ seed: UInt64) -> [(tail: Int, head: Int, capacity: Int)] {
    var state = seed
    func next(_ count: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % count)
    }
    var edges: [(tail: Int, head: Int, capacity: Int)] = []
    for tail in 0..<nodes {
      for head in 0..<nodes where head != tail && next(2) == 0 {
        edges.append((tail, head, next(8) == 0 ? FlowNetwork.unlimited : next(6)))
      }
    }
    return edges
  }

  /// All cuts of small networks are tried.
  @Test(arguments: 1...60 as ClosedRange<UInt64>) func noCutCostsLess(seed: UInt64) {
    let edges = Self.edges(seed)
    var network = FlowNetwork(nodes: Self.nodes)
    for edge in edges { network.connect(edge.tail, to: edge.head, capacity: edge.capacity) }
    func cost(_ side: (Int) -> Bool) -> Int {
      edges.reduce(0) { $0 + (side($1.tail) && !side($1.head) ? min($1.capacity, 1_000_000) : 0) }
    }
    func side(_ mask: Int) -> (Int) -> Bool {
      { $0 == FlowNetwork.source || ($0 != FlowNetwork.sink && mask >> ($0 - 2) & 1 == 1) }
    }
    let masks = 0..<1 << (Self.nodes - 2)
    let least = masks.map { cost(side($0)) }.min()!
    let found = network.sourceSide()
    guard least < 1_000_000 else { return }
    #expect(found[FlowNetwork.source] && !found[FlowNetwork.sink])
    #expect(cost { found[$0] } == least)
    // The one nearest to the sink: what any minimum cut has on the source's side, it has too.
    for mask in masks where cost(side(mask)) == least {
      #expect((0..<Self.nodes).allSatisfy { found[$0] || !side(mask)($0) })
    }
  }
}
