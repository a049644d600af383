import Batched
import Compiled
import Execution
import Foundation
import Programs

/// A kernel cache for this process only.
enum TestCache {
  static let environment: [String: String] = {
    let path = NSTemporaryDirectory() + "/flowmap-derivatives-\(getpid())"
    var environment = ProcessInfo.processInfo.environment
    environment["FLOWMAP_CACHE"] = path
    return environment
  }()
}

enum Engine: String, CaseIterable {
  case batched, compiled

  func executor(vectorsPerTile: Int? = nil) throws -> any Executor {
    switch self {
    case .batched: BatchedExecutor()
    case .compiled: try CompiledExecutor(vectorsPerTile: vectorsPerTile, environment: TestCache.environment)
    }
  }

  /// Runs a program for some members.
  /// - Parameter inputs: for each input its members' components; one entry for shared ones, or for all members the same.
  /// - Returns: by output name, for each member (one entry for shared outputs) the components.
  func run(_ program: Program, members: Int, _ inputs: [[[Double]]], vectorsPerTile: Int? = nil) throws -> [String:
    [[Double]]]
  {
    let prepared = try executor(vectorsPerTile: vectorsPerTile).prepare(program)
    let sources = prepared.makeInputs(members: members)
    for (buffer, values) in zip(sources, inputs) {
      for member in 0..<(buffer.type.extent == .shared ? 1 : members) {
        buffer.set(values.count == 1 ? values[0] : values[member], member: member)
      }
    }
    let targets = prepared.makeOutputs(members: members)
    try prepared.run(members: members, inputs: sources, outputs: targets)
    return Dictionary(
      zip(program.outputs, targets).map { output, buffer in
        (output.name, (0..<(buffer.type.extent == .shared ? 1 : members)).map { buffer.values(member: $0) })
      }, uniquingKeysWith: { a, _ in a })
  }
}

/// A small generator of numbers from a seed.
struct Numbers {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  /// In −1 ... 1.
  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) / Double(1 << 52) - 1
  }

  mutating func array(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }
}

func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
