import Foundation

/// A Slurm of one node, this machine, that a test starts and ends.
final class Slurm {
  enum Missing: Error {
    case program(String)
    case root
    case answer(String)
  }

  private let folder: Scratch
  /// The shells that keep the daemons.
  private var daemons: [Process] = []
  private var controllerStart = ContinuousClock.now
  /// What makes Slurm's commands talk to this Slurm.
  let environment: [String: String]

  /// Starts it.
  /// - Throws: `Missing` if a part of Slurm is not installed, or cannot run here.
  init() throws {
    guard Tool.isRoot else { throw Missing.root }
    for program in ["munged", "slurmctld", "slurmd", "sbatch", "srun"] where Self.find(program) == nil {
      throw Missing.program(program)
    }
    folder = try Scratch()
    environment = ["SLURM_CONF": folder("slurm.conf"), "PATH": Self.searchPath]
    for name in ["state", "spool"] {
      try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
    }
    try startMunge()
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? "localhost"
    try folder.write(
      """
      ClusterName=tests
      SlurmctldHost=\(host)(127.0.0.1)
      SlurmctldPort=\(Self.freePort())
      SlurmdPort=\(Self.freePort())
      AuthType=auth/munge
      AuthInfo=socket=\(folder("munge/socket")),cred_expire=5
      CryptoType=crypto/munge
      MpiDefault=none
      ProctrackType=proctrack/linuxproc
      TaskPlugin=task/none
      SelectType=select/cons_tres
      SchedulerParameters=sched_interval=1,sched_min_interval=100000,bf_interval=1
      ReturnToService=2
      SlurmUser=root
      SlurmdUser=root
      StateSaveLocation=\(folder("state"))
      SlurmdSpoolDir=\(folder("spool"))
      SlurmctldPidFile=\(folder("slurmctld.pid"))
      SlurmdPidFile=\(folder("slurmd.pid"))
      SlurmctldLogFile=\(folder("slurmctld.log"))
      SlurmdLogFile=\(folder("slurmd.log"))
      NodeName=\(host) NodeAddr=127.0.0.1 CPUs=\(processors) State=UNKNOWN
      PartitionName=tests Nodes=ALL Default=YES MaxTime=INFINITE State=UP

      """, to: "slurm.conf")
    // A job that is queued again waits as long as credentials live, and then for the scheduler: see above.
    controllerStart = .now
    try start("slurmctld", ["-D"])
    try start("slurmd", ["-D", "-N", host])
    try waitUntilIdle()
  }

  deinit { stop() }

  func stop() {
    for daemon in daemons.reversed() where daemon.isRunning { daemon.terminate() }
    let deadline = ContinuousClock.now.advanced(by: .seconds(10))
    for daemon in daemons.reversed() {
      while !Self.hasEnded(daemon.processIdentifier) && ContinuousClock.now < deadline { usleep(20_000) }
      if !Self.hasEnded(daemon.processIdentifier) { kill(daemon.processIdentifier, SIGKILL) }
    }
    daemons = []
  }

  /// Submits a script and waits for its end.
  /// - Returns: the exit code and the log of the job.
  func submit(_ arguments: [String], in place: Scratch, environment: [String: String] = [:]) throws -> Tool.Outcome {
    // Scripts add to a log that is there.
    try? FileManager.default.removeItem(atPath: place("log.txt"))
    let outcome = try command(
      ["sbatch", "--parsable", "--output=log.txt"] + arguments, in: place, environment: environment)
    guard outcome.status == 0 else { return outcome }
    // sbatch --wait would look only every few seconds.
    let job = String(outcome.output.prefix { $0.isNumber })
    try waitForEnd(of: job, in: place)
    let told = try command(["scontrol", "show", "job", job], in: place).output
    let log = (try? String(contentsOfFile: place("log.txt"), encoding: .utf8)) ?? ""
    let code = told.firstMatch(of: /\sExitCode=(\d+):/).flatMap { Int32($0.1) } ?? -1
    return Tool.Outcome(status: code, output: log, allErrors: log + outcome.allErrors, peakMemory: 0)
  }

