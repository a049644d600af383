import Archive
import ArgumentParser
import Cluster
import Foundation

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks for what is wrong with this machine, alone or on the ranks that mpirun or srun started.",
    discussion: """
      It writes a small set of results into the folder, reads it back and removes it, and compiles a small kernel. Start it \
      the way runs are started: what is wrong with the launcher shows only there. The exit code is 0 unless a line says FAULT.
      """)

  @Option(help: "The folder in which results are to lie.", completion: .directory)
  var results = "."

  func run() throws {
    try Session.run { session in
      let findings = try examine(session)
      let faults = try session.communicator.allreduce(findings.filter { $0.kind == .fault }.count, .sum)
      session.print(Self.words(findings))
      if faults > 0 { throw ReportedFailure(exitCode: .badInput) }
    }
  }

  /// Everything that is found, at rank 0; nothing elsewhere. Collective over all ranks.
  private func examine(_ session: Session) throws -> [Finding] {
    let communicator = session.communicator
    let (storage, components) = try StorageCheck(folder: results).findings(communicator)
    // What is the same for all ranks of a node, one of them looks at.
    let own = communicator.node.isLeader ? NodeChecks(communicator, components).findings : []
    let all = try communicator.gather(value: NodeReport(host: Communicator.host, findings: own))
    let placements = try communicator.placements()
    guard let reports = all else { return [] }
    return RankChecks.findings(communicator, placements)
      + Finding.merged(reports.filter { !$0.findings.isEmpty }.map { ($0.host, $0.findings) })
      + storage + SlurmCheck.findings()
  }

  private struct NodeReport: Codable {
    let host: String
    let findings: [Finding]
  }

  /// One table; the cure stands under what it is for.
  static func words(_ findings: [Finding]) -> String {
    var rows: [[String]] = []
    for finding in findings {
      rows.append([finding.kind.rawValue, finding.subject, finding.text])
      if let cure = finding.cure { rows.append(["", "", "→ " + cure]) }
    }
    let faults = findings.filter { $0.kind == .fault }.count
    let end = faults == 0 ? "nothing is wrong" : "\(Terminal.count(faults, "fault")); what to do stands below each"
    return (Terminal.table(rows, alignLeft: [0, 1, 2]) + [end]).joined(separator: "\n")
  }
}
