import Batched
import Compiled
import Execution

/// The executors against each other on the same work.
enum ExecutorBenchmarks {
  static func run() throws -> [Finding] {
    let program = try BenchmarkModel.lorenz.program()
    let compiled = try KernelRun(program, CompiledExecutor())
    let batched = try KernelRun(program, BatchedExecutor())
    let medians = try Measurement.interleaved(
      5, [{ try compiled.microseconds(members: 20_000) }, { try batched.microseconds(members: 4096) }])
    return [
      Finding("Lorenz: batched executor, one thread", medians[1], "µs a member"),
      Finding("Lorenz: compiled over batched executor", medians[1] / medians[0], "× faster"),
    ]
  }
}