  /// Whether a child has ended. Foundation notices later, as long as some descendant holds on to a descriptor of its.
  private static func hasEnded(_ process: Int32) -> Bool {
    let fields = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8))?.split(separator: ")").last
    return fields?.split(separator: " ").first.map { $0 == "Z" } ?? true
  }

  /// Runs one of Slurm's commands, or another one that talks to this Slurm.
  @discardableResult
  func command(
    _ words: [String], in place: Scratch, environment: [String: String] = [:]
  ) throws -> Tool.Outcome {
    try Tool.execute(words, in: place.path, environment: self.environment.merging(environment) { $1 })
  }

  /// Waits until a job has left the queue, at most two minutes.
  func waitForEnd(of job: String, in place: Scratch) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    let over = ["", "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY"]
    // A job on its way back into the queue has other states still.
    while try !over.contains(
      command(["squeue", "-h", "-t", "all", "-j", job, "-o", "%T"], in: place).output.split(separator: "\n").joined())
    {
      guard ContinuousClock.now < deadline else { throw Missing.answer("job \(job) does not end") }
      usleep(100_000)
    }
  }

  /// Whether srun can start ranks that know each other.
  func hasPMIx(in place: Scratch) throws -> Bool {
    let listed = try command(["srun", "--mpi=list"], in: place)
    return (listed.output + listed.errors).contains("pmix")
  }

  /// Waits until `seconds` before Slurm looks for jobs that come near their time limits, which it does every 30 seconds
  /// (`PERIODIC_TIMEOUT` in `slurmctld/controller.c`). At the first look within 30 s of the time for a signal it is sent.
  func wait(untilBeforeCheck seconds: Double) {
    let since = controllerStart.duration(to: .now) / .seconds(1)
    let phase = (since + seconds).truncatingRemainder(dividingBy: 30)
    usleep(UInt32((30 - phase) * 1e6))
  }

  private static let searchPath = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"

  private static func find(_ program: String) -> String? {
    searchPath.split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a daemon as long as it gets no SIGTERM and this process lives, which holds the other end of its input.
  ///
  /// slurmd does not always heed SIGTERM, so SIGKILL follows. Daemons close the descriptors that they inherit. Foundation
  /// takes that for their end, and would wait for it while no other process's end is noticed; so a shell stands between.
  private static let keeper = """
    exec 3<&0
    "$@" </dev/null 3<&- & daemon=$!
    end() { kill $daemon; sleep 2; kill -KILL $daemon; }
    trap end TERM
    { read -r _ <&3; end; } & watcher=$!
    wait $daemon
    wait $daemon
    kill $watcher
    """

  private func start(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", Self.keeper, "keeper", Self.find(program) ?? program] + arguments
    process.environment = Tool.environment.merging(environment) { $1 }
    process.standardInput = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    daemons.append(process)
  }

  /// Munge insists on not being root, and on folders that are its own.
  private func startMunge() throws {
    let made = try Tool.shell(
      """
      chmod 755 . && mkdir munge && head -c 128 /dev/urandom > munge/key && chmod 600 munge/key &&
      chown -R munge: munge && chmod 755 munge
      """, in: folder)
    guard made.status == 0 else { throw Missing.answer(made.errors) }
    let munge = folder("munge")
    try start(
      "setpriv",
      [
        "--reuid=munge", "--regid=munge", "--clear-groups", Self.find("munged") ?? "munged", "--foreground",
        "--key-file=\(munge)/key",
        "--socket=\(munge)/socket", "--pid-file=\(munge)/pid", "--log-file=\(munge)/log", "--seed-file=\(munge)/seed",
      ])
    let deadline = ContinuousClock.now.advanced(by: .seconds(10))
    while !FileManager.default.fileExists(atPath: "\(munge)/socket") {
      guard ContinuousClock.now < deadline else { throw Missing.answer("munged does not start") }
      usleep(20_000)
    }
  }

  private func waitUntilIdle() throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(30))
    while true {
      let answer = try Tool.execute(["sinfo", "-h", "-o", "%T"], in: folder.path, environment: environment)
      if answer.output == "idle\n" { return }
      guard ContinuousClock.now < deadline else {
        let logs = ["slurmctld.log", "slurmd.log"].map {
          (try? String(contentsOfFile: folder($0), encoding: .utf8)) ?? ""
        }
        throw Missing.answer(answer.output + answer.errors + logs.joined())
      }
      usleep(200_000)
    }
  }

  private static func freePort() -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, length)
        _ = getsockname(descriptor, $0, &length)
      }
    }
    return Int(address.sin_port.byteSwapped)
  }
}
