import Compiled
import Foundation

/// Sums across members with the same bits for any number of ranks, beside MPI's own, on two ranks.
enum SumBenchmarks {
  private static let probe =
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/RankProbe"

  static func run() throws -> [Finding] {
    let (few, many) = (try times(1000), try times(1_000_000))
    // An iteration of training: 4,096 members a rank in chunks of 1,024, a vector a chunk, and one sum over ranks.
    let kernel = try KernelRun(BenchmarkModel.lorenz.program(), CompiledExecutor())
    let members = 4096
    let computing = Measurement.median(try (0..<9).map { _ in try kernel.microseconds(members: members) }) * 4096
    let summing = Double(members / 1024) * few[2] + few[1]
    return [
      Finding("sums of 10³ values over 2 ranks", few[1], "µs"),
      Finding("the same by MPI_Allreduce, last bits left to chance", few[0], "µs"),
      Finding(
        "share of an iteration over 8,192 Lorenz members", 100 * summing / (summing + computing), "%", .atMost, 10),
      Finding("sums of 10⁶ values over 2 ranks", many[1] * 1e-3, "ms"),
      Finding("the same by MPI_Allreduce", many[0] * 1e-3, "ms"),
      Finding("time over MPI_Allreduce, 10⁶ values", many[1] / many[0], "×", .atMost, 3),
      Finding("adding a vector of 10⁶ values to a rank's sums", many[2] * 1e-3, "ms"),
    ]
  }

  /// Microseconds of MPI's sum, of ours, and of adding a vector: the run of several whose ratio is the median.
  private static func times(_ count: Int) throws -> [Double] {
    let runs = try (0..<5).map { _ in
      try Command.run(
        ["mpirun", "--bind-to", "core", "-n", "2", probe, "sums-speed", "\(count)"],
        environment: ToolBenchmarks.mpi
      ).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    }
    return runs.sorted { $0[1] / $0[0] < $1[1] / $1[0] }[2]
  }
}
