import Compiled
import Execution

/// What saving costs, when save times are far denser than steps.
enum SavingBenchmarks {
  static func run() throws -> [Finding] {
    var findings: [Finding] = []
    // Tolerances that make about 50 steps, and the chunks that the tool would choose for such results.
    for (model, tolerance, chunk) in [
      (BenchmarkModel.lorenz, 8e-8, 32), (.pendulum, 5e-5, 64), (.lorenz96, 2.5e-8, 16),
    ] {
      let plain = try KernelRun(model.program(tolerance: tolerance), CompiledExecutor(), chunk: chunk)
      let saving = try KernelRun(model.program(tolerance: tolerance, saves: 1000), CompiledExecutor(), chunk: chunk)
      let medians = try Measurement.interleaved(
        7, [{ try plain.microseconds(members: 20_000) }, { try saving.microseconds(members: 20_000) }])
      let steps = try plain.mean(output: 1, members: 4096)
      findings.append(
        Finding(
          "\(model.title): 1,000 saves over \(Report.number(steps)) steps (\(Report.number(medians[1])) µs a member)",
          medians[1] / medians[0], "× without",
          .atMost, 2))
    }
    return findings
  }
}
