import Foundation

/// The built `flowmap`, started as users start it.
enum Tool {
  struct Outcome {
    let status: Int32
    let output: String
    /// Standard error, whole.
    let allErrors: String
    /// Largest resident memory of the process in bytes, as last seen while it ran.
    let peakMemory: Int

    /// Standard error without what is said of compiling, which takes long only on a busy machine.
    var errors: String { allErrors.replacing(/compiling …\n|compiled in .*\n/, with: "") }

    /// Standard error's lines that are the tool's own error messages.
    var messages: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("error: ") } }
  }

  /// The folder of the tests' own build, where the tool lies beside them.
  static let buildFolder: URL = {
    let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let candidates = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() } + [folder]
    let found = candidates.first {
      FileManager.default.isExecutableFile(atPath: $0.appendingPathComponent("flowmap").path)
    }
    return (found ?? folder).resolvingSymlinksInPath()
  }()

  static let path = buildFolder.appendingPathComponent("flowmap").path

  /// The folder of the project.
  static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static var isRoot: Bool { getuid() == 0 }

  /// The environment of every test: kernels are kept beside the build, and root may use mpirun.
  static let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SLURM_") }.merging([
    "FLOWMAP_CACHE": buildFolder.appendingPathComponent("kernels-of-tests").path,
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
  ]) { $1 }

  /// Runs the tool.
  ///
  /// - Parameters:
  ///   - ranks: number of ranks, or nil to start it without a launcher.
  ///   - folder: where it runs.
  ///   - environment: in addition to the tests' own.
  @discardableResult
  static func run(
    _ arguments: [String], ranks: Int? = nil, in folder: Scratch, environment: [String: String] = [:]
  ) throws -> Outcome {
    let launcher = ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []
    return try execute(launcher + [path] + arguments, in: folder.path, environment: environment)
  }

  /// Runs a shell script in which `$flowmap` is the tool.
  static func shell(_ script: String, in folder: Scratch, environment: [String: String] = [:]) throws -> Outcome {
    try execute(
      ["bash", "-c", script], in: folder.path, environment: environment.merging(["flowmap": path]) { $1 })
  }

  /// A process that was started, and the text that it has written so far.
  struct Running {
    let process: Process
    fileprivate let output: Collected
    fileprivate let errors: Collected

    /// Waits for the end.
    func outcome() -> Outcome {
      let status = "/proc/\(process.processIdentifier)/status"
      var peak = 0
      let started = ContinuousClock.now
      while process.isRunning {
        // A run that hangs fails its test instead of hanging all of them.
        if started.duration(to: .now) > .seconds(240) { kill(process.processIdentifier, SIGKILL) }
        // The kernel's own high-water mark only grows, so the last look is as good as one at the end.
        let lines = ((try? String(contentsOfFile: status, encoding: .utf8)) ?? "").split(separator: "\n")
        if let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) {
          peak = max(peak, line.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 } ?? 0)
        }
        usleep(5000)
      }
      process.waitUntilExit()
      let isSignal = process.terminationReason == .uncaughtSignal
      return Outcome(
        status: process.terminationStatus + (isSignal ? 128 : 0), output: output.text(), allErrors: errors.text(),
        peakMemory: peak)
    }

    /// Waits until something stands on standard error.
    func waitForErrors(containing text: String) {
      while process.isRunning && !errors.textSoFar.contains(text) { usleep(5000) }
    }
  }

  static func execute(
    _ command: [String], in folder: String, environment: [String: String] = [:]
  ) throws -> Outcome {
    try start(command, in: folder, environment: environment).outcome()
  }

  static func start(_ command: [String], in folder: String, environment: [String: String] = [:]) throws -> Running {
    let process = Process()
    // Foundation finds no programs on the path by itself; `env` becomes the program, so the process is the tool. What was
    // started in the background ignores interrupts, and hands that down.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=INT,TERM,USR2"] + command
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = Self.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Collected(), Collected())
    (process.standardOutput, process.standardError) = (output.pipe, errors.pipe)
    try process.run()
    output.start()
    errors.start()
    return Running(process: process, output: output, errors: errors)
  }
}

/// The text that comes out of a pipe, read in the background, so that neither of two pipes fills up.
final class Collected: @unchecked Sendable {
  let pipe = Pipe()
  private let lock = NSLock()
  private let done = DispatchSemaphore(value: 0)
  private var data = Data()

  func start() {
    Thread.detachNewThread { [self] in
      while true {
        let next = pipe.fileHandleForReading.availableData
        if next.isEmpty { break }
        lock.withLock { data.append(next) }
      }
      done.signal()
    }
  }

  var textSoFar: String { lock.withLock { String(decoding: data, as: UTF8.self) } }

  /// All of it, once the writers have closed the pipe.
  func text() -> String {
    done.wait()
    done.signal()
    return textSoFar
  }
}

/// A folder of a test's own, removed with it.
final class Scratch {
  let path: String

  init() throws {
    path = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path + "/flowmap-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A folder with a job file in it, `job.yaml`.
  convenience init(job: String) throws {
    try self.init()
    try write(job, to: "job.yaml")
  }

  deinit {
    _ = try? Process.run(URL(fileURLWithPath: "/bin/chmod"), arguments: ["-R", "u+rwx", path]).waitUntilExit()
    try? FileManager.default.removeItem(atPath: path)
  }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: self(name), atomically: true, encoding: .utf8)
  }

  func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }

  /// The names in the folder, sorted.
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
