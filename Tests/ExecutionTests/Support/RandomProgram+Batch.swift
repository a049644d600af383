import Foundation
import Programs

extension RandomProgram {
  /// The inputs of every random program: scalars and arrays, of members and shared.
  static let inputs: [Program.Input] = [
    .init("a", ValueType()),
    .init("b", ValueType(.real, .scalar, .shared)),
    .init("c", ValueType()),
    .init("matrix", ValueType(.real, [4, 3])),
    .init("vector", ValueType(.real, [3], .shared)),
    .init("weights", ValueType(.real, [6, 8], .shared)),
    .init("large", ValueType(.real, [40])),
  ]

  /// Many random programs as one, each the source of some of its outputs, so that compiling them stays affordable.
  ///
  /// - Returns: the program, and for each output the seed that it came from.
  static func batch(seeds: Range<Int>, operations: Int, depth: Int = outermostDepth) throws
    -> (program: Program, seeds: [Int])
  {
    var owners: [Int] = []
    let program = try Program.trace("random", inputs: inputs) { inputs in
      var outputs: [(name: String, value: Staged)] = []
      for seed in seeds {
        var random = RandomProgram(seed: seed, inputs: inputs, depth: depth)
        random.add(operations)
        for value in random.outputs(2) {
          outputs.append(("seed\(seed).\(owners.count)", value))
          owners.append(seed)
        }
      }
      return outputs
    }
    return (program, owners)
  }

  /// Many random programs as the callees of one, each a function of its own, so that compiling them takes time in
  /// proportion to their number.
  static func callees(seeds: Range<Int>, operations: Int) throws -> (program: Program, seeds: [Int]) {
    var owners: [Int] = []
    let program = try Program.trace("random", inputs: inputs) { inputs in
      var outputs: [(name: String, value: Staged)] = []
      for seed in seeds {
        let callee = try batch(seeds: seed..<seed + 1, operations: operations, depth: outermostDepth - 1).program
          .simplified()
        for value in call(callee, inputs) {
          outputs.append(("seed\(seed).\(owners.count)", value))
          owners.append(seed)
        }
      }
      return outputs
    }
    return (program, owners)
  }

  /// Multiples of 1/8 in [−4, 4], which both precisions hold.
  static func ensemble(seed: Int, members: Int) -> Ensemble {
    var generator = SplitMix(seed: seed)
    return Ensemble(
      members: members,
      inputs: inputs.map { input in
        (0..<(input.type.extent == .shared ? 1 : members)).map { _ in
          (0..<input.type.shape.count).map { _ in Double(generator.below(65) - 32) / 8 }
        }
      })
  }

  /// The one seed to run again, and to show the program of.
  private static let single = ProcessInfo.processInfo.environment["FLOWMAP_SEED"].flatMap { Int($0) }
  static var isSingle: Bool { single != nil }

  /// The seeds that a test covers: `FLOWMAP_SEED` runs a single one again.
  static func seeds(_ all: Range<Int>) -> Range<Int> { single.map { $0..<$0 + 1 } ?? all }
}
