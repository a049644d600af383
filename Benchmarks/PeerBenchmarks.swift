import Compiled
import Execution
import Foundation

/// Other programs on the same work and the same core, where they are installed.
enum PeerBenchmarks {
  private static let script =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/yardsticks/diffrax_lorenz.py"

  static func run() throws -> [Finding] {
    guard let python = python() else {
      FileHandle.standardError.write(
        Data("note: Diffrax is not installed (make bench installs it where pip can); not compared\n".utf8))
      return []
    }
    let kernel = try KernelRun(BenchmarkModel.lorenz.program(), CompiledExecutor())
    let gradient = try GradientRun(
      try GradientModel.lorenz(isDifferentiated: true).valueWithGradient(of: "value", tapeCapacity: 256))
    // Each has one core to itself; the process's own pinning is inherited by what it starts.
    var adjoints: [Double] = []
    let medians = try Measurement.interleaved(
      3,
      [
        {
          let (solution, adjoint) = try diffrax(python)
          adjoints.append(adjoint)
          return solution
        },
        { try kernel.microseconds(members: 100_000) },
        { try gradient.microseconds(members: 100_000) },
      ])
    let adjoint = Measurement.median(adjoints)
    return [
      Finding("Lorenz: Diffrax 0.7 (XLA, vmap, float64), one core", medians[0], "µs a member"),
      Finding("Lorenz: faster than Diffrax, one core each", medians[0] / medians[1], "×", .atLeast, 25),
      Finding("Lorenz, gradient: Diffrax's default adjoint, by one parameter, one core", adjoint, "µs a member"),
      Finding(
        "Lorenz, gradient by 6 inputs: faster than Diffrax, one core each", adjoint / medians[2], "×", .atLeast, 50),
    ]
  }

  /// Microseconds a member, of a solution and of a gradient.
  private static func diffrax(_ python: String) throws -> (forward: Double, gradient: Double) {
    let flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    let text = try Command.run(
      ["taskset", "-c", "0", python, script, "20000", "1", "1e-8"],
      environment: ["XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"])
    func number(_ line: String) throws -> Double {
      // diffrax fwd M=20000 0.7s 35.0 us/traj …
      let words = text.split(separator: "\n").first { $0.hasPrefix(line) }?.split(whereSeparator: \.isWhitespace) ?? []
      guard let place = words.firstIndex(of: "us/traj"), let value = Double(words[place - 1]) else {
        throw Command.Failure(description: "Diffrax printed: \(text)")
      }
      return value
    }
    return (try number("diffrax fwd"), try number("diffrax grad"))
  }

  private static func python() -> String? {
    let candidates = [".build-bench/bin/python3", "python3"]
    return candidates.first { (try? Command.run([$0, "-c", "import diffrax"])) != nil }
  }
}
