import ArgumentParser
import Cluster
import Jobs
import Programs

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a job would run: members, design, first rows, memory and disk. Computes nothing.")

  @Argument(help: "The job file, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var job: String

  @Option(help: "How many rows of the design to show.")
  var rows = 5

  @Option(
    name: .customLong("dump-ir"),
    help:
      "Print the program after a pass: traced, \(SimplificationPass.allCases.map(\.rawValue).joined(separator: ", ")).")
  var dump: String?

  func validate() throws {
    guard rows >= 0 else { throw ValidationError("--rows must not be negative, but is \(rows)") }
    let passes = ["traced"] + SimplificationPass.allCases.map(\.rawValue)
    if let dump, !passes.contains(dump) {
      throw ValidationError("--dump-ir must be one of \(passes.joined(separator: ", ")), but is '\(dump)'")
    }
  }

  func run() throws {
    try Session.run { session in
      let plan = try session.plan(session.document(job))
      if let dump {
        session.print(try Self.dumped(plan.program, after: dump))
        return
      }
      for note in plan.notes { session.note("note: \(note.text)") }
      session.print(words(plan))
    }
  }

  private static func gradient(_ derivatives: SweepDerivatives, _ plan: SweepPlan) -> String {
    let counts = "\(Terminal.count(derivatives.counts.outputs)) by \(Terminal.count(derivatives.counts.inputs))"
    guard let tape = plan.tape else { return "gradient \(counts), forward mode" }
    let words = tape.segments == 1 ? "a tape" : "\(Terminal.count(tape.segments)) tapes"
    return "gradient \(counts), reverse mode: \(words) of \(Terminal.count(tape.turns, "step")), "
      + "\(Terminal.bytes(tape.bytes)) for each member at work"
  }

  private static func dumped(_ program: Program, after pass: String) throws -> String {
    if pass == "traced" { return program.description }
    var text = ""
    _ = try program.simplified { if $0.rawValue == pass { text = $1.description } }
    return text
  }

  private func words(_ plan: SweepPlan) -> String {
    let document = plan.document
    var lines = ["\(document.name.value): \(Terminal.count(plan.design.count, "member"))"]
    if let description = document.description { lines.append(description) }
    lines.append("design   \(plan.design.method)")
    let from = document.solve.fromExpression?.value.description ?? Terminal.number(document.solve.from)
    let until = document.solve.untilExpression?.value.description ?? Terminal.number(document.solve.until)
    lines.append("solve    \(document.solve.method.value.rawValue) from \(from) until \(until)")
    if !plan.saveTimes.isEmpty { lines.append("saves    \(Terminal.count(plan.saveTimes.count, "time"))") }
    if let derivatives = plan.derivatives { lines.append(Self.gradient(derivatives, plan)) }
    lines.append(
      "chunks   \(Terminal.count(plan.layout.chunkCount)) of \(Terminal.count(plan.layout.chunkSize, "member"))")
    // Two sets of buffers a worker: one is filled while the other is written.
    lines.append("memory   \(Terminal.bytes(2 * plan.chunkBytes)) a thread")
    lines.append(
      "disk     \(Terminal.bytes(plan.resultBytes)) (\(Terminal.count(plan.layout.memberBytes)) bytes a member) in \(document.results)"
    )
    lines.append(
      "results  "
        + plan.layout.variables.map { variable in
          "\(variable.name)(\((["member"] + variable.innerAxes).joined(separator: ", ")))"
        }.joined(separator: " "))
    if !plan.varied.isEmpty && rows > 0 {
      let shown = min(rows, plan.design.count)
      let table =
        [["member"] + plan.varied.map(\.description)]
        + (0..<shown).map { member in ["\(member)"] + plan.design.values(of: member).map(Terminal.number) }
      lines += [""] + Terminal.table(table, alignLeft: [])
      if shown < plan.design.count { lines.append("  … \(Terminal.count(plan.design.count - shown)) more") }
    }
    return lines.joined(separator: "\n")
  }
}
