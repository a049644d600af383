import Foundation
import Testing

/// What users see while a kernel is compiled, and how they stop it.
@Suite struct CompilingTests {
  /// A compiler that never ends, and starts another process that does not end either; both note their numbers.
  private static func endless(_ folder: Scratch) throws -> [String: String] {
    let script = folder("cc")
    try Data("#!/bin/sh\necho $$ >> \(folder("pids"))\nsleep 1000 &\necho $! >> \(folder("pids"))\nwait\n".utf8)
      .write(to: URL(fileURLWithPath: script))
    chmod(script, 0o700)
    return ["CC": script, "FLOWMAP_CACHE": folder("cache")]
  }

  private static func processes(_ folder: Scratch) -> [pid_t] {
    ((try? String(contentsOfFile: folder("pids"), encoding: .utf8)) ?? "").split(separator: "\n").compactMap {
      pid_t($0)
    }
  }

  /// Whether a process runs, and is not merely waiting for its parent to ask how it ended.
  private static func isAlive(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return text.split(separator: ")").last?.first { $0 != " " } != "Z"
  }

  private static func expectNoneLeft(_ folder: Scratch) {
    let processes = processes(folder)
    #expect(processes.count >= 2)
    let started = ContinuousClock.now
    while processes.contains(where: isAlive), started.duration(to: .now) < .seconds(20) { usleep(10_000) }
    #expect(!processes.contains(where: isAlive))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGUSR2], [nil, 2])
  func aSignalWhileCompilingEndsTheRunAndTheCompiler(signal: Int32, ranks: Int?) throws {
    let folder = try Scratch(job: JobText.decay)
    let launcher = ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []
    let running = try Tool.start(
      launcher + [Tool.path, "run", "job.yaml", "--backend", "cpu"], in: folder.path, environment: Self.endless(folder))
    while running.process.isRunning && Self.processes(folder).count < 2 { usleep(5000) }
    kill(running.process.processIdentifier, signal)
    let outcome = running.outcome()
    // mpirun has a code of its own for a run that it has been told to end.
    #expect(outcome.status == (ranks == nil || signal == SIGUSR2 ? 4 : 1), "\(outcome.errors)")
    #expect(outcome.messages.isEmpty, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(/decay: stopped early by SIG[A-Z0-9]+, before any member was computed/),
      "\(outcome.errors)")
    #expect(!folder.exists("results/decay"))
    Self.expectNoneLeft(folder)
    // And then it runs.
    let next = try Tool.run(["run", "job.yaml", "--backend", "batched"], in: folder)
    #expect(next.status == 0, "\(next.errors)")
  }

  @Test func aRunThatIsKilledLeavesNoCompiler() throws {
    let folder = try Scratch(job: JobText.decay)
    let running = try Tool.start(
      [Tool.path, "run", "job.yaml", "--backend", "cpu"], in: folder.path, environment: Self.endless(folder))
    while running.process.isRunning && Self.processes(folder).count < 2 { usleep(5000) }
    kill(running.process.processIdentifier, SIGKILL)
    _ = running.outcome()
    Self.expectNoneLeft(folder)
  }

  @Test func compilingIsSaidIfItTakesLong() throws {
    let folder = try Scratch(job: JobText.decay)
    let script = folder("cc")
    try Data("#!/bin/sh\nsleep 2\nexec cc \"$@\"\n".utf8).write(to: URL(fileURLWithPath: script))
    chmod(script, 0o700)
    let environment = ["CC": script, "FLOWMAP_CACHE": folder("cache")]
    let first = try Tool.run(["run", "job.yaml", "--backend", "cpu"], in: folder, environment: environment)
    #expect(first.status == 0, "\(first.allErrors)")
    #expect(first.allErrors.split(separator: "\n").filter { $0 == "compiling …" }.count == 1, "\(first.allErrors)")
    #expect(first.allErrors.contains(/compiled in [\d.]+ s\n/), "\(first.allErrors)")
    // Nothing is compiled for a kernel that is there, and nothing is said for those who want quiet.
    let second = try Tool.run(
      ["run", "job.yaml", "--backend", "cpu", "--results", "b"], in: folder, environment: environment)
    #expect(second.status == 0 && !second.allErrors.contains("compil"), "\(second.allErrors)")
    let quiet = try Tool.run(
      ["run", "job.yaml", "--backend", "cpu", "--results", "c", "--quiet"], in: folder,
      environment: environment.merging(["FLOWMAP_CACHE": folder("other")]) { $1 })
    #expect(quiet.status == 0 && !quiet.allErrors.contains("compil"), "\(quiet.allErrors)")
  }
}
