import Compiled
import Execution
import Programs

/// Single kernels on one thread against the hand-written vector code and this machine's arithmetic.
enum KernelBenchmarks {
  private static let members = 60_000
  private static let tolerance = "1e-8"

  static func run() throws -> [Finding] {
    let (scratch, lanes) = (try Scratch(), Yardstick.lanes)
    let peak = try Yardstick("peak.c", [], in: scratch)
    var findings: [Finding] = []
    for model in BenchmarkModel.allCases {
      let wide = try Yardstick("lanes.c", ["W=\(lanes)", "MODEL_\(model.rawValue)"], in: scratch)
      let narrow = try Yardstick("lanes.c", ["W=1", "MODEL_\(model.rawValue)"], in: scratch)
      let program = try model.program()
      let kernel = try KernelRun(program, CompiledExecutor())
      let medians = try Measurement.interleaved(
        7,
        [
          { try kernel.microseconds(members: members) },
          { try wide.run(["\(members)", tolerance])[0] },
          { try narrow.run(["\(members / 6)", tolerance])[0] },
          { try peak.run()[0] },
        ])
      let (own, hand, single, rate) = (medians[0], medians[1], medians[2], medians[3])
      let name = model.title
      findings.append(Finding("\(name): compiled executor, one thread", own, "µs a member"))
      findings.append(Finding("\(name): hand-written, \(lanes) lanes", hand, "µs a member"))
      findings.append(Finding("\(name): time over \(lanes)-lane yardstick", own / hand, "×", .atMost, 1.25))
      findings.append(Finding("\(name): faster than one-lane yardstick", single / own, "×", .atLeast, 5))
      let steps =
        try kernel.mean(output: 1, members: 4096) + kernel.mean(output: 2, members: 4096)
      let operations = Double(try program.simplified().operationsPerStep) * steps
      findings.append(Finding("\(name): arithmetic over FMA peak", operations / own * 1e-3 / rate * 100, "%"))
    }
    return findings
  }
}
