import ArgumentParser
import Foundation
import Jobs

struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a batch script for Slurm that runs a job, and submits it.",
    discussion: """
      The script asks for whole nodes, starts the ranks by srun or mpirun, ends the run cleanly before the time limit, and \
      has Slurm start it again until everything is computed. Options of 'run' stand after '--':

        flowmap submit job.yaml --nodes 4 --time 2:00:00 -- --backend cpu
      """)

  @Argument(help: "The job file, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var job: String?

  @Argument(parsing: .postTerminator, help: "Options of 'run', after '--'.")
  var runOptions: [String] = []

  @Option(help: "Nodes. Members are shared out among them as they become free, so any number will do.")
  var nodes = 1

  @Option(help: "Ranks on each node; each has threads for its share of the cores.")
  var ranksPerNode: Int?

  @Option(help: "Longest time of one start: \(SlurmTime.forms). Default: the partition's.")
  var time: String?

  @Option(help: "Slurm's partition.")
  var partition: String?

  @Option(help: "Slurm's account.")
  var account: String?

  @Option(help: "GPUs of each node, and a rank for each. The backends of this version compute on processors only.")
  var gpus: Int?

  @Option(help: "Seconds before the time limit at which the run is asked to end. Slurm may be a minute early.")
  var notice = 120

  @Option(name: .customLong("sbatch"), help: "A further option of sbatch, such as '--qos=long'; may be repeated.")
  var sbatchOptions: [String] = []

  @Option(help: "The folder for results. Default: the job's choice.", completion: .directory)
  var results: String?

  @Option(help: "Also merge the results into this file.", completion: .file(extensions: ["h5", "nc"]))
  var merge: String?

  @Option(help: "The script to write. Default: NAME.sbatch, by the job's name.")
  var script: String?

  @Flag(help: "Print the script. Writes and submits nothing.")
  var dryRun = false

  @Flag(help: "Print a script that takes the job file as its argument, to keep and adapt. Submits nothing.")
  var template = false

  func validate() throws {
    func check(_ number: Int?, _ name: String, _ range: ClosedRange<Int>) throws {
      guard let number, !range.contains(number) else { return }
      throw ValidationError("\(name) must be between \(range.lowerBound) and \(range.upperBound), but is \(number)")
    }
    try check(nodes, "--nodes", 1...100_000)
    try check(ranksPerNode, "--ranks-per-node", 1...1024)
    try check(gpus, "--gpus", 1...64)
    try check(notice, "--notice", 1...65_535)
    if let time, SlurmTime(time) == nil {
      throw ValidationError("--time must be like \(SlurmTime.forms), but is '\(time)'")
    }
    for (name, value) in [("--partition", partition), ("--account", account)] {
      guard let value, value.wholeMatch(of: /[A-Za-z0-9_.,:@+-]+/) == nil else { continue }
      throw ValidationError("\(name) must be a name as Slurm has them, but is '\(value)'")
    }
    for option in sbatchOptions where option.wholeMatch(of: /--?[A-Za-z][^\n\r]*/) == nil {
      throw ValidationError("--sbatch takes an option of sbatch, such as '--qos=long', but is '\(option)'")
    }
    try checkRunOptions()
    if template {
      guard job == nil, runOptions.isEmpty, results == nil, merge == nil, script == nil else {
        throw ValidationError("--template is for any job: give the job file and options of 'run' to its script instead")
      }
    } else if job == nil {
      throw ValidationError("Missing expected argument '<job>'")
    }
  }

  /// What 'run' would not take is told now, not when the job starts.
  private func checkRunOptions() throws {
    if runOptions.contains("--fresh") {
      throw ValidationError("--fresh would start over with every start of the job; choose a new folder with --results")
    }
    do {
      _ = try Run.parse([job ?? "job.yaml"] + runOptions)
    } catch {
      let words = Run.exitCode(for: error).isSuccess ? "they do not ask for help" : Run.message(for: error)
      throw ValidationError("after '--' stand options of 'run': \(words.prefix(1).lowercased())\(words.dropFirst())")
    }
  }

  func run() throws {
    guard let job else { return Terminal.write(common.text, to: .standardOutput) }
    try Session.run { session in
      // A mistake in the job is told now, not after a day in the queue.
      let plan = try session.plan(session.document(job))
      guard session.isSpeaker else { return }
      let name = Self.fileName(plan.document.name.value)
      let folder = results ?? plan.document.results
      var script = common
      (script.name, script.tool) = (name, Self.ownPath)
      let options = (results.map { ["--results", $0] } ?? []) + runOptions
      script.work = .job(job, options: options, merge: merge.map { ["merge", folder, "-o", $0] } ?? [])
      if dryRun { return Terminal.write(script.text, to: .standardOutput) }
      let path = self.script ?? "\(name).sbatch"
      guard let sbatch = ProgramSearch.path(of: "sbatch") else {
        throw CommandProblem.noProgram("sbatch", purpose: "submits scripts")
      }
      try Self.write(script.text, to: path)
      let id = try Self.submit(path, by: sbatch)
      session.print(
        """
        \(path) is job \(id) of Slurm; its log: \(name)-\(id).log
        how far it is: \(FlowmapTool.name) status \(folder)
        """)
    }
  }

  private var common: SlurmScript {
    SlurmScript(
      nodes: nodes, ranksPerNode: ranksPerNode ?? gpus ?? 1, time: time.flatMap { SlurmTime($0) },
      partition: partition, account: account, gpusPerNode: gpus, options: sbatchOptions, notice: notice)
  }

  /// This program, wherever it was found.
  private static var ownPath: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  }

  private static func fileName(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
  }

  /// Writes the script, over an older one of this tool only.
  private static func write(_ text: String, to path: String) throws {
    if FileManager.default.fileExists(atPath: path) {
      let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      guard old.contains(SlurmScript.mark) else { throw CommandProblem.foreignFile(path: path) }
    }
    do {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw CommandProblem.notWritable(path: path, reason: error.localizedDescription)
    }
  }

  /// - Returns: the number that Slurm gave to the job.
  private static func submit(_ script: String, by sbatch: String) throws -> String {
    let outcome = try ProgramSearch.run(sbatch, ["--parsable", script])
    // A cluster's name may follow the number.
    guard outcome.status == 0, let id = outcome.output.split(whereSeparator: { $0 == ";" || $0.isNewline }).first else {
      throw CommandProblem.refused(
        script: script, words: outcome.errors.split(separator: "\n").joined(separator: "; "))
    }
    return String(id)
  }
}
