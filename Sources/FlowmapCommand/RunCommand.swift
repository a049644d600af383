import Archive
import ArgumentParser
import Foundation
import Jobs

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a job, alone on all cores of this machine or on the ranks that mpirun or srun started.",
    discussion: "Results go into shards in the job's folder (results/NAME unless the job or --results says otherwise).")

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

  @Flag(name: .shortAndLong, help: "Say less: no progress, no summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more: how the program was made ready and what was set for MPI.")
  var verbose = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be between 1 and 1024, but is \(threads)")
    }
  }

  func run() throws {
    try Session.run { session in
      let document = try JobDocument(bytes: try session.contents(of: job), path: job)
      let backend = backend ?? Backend(document.backend)
      var plan = try session.plan(job)
      let memory = memory ?? MemoryBudget(sharedBy: session.communicator.node.size)
      let (name, prepared) = try backend.prepare(plan, memory: memory, session)
      for note in plan.notes { session.note("note: \(note)") }
      plan = try plan.recording(Attribute("flowmap_backend", name))
      if verbose {
        for repair in session.communicator.repairs {
          session.note("set \(repair.variable)=\(repair.value): \(repair.reason)")
        }
        session.note("\(name): \(prepared.summary)")
      }
      let folder = results ?? plan.document.results
      let run = try SweepRun(plan, on: session.communicator, threads: threads, shardMode: shards)
      var display = ProgressDisplay(members: plan.layout.memberCount)
      let isShown = session.isSpeaker && !quiet
      let summary: SweepSummary
      do {
        summary = try run.run(prepared, into: folder) { if isShown { display.show($0) } }
      } catch {
        display.end()
        throw error
      }
      display.end()
      if let derivatives = prepared as? DerivativeRun {
        let repeated = try session.communicator.allreduce(derivatives.repeatedMembers, .sum)
        if repeated > 0 && !quiet { session.note(Self.segments(repeated)) }
      }
      if !quiet { session.print(Self.words(summary, plan, folder)) }
    }
  }

  private static func segments(_ members: Int) -> String {
    "note: \(Terminal.count(members, "member")) took more steps than one tape holds and \(members == 1 ? "was" : "were") "
      + "differentiated in segments"
  }

  /// The summary of a run.
  private static func words(_ summary: SweepSummary, _ plan: SweepPlan, _ folder: String) -> String {
    let ranks = summary.ranks == 1 ? "" : "\(summary.ranks) ranks, "
    let threads = summary.threads == 1 ? "1 thread" : "\(summary.threads) threads"
    var lines = [
      "\(plan.document.name.value): \(Terminal.count(summary.members, "member")) in \(Terminal.duration(summary.seconds)), "
        + "\(Terminal.rate(summary.members, summary.seconds)) (\(ranks)\(threads))"
    ]
    let failures = summary.statuses.filter { $0.status != .success && $0.count > 0 }
    if failures.isEmpty {
      lines.append("every member succeeded")
    } else {
      let words = failures.map {
        "\(Terminal.count($0.count)) \($0.status.name.split(separator: "_").joined(separator: " "))"
      }
      lines.append("failed, and recorded with their status: \(words.joined(separator: ", "))")
    }
    lines.append(
      "\(Terminal.bytes(summary.bytes)) in \(folder); one file: \(FlowmapTool.name) merge \(folder) -o \(plan.document.name.value).h5"
    )
    return lines.joined(separator: "\n")
  }
}

extension ShardMode: ExpressibleByArgument {}

extension MemoryBudget: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
