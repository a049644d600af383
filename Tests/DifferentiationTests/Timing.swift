import Compiled
import Differentiation
import Execution
import Foundation
import Programs
import Testing

@Test func timing() throws {
  guard ProcessInfo.processInfo.environment["TIMING"] != nil else { return }
  let members = 4096
  let forward = try {
    var p = try lorenz()
    p.outputs = [p.outputs[0]]
    return try p.simplified()
  }()
  let programs: [(String, Program)] = [("forward", forward), ("gradient", try forward.valueWithGradient(of: "x"))]
  for (name, program) in programs {
    for vectors in [nil, 1, 2, 4] {
      let prepared = try CompiledExecutor(vectorsPerTile: vectors, environment: TestCache.environment).prepare(program)
      let inputs = prepared.makeInputs(members: members)
      for (i, x) in [1.0, 0, 0, 10, 0, 8.0 / 3].enumerated() {
        for m in 0..<members { inputs[i][0, m] = i == 4 ? 21 * Double(m) / Double(members) : x }
      }
      let outputs = prepared.makeOutputs(members: members)
      var best = 1e9
      for _ in 0..<15 {
        let start = ContinuousClock.now
        try prepared.run(members: members, inputs: inputs, outputs: outputs)
        let d = ContinuousClock.now - start
        best = min(best, Double(d.components.attoseconds) * 1e-12 / Double(members))
      }
      print(name, vectors ?? 0, "best µs/member:", best, prepared.summary)
    }
  }
}
