import Execution
import Programs
import Testing

/// A member's bits depend on its own inputs and the shared ones, and on nothing else.
extension PreparedProgram {
  /// The members' parts of all outputs: for each member the bits of everything that is its own.
  private func rows(_ outputs: [[[Double]]], _ members: Int) -> [[UInt64]] {
    (0..<members).map { member in
      zip(program.outputTypes, outputs).flatMap { type, values in
        values[type.extent == .shared ? 0 : member].map(bits)
      }
    }
  }

  /// Expects the bits of every member wherever it stands, whoever stands beside it and however many there are.
  func expectIndependence(_ ensemble: Ensemble, _ comment: String) throws {
    let all = rows(try outputs(for: ensemble), ensemble.members)
    var generator = SplitMix(seed: 3)
    let members = ensemble.members
    let arrangements = [
      Array((0..<members).reversed()), (0..<members).shuffled(using: &generator), Array(1..<members),
      Array(0..<members / 3), [members - 1], [0], Array(repeating: members / 2, count: 19) + [0, 1, 2],
    ]
    for order in arrangements {
      let found = rows(try outputs(for: ensemble.arranged(order, program)), order.count)
      guard let place = order.indices.first(where: { found[$0] != all[order[$0]] }) else { continue }
      let numbers = zip(found[place], all[order[place]]).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
      Issue.record(
        "\(comment): member \(order[place]) at place \(place) of \(order.count) has other numbers \(numbers.prefix(9))")
    }
  }
}

/// Programs whose members' bits are to depend on no other member.
enum Independence {
  /// Members differ in trip counts, tables and arguments; sums over members are another matter.
  static func program(seed: Int) throws -> Program {
    try RandomProgram.batch(seeds: seed..<seed + 2, operations: 20, depth: RandomProgram.outermostDepth - 1).program
  }

  static func elementary() throws -> Program {
    try Program.trace("mixed", inputs: [.init("x", ValueType())]) { inputs in
      let x = inputs[0]
      return [
        ("sin", sin(x)), ("cos", cos(x)), ("tan", tan(x)), ("exp", exp(x)), ("log", log(x)), ("pow", pow(abs(x), 1.7)),
        ("erf", erf(x)), ("tanh", tanh(x)), ("lgamma", lgamma(x)), ("atan2", atan2(x, 2)),
      ]
    }
  }

  /// Vector libraries choose algorithms by the largest argument of a vector, unless asked not to.
  static let arguments: Ensemble = {
    let values: [Double] = [
      0.3, 1e22, 2.5, -1e5, 30, 1e-9, .infinity, .nan, 14, 15.5, 1e3, 3e6, -0.7, 125, 40_000, 1e300,
    ]
    let arguments: [[Double]] = (0..<67).map { (member: Int) -> [Double] in
      [values[member * 5 % 16] * Double(1 + member / 16)]
    }
    return Ensemble(members: 67, inputs: [arguments])
  }()
}
