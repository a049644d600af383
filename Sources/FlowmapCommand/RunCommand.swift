import Archive
import ArgumentParser
import Cluster
import Foundation
import Jobs
import Logging

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a job, alone on all cores of this machine or on the ranks that mpirun or srun started.",
    discussion: """
      Results go into shards in the job's folder (results/NAME unless the job or --results says otherwise). What is there \
      of the same job is not computed again, so the same command continues a run that has ended early, on any number of \
      ranks. Nothing is ever deleted.
      """)

  @Argument(help: "The job file, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var job: String

  @Option(help: "What computes: auto, cpu (compiled for this processor) or batched. Default: the job's choice.")
  var backend: Backend?

  @Option(help: "The folder for results. Default: the job's choice.", completion: .directory)
  var results: String?

  @Option(help: "Threads of each rank. Default: a fair share of the cores it may use.")
  var threads: Int?

  @Option(help: "Files: one shard a node, written through MPI-IO, or one a rank.")
  var shards: ShardMode = .node

  @Option(help: "Seconds between commits, which force finished members to the disk. A kill loses no more than that.")
  var commitEvery = 10.0

  @Flag(help: "Continue with a job that has got more members since; those that are there must keep their points.")
  var extend = false

  @Flag(help: "Start over in a new folder beside the old one: results/NAME-2 and so on.")
  var fresh = false

  @Flag(help: "Take over a folder whose lock belongs to a run that may be alive. Make sure that it is not.")
  var breakLock = false

  @Flag(name: .shortAndLong, help: "Say less: no progress, no summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more: how the program was made ready and what was set for MPI.")
  var verbose = false

  @Option(
    help: "What ranks write to files of their own, DIR/logs: \(Logger.Level.choices). Most often there is nothing.")
  var logLevel = Logger.Level.notice

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be between 1 and 1024, but is \(threads)")
    }
    guard commitEvery >= 0, commitEvery <= 86_400 else {
      throw ValidationError("--commit-every must be between 0 and 86400 seconds, but is \(commitEvery)")
    }
    if extend && fresh { throw ValidationError("--extend continues, --fresh starts over; choose one") }
  }

  func run() throws {
    // First of all, so that a signal that comes while ranks find each other or kernels are compiled is not fatal either.
    StopSignal.listen()
    try Session.run { session in
      let document = try JobDocument(bytes: try session.contents(of: job), path: job)
      let backend = backend ?? Backend(document.backend)
      var plan = try session.plan(job)
      let (name, prepared) = try backend.prepare(plan, session)
      plan = try plan.recording(Attribute("flowmap_backend", name))
      if verbose {
        for repair in session.communicator.repairs {
          session.note("set \(repair.variable)=\(repair.value): \(repair.reason)")
        }
        session.note("\(name): \(prepared.summary)")
      }
      let treatment: SweepResults.Treatment = fresh ? .fresh : extend ? .extend : .resume
      let run = try SweepRun(
        on: session.communicator, threads: threads, shardMode: shards, commitInterval: .seconds(commitEvery))
      let there = try SweepResults(
        plan, in: results ?? plan.document.results, treatment: treatment, breakingLock: breakLock,
        on: session.communicator)
      defer { there.close() }
      note(there, backend: name, session)
      let log = RankLog.logger(rank: session.communicator.rank, folder: there.folder.path, level: logLevel)
      open(log, "\(name): \(prepared.summary)", there, threads: run.threads, session)
      var report = try RunReport(there, threads: run.threads, session)
      var display = ProgressDisplay(members: plan.layout.memberCount, reused: there.census.members)
      let isShown = session.isSpeaker && !quiet
      let outcome = Result {
        try run.run(prepared, into: there) {
          StopSignal.name != nil
        } progress: {
          if isShown { display.show($0) }
          report.show($0)
        }
      }
      display.end()
      report.end(outcome)
      close(log, outcome, session)
      let summary = try outcome.get()
      let words = RunWords(run: summary, results: there)
      guard summary.isComplete else {
        // Each rank may have heard of another signal, or of none.
        throw RunStopped(words: words.stopped(by: StopSignal.name, isFresh: fresh))
      }
      if !quiet { session.print(words.summary) }
    }
  }

  /// The first lines of a rank's log: at rank 0 what was set for the run, once for all ranks.
  private func open(_ log: Logger, _ kernel: String, _ results: SweepResults, threads: Int, _ session: Session) {
    let communicator = session.communicator
    let host = ProcessInfo.processInfo.hostName
    log.info("rank \(communicator.rank) is process \(getpid()) on \(host), \(threads) threads; \(kernel)")
    guard session.isSpeaker else { return }
    log.notice(
      "flowmap \(FlowmapVersion.text) runs \(job): \(communicator.size) ranks on \(communicator.node.count) nodes")
    for repair in communicator.repairs { log.notice("set \(repair.variable)=\(repair.value): \(repair.reason)") }
    if let remark = results.lockRemark { log.notice("\(remark)") }
  }

  /// The last line of a rank's log: its own error, and at rank 0 how the run ended.
  private func close(_ log: Logger, _ outcome: Result<SweepSummary, any Error>, _ session: Session) {
    switch outcome {
    case .success(let summary):
      guard session.isSpeaker else { return }
      let end = summary.isComplete ? "finished" : "stopped early"
      log.notice("\(end): computed \(summary.computed), reused \(summary.reused), failed \(summary.failed)")
    case .failure(ClusterError.rankFailed) where !session.isSpeaker:
      // Not this rank's fault, and told by the one whose it is.
      return
    case .failure(let error): log.error("\(error)")
    }
  }

  /// What is worth knowing about the folder before the run.
  private func note(_ results: SweepResults, backend: String, _ session: Session) {
    guard session.isSpeaker else { return }
    for remark in results.remarks { session.note("note: \(remark)") }
    if verbose, let remark = results.lockRemark { session.note("\(remark)") }
    guard results.isContinued, !results.census.missing.isEmpty else { return }
    for (attribute, now) in [("flowmap_backend", backend), ("flowmap_version", FlowmapVersion.text)] {
      guard case .text(let before)? = results.folder.layout.attributes.first(where: { $0.name == attribute })?.value,
        before != now
      else { continue }
      session.note(
        "note: the results were begun with \(attribute.dropFirst(8)) \(before), and go on with \(now); members may "
          + "differ by rounding")
    }
  }
}

extension ShardMode: ExpressibleByArgument {}

extension Logger.Level: @retroactive ExpressibleByArgument {
  fileprivate static var choices: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
