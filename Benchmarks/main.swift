import Foundation

// Measures what the project promises, beside the yardsticks and peers that set the measure, in one run on the same
// cores. Prints Markdown, then the same as JSON. `benchmarks SECTION…` runs some sections only.

let sections: [(name: String, run: () throws -> [Finding])] = [
  ("kernels", KernelBenchmarks.run), ("peers", PeerBenchmarks.run), ("accuracy", AccuracyBenchmarks.run),
  ("saving", SavingBenchmarks.run), ("gradients", GradientBenchmarks.run),
  ("lanes", ExecutorBenchmarks.run), ("refill", LaneBenchmarks.run), ("sums", SumBenchmarks.run),
  ("start-up", ToolBenchmarks.startUp), ("scaling", ToolBenchmarks.scaling), ("commits", ToolBenchmarks.commits),
  ("memory", ToolBenchmarks.memory), ("output", ToolBenchmarks.output),
]
let wanted = Set(CommandLine.arguments.dropFirst())
if let unknown = wanted.first(where: { name in !sections.contains { $0.name == name } }) {
  FileHandle.standardError.write(
    Data("error: no section '\(unknown)'; there are \(sections.map(\.name).joined(separator: ", "))\n".utf8))
  exit(2)
}
do {
  var findings: [Finding] = []
  for section in sections where wanted.isEmpty || wanted.contains(section.name) {
    FileHandle.standardError.write(Data("measuring \(section.name) …\n".utf8))
    findings += try section.run()
  }
  print(Report.machine() + "\n")
  print(Report.markdown(findings))
  print("```json\n\(try Report.json(findings))\n```")
} catch {
  FileHandle.standardError.write(Data("error: \(error)\n".utf8))
  exit(1)
}
