import Foundation
import Testing

@testable import Jobs

/// The manual of job files against the reader.
@Suite struct DocumentationTests {
  private static let manual: String = {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: project.appendingPathComponent("docs/job-file.md"), encoding: .utf8)) ?? ""
  }()

  /// The texts between ```yaml and ```.
  private static var examples: [String] {
    manual.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "\n```").first.map(String.init) }
  }

  /// A job that every section of the manual's examples fits into.
  private static let frame: [(key: String, text: String)] = [
    ("name", "name: frame"),
    (
      "model",
      """
      model:
        parameters: {rho: 1, sigma: 1, beta: 1, weight: 1, clearance: 1, dose: 1}
        let: {temperature: x}
        states: {x: {start: 1, rate: v}, v: {start: 0, rate: -x}, z: {start: 0, rate: x}}
      """
    ),
    ("solve", "solve: {until: 100}"),
    ("vary", "vary: {weight: {values: [1, 2]}, clearance: {values: [1, 2]}}"),
    ("outputs", "outputs: {a: 1, z_end: final(z)}"),
  ]

  @Test func everyExampleOfTheManualIsRead() throws {
    #expect(Self.examples.count >= 9)
    for example in Self.examples {
      if example.hasPrefix("name:") {
        #expect(throws: Never.self, "\(example)") { try job(example) }
        continue
      }
      let isTable = example.contains("table")
      let rest = Self.frame.filter { !example.hasPrefix($0.key + ":") && !(isTable && $0.key == "vary") }.map(\.text)
      var text = (rest + [example]).joined(separator: "\n") + "\n"
      // An example that changes the model has other names than the frame's variations and outputs.
      if example.hasPrefix("model:") {
        text = "name: frame\nsolve: {until: 1, save: {count: 2}}\n" + example
      }
      #expect(throws: Never.self, "\(text)") { try job(text) }
    }
  }

  @Test func theReferenceInTheManualIsTheReadersOwn() {
    let behind = Self.manual.split(separator: "<!-- keys:begin -->\n").last ?? ""
    let marked = behind.split(separator: "\n<!-- keys:end -->").first
    let reference = JobSchema.markdownReference.trimmingCharacters(in: .newlines)
    #expect(marked.map(String.init) == reference, "run `make docs`")
  }
}
