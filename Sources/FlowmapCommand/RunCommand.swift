import Archive
import ArgumentParser
import Compiled
import Execution
import Foundation
import Jobs

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

  @Option(
    help: "Memory that the tapes of reverse mode may take on each rank, such as 2GB. Default: half of what there is.")
  var memory: MemoryBudget?

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

  @Flag(help: "End with code 5 if any member fails, not only if all do. The results are complete all the same.")
  var requireSuccess = false

  @Flag(name: .shortAndLong, help: "Say less: no progress, no summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more: how the program was made ready and what was set for MPI.")
  var verbose = false

  @Option(help: "What ranks write to files of their own, DIR/logs: error, notice or info. Most often there is nothing.")
  var logLevel = LogLevel.notice

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be between 1 and 1024, but is \(threads)")
    }
    guard commitEvery >= 0, commitEvery <= 86_400 else {
      throw ValidationError("--commit-every must be between 0 and 86400 seconds, but is \(commitEvery)")
    }
    if results == "" { throw ValidationError("--results must be the path of a folder, but it is ''") }
    if extend && fresh { throw ValidationError("--extend continues, --fresh starts over; choose one") }
  }

  func run() throws {
    // First of all, so that a signal that comes while ranks find each other or kernels are compiled is not fatal either.
    StopSignal.listen()
    try Session.run { session in
      let document = try session.document(job)
      let backend = backend ?? document.backend
      let starting = StartingDisplay(isShown: session.isSpeaker && !quiet)
      var plan = try session.plan(document)
      let memory = memory ?? MemoryBudget(sharedBy: session.communicator.node.size)
      let watch = CompilationWatch(begins: starting.compiles, isStopped: { StopSignal.name != nil })
      let preparation = Result { try backend.prepare(plan, memory: memory, watch, session) }
      starting.end(isReady: (try? preparation.get()) != nil)
      let (name, prepared) = try preparation.get()
      for note in plan.notes { session.note("note: \(note.text)") }
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
      let folder = results ?? plan.document.results
      try checkLimits(plan, folder, threads: run.threads, session)
      let there = try SweepResults(
        plan, in: folder, treatment: treatment, breakingLock: breakLock,
        on: session.communicator)
      defer { there.close() }
      note(there, backend: name, session)
      let log = RankLog.logger(rank: session.communicator.rank, folder: there.folder.path, level: logLevel.level)
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
      let summary: SweepSummary
      do {
        summary = try outcome.get()
      } catch CompilerError.stopped {
        // Derivatives of members that take many steps need kernels of their own.
        throw RunStopped(words: RunWords.stoppedWhileCompiling(plan))
      }
      try noteSegments(prepared, session)
      let words = RunWords(run: summary, results: there)
      guard summary.isComplete else {
        // Each rank may have heard of another signal, or of none.
        throw RunStopped(words: words.stopped(by: StopSignal.name, isFresh: fresh))
      }
      if !quiet {
        session.print(words.summary)
        for note in summary.notes { session.note("note: \(note.text)") }
      }
      if let failure = MembersFailed(plan.document.name.value, summary, requiringSuccess: requireSuccess) {
        throw failure
      }
    }
  }

  /// What is too large is told before anything is written; of results that are there, once it is known what is missing.
  private func checkLimits(_ plan: SweepPlan, _ folder: String, threads: Int, _ session: Session) throws {
    let communicator = session.communicator
    try communicator.together {
      try plan.checkMemory(threads: threads, available: 2 * MemoryBudget(sharedBy: communicator.node.size).bytes)
      guard session.isSpeaker else { return }
      // Members that the folder's job does not have are missing whatever there is.
      let members = fresh ? nil : try? ResultsFolder(reading: folder).layout.memberCount
      try plan.checkRoom(in: folder, for: max(0, plan.layout.memberCount - (members ?? 0)))
    }
  }

  /// Members that did not fit on one tape, whatever rank they were on.
  private func noteSegments(_ prepared: any PreparedProgram, _ session: Session) throws {
    guard let derivatives = prepared as? DerivativeRun else { return }
    let members = try session.communicator.allreduce(derivatives.repeatedMembers, .sum)
    guard members > 0, !quiet else { return }
    session.note(
      "note: \(Terminal.count(members, "member")) took more steps than one tape holds and "
        + "\(members == 1 ? "was" : "were") differentiated in segments")
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

extension MemoryBudget: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
