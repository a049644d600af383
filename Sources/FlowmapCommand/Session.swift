import Archive
import Cluster
import Foundation
import Jobs

/// The ranks of one invocation of the tool, started together and ended together.
///
/// Only rank 0 speaks. An error on any rank becomes one message and one exit code for all.
struct Session {
  let communicator: Communicator

  var isSpeaker: Bool { communicator.rank == 0 }

  /// Runs `work` on every rank and ends MPI, whatever happens.
  /// - Throws: `ReportedFailure` once the error has been printed.
  static func run(_ work: (Session) throws -> Void) throws {
    let communicator: Communicator
    do {
      communicator = try Communicator.start()
    } catch {
      // Ranks that do not find each other would all print the same.
      if ["PMIX_RANK", "PMI_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"].allSatisfy({
        (ProcessInfo.processInfo.environment[$0] ?? "0") == "0"
      }) {
        Terminal.printError("\(error)")
      }
      throw ReportedFailure(exitCode: FailureCode(error))
    }
    let session = Session(communicator: communicator)
    do {
      if let hint = communicator.hint, session.isSpeaker { Terminal.note("note: \(hint)") }
      try work(session)
      try communicator.finish()
    } catch {
      if session.isSpeaker {
        switch error {
        case is RunStopped: Terminal.note("\(error)")
        case is ReportedFailure: break
        default: Terminal.printError("\(error)")
        }
      }
      let code = FailureCode(error)
      do {
        try communicator.finish()
      } catch {
        communicator.abort(exitCode: code.rawValue)
      }
      if error is RunStopped || error is MembersFailed {
        // All ranks know of it. srun kills those that are still on their way out when one has left with a code other than 0,
        // and tells of that instead; so rank 0 alone leaves with the code, and leaves last.
        guard session.isSpeaker else { return }
        if communicator.size > 1 { usleep(200_000) }
      }
      throw ReportedFailure(exitCode: code)
    }
  }

  /// Prints on rank 0.
  func print(_ text: String) { if isSpeaker { Terminal.print(text) } }
  func note(_ text: String) { if isSpeaker { Terminal.note(text) } }

  /// Reads a file on rank 0 and hands its bytes to every rank: ten thousand ranks must not ask one file system at once.
  func contents(of path: String) throws -> [UInt8] {
    let bytes = try communicator.together { () -> [UInt8] in
      guard isSpeaker else { return [] }
      return try JobDocument.contents(of: path)
    }
    return try communicator.broadcast(bytes)
  }

  /// A job, read once and checked by every rank: all check the same bytes, so all find the same mistakes; rank 0 words them.
  func document(_ path: String) throws -> JobDocument {
    try JobDocument(bytes: try contents(of: path), path: path)
  }

  /// The plan of a job, the same on every rank.
  func plan(_ document: JobDocument) throws -> SweepPlan {
    var tables: [String: [UInt8]] = [:]
    for case .table(let reference, _) in document.designs {
      do {
        tables[reference.file.value] = try contents(of: document.path(of: reference))
      } catch let error as InvalidJob {
        let place = reference.file.location
        throw DesignProblem(path: document.path, line: place.line, key: place.keyPath, reason: "\(error)")
      }
    }
    return try SweepPlan(
      document, models: FlowmapTool.models, tables: tables,
      attributes: [
        Attribute("source", "flowmap \(FlowmapVersion.text)"),
        Attribute("flowmap_version", FlowmapVersion.text),
        Attribute("flowmap_host", try communicator.broadcast(ProcessInfo.processInfo.hostName)),
      ])
  }
}
