import Foundation
import Testing

@testable import Jobs

/// The schema against Python's `jsonschema`, an independent validator.
@Suite struct JobSchemaTests {
  /// Validates YAML texts and gives, for each, whether the schema accepts it.
  private static func verdicts(_ texts: [String]) throws -> [Bool] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("flowmap-schema-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try JobSchema.text.write(to: folder.appendingPathComponent("schema.json"), atomically: true, encoding: .utf8)
    try JSONEncoder().encode(texts).write(to: folder.appendingPathComponent("jobs.json"))
    let program = """
      import json, sys, yaml, jsonschema
      schema = json.load(open("schema.json"))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      print(json.dumps([validator.is_valid(yaml.safe_load(text)) for text in json.load(open("jobs.json"))]))
      """
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = ["python3", "-c", program]
    python.currentDirectoryURL = folder
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    return try JSONDecoder().decode([Bool].self, from: data)
  }

  @Test func goodJobsAreValidAndBadOnesAreNot() throws {
    let good = [
      JobTexts.lorenz, JobTexts.full, EventJobTests.ball,
      JobTexts.lorenz("{count: 101}", "nothing"), JobTexts.lorenz("{count: 101}", "{at: [0, 1e-1, 0.5]}"),
      JobTexts.lorenz("{method: grid}", ""), JobTexts.lorenz("{method: grid}", "{method: zip}"),
      JobTexts.lorenz("count: 1024", "count: 2^10"), JobTexts.lorenz("until: 1", "until: 2*pi"),
      JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "{beta: {alpha: 1, beta: 2}, truncate: [0, inf], count: 3}"),
      "name: b\nmodel: {swift: brusselator, parameters: {A: 1}}\nsolve: {until: 1, method: rk4, step: 1e-2}\n",
    ]
    let bad = [
      EventJobTests.ball.replacingOccurrences(of: "stop: yes", with: "stop: maybe"),
      EventJobTests.ball.replacingOccurrences(of: "when: h,", with: ""),
      EventJobTests.ball.replacingOccurrences(of: "direction: falling", with: "direction: down"),
      JobTexts.lorenz("until: 1", "until: [yes]"), JobTexts.lorenz("until: 1", "until: {at: 3}"),
      JobTexts.lorenz("until: 1", "untill: 1"), JobTexts.lorenz("  until: 1\n", ""),
      JobTexts.lorenz("method: tsit5", "method: rk4"), JobTexts.lorenz("method: tsit5", "method: tsit"),
      JobTexts.lorenz("relative_tolerance: 1e-8", "relative_tolerance: 0"),
      JobTexts.lorenz("{count: 101}", "{count: 1}"), JobTexts.lorenz("{count: 101}", "{count: 3, every: 1}"),
      JobTexts.lorenz("{count: 101}", "{at: []}"), JobTexts.lorenz("start: 1, ", ""),
      JobTexts.lorenz("{method: grid}", "{method: sobol}"), JobTexts.lorenz("{method: grid}", "{method: table}"),
      JobTexts.lorenz("{method: grid}", "[{method: grid}, {method: zop}]"),
      JobTexts.lorenz("{method: grid}", "{method: grid, count: 3}"),
      JobTexts.lorenz("count: 1024", "count: 1.5"), JobTexts.lorenz("count: 1024", "count: 0"),
      JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "{values: [1], count: 3}"),
      JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "{normal: {mean: 0}, count: 3}"),
      JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "{uniform: [1]}"),
      JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "21"),
      JobTexts.lorenz("rho: {from", "rho x: {from"), JobTexts.lorenz("name: lorenz\n", ""),
      JobTexts.lorenz("z_end: final(z)", "z_end: {valu: final(z)}"), JobTexts.lorenz("z_end:", "1st:"),
      JobTexts.lorenz("sigma*(y - x)", "[1]"), "name: a\n", "- a\n",
    ]
    // What the validator says is only worth something where our own reader says the same.
    for text in good { #expect(throws: Never.self) { _ = try text.contains("swift") ? nil : job(text) } }
    for text in bad { #expect(!problems(text).problems.isEmpty) }
    let verdicts = try Self.verdicts(good + bad)
    for (text, isValid) in zip(good + bad, verdicts) where isValid != good.contains(text) {
      Issue.record("the schema \(isValid ? "accepts" : "refuses")\n\(text)")
    }
    #expect(verdicts.count == good.count + bad.count)
  }

  @Test func everyKeyIsDescribed() throws {
    let schema = try JSONSerialization.jsonObject(with: Data(JobSchema.text.utf8)) as? [String: Any]
    let properties = schema?["properties"] as? [String: Any]
    #expect(properties?.keys.sorted() == JobKeys.job.keys.map(\.name).sorted())
    for (name, value) in properties ?? [:] {
      let description = (value as? [String: Any])?["description"] as? String
      #expect(description?.isEmpty == false, "\(name)")
    }
  }

  @Test func theReferenceNamesEveryKeyWithItsDefault() {
    let reference = JobSchema.markdownReference
    for key in ["relative_tolerance", "latin-hypercube", "truncate", "step", "groups", "columns", "swift", "seed"] {
      #expect(reference.contains(key), "\(key)")
    }
    #expect(reference.contains("| `method` | `tsit5`, `dopri5`, `vern7`, `rk4`, `euler` | tsit5 |"))
    #expect(reference.contains("### `solve` with `method: rk4|euler`"))
    #expect(!reference.contains("Optional("))
  }
}
