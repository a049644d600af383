import Compiled
import Execution

/// What saving costs, when save times are far denser than steps.
enum SavingBenchmarks {
  static func run() throws -> [Finding] {
    var findings: [Finding] = []
    for (model, tolerance) in [(BenchmarkModel.lorenz, 1e-6), (.pendulum, 1e-4), (.lorenz96, 1e-6)] {
      let plain = try KernelRun(model.program(tolerance: tolerance), CompiledExecutor(), chunk: 64)
      let saving = try KernelRun(model.program(tolerance: tolerance, saves: 1000), CompiledExecutor(), chunk: 64)
      let medians = try Measurement.interleaved(
        7, [{ try plain.microseconds(members: 20_000) }, { try saving.microseconds(members: 20_000) }])
      let steps = try plain.mean(output: 1, members: 4096)
      findings.append(
        Finding(
          "\(model.title): 1,000 saves over \(Report.number(steps)) steps", medians[1] / medians[0], "× without",
          .atMost, 2))
    }
    return findings
  }
}
