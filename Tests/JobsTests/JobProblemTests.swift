import Foundation
import Testing

@testable import Jobs

@Suite struct JobProblemTests {
  @Test func severalProblemsAreToldAtOnceInTheOrderOfLines() {
    let text = JobTexts.lorenz
      .replacingOccurrences(of: "beta: 8/3", with: "beta: many")
      .replacingOccurrences(of: "sigma*(y - x)", with: "sigme*(y - x)")
      .replacingOccurrences(of: "until: 1", with: "until: soon")
      .replacingOccurrences(of: "final(z)", with: "z")
    let found = problems(text)
    #expect(found.problems.map(\.line) == [3, 6, 11, 20])
    let lines = found.description.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.hasPrefix("jobs/test.yaml:") })
  }

  @Test func manyProblemsAreCountedRatherThanListed() {
    let states = (0..<40).map { "    x\($0): {start: 0, rate: a\($0)b}" }.joined(separator: "\n")
    let text = "name: many\nmodel:\n  states:\n\(states)\nsolve: {until: 1}\noutputs: {e: final(x0)}\n"
    let found = problems(text)
    #expect(found.problems.count == 40)
    let lines = found.description.split(separator: "\n")
    #expect(lines.count == 9)
    #expect(lines.last == "jobs/test.yaml: and 32 more problems")
  }

  @Test func aMisspeltNameIsNotReportedWhereItsDeclarationIsBroken() {
    let found = problems(JobTexts.lorenz("{sigma: 10, rho: 28, beta: 8/3}", "{sigma:10, rho: 28, beta: 8/3}"))
    #expect(found.problems.count == 1, "\(found)")
  }

  @Test func aJobThatKeepsNothingIsRefused() {
    let text = JobTexts.lorenz("save: {count: 101}", "")
      .replacingOccurrences(of: "outputs:\n  z_end: final(z)", with: "")
    #expect(problems(text).description.contains("the job keeps nothing. Add 'outputs'"))
  }

  @Test func groupsOfUnequalCountsAreRefusedWithTheCounts() {
    let found = problems(JobTexts.full("{values: [10, 30, 100]}", "{values: [10, 30]}"))
    #expect(
      found.description.contains("the group 'arm' needs as many values of each, but 'dose' has 2 and 'weight' has 3"))
  }

  @Test func zipNeedsCountsAndRandomNeedsSomethingThatVaries() {
    let uncounted = JobTexts.lorenz(", count: 1024", "").replacingOccurrences(of: "grid", with: "zip")
    #expect(problems(uncounted).description.contains("needs a 'count' for the design 'zip'"))
    let nothing = JobTexts.lorenz("  rho: {from: 0, to: 21, count: 1024}\n", "")
      .replacingOccurrences(of: "{method: grid}", with: "{method: random, count: 3}")
    #expect(problems(nothing).description.contains("the design 'random' needs something to vary"))
  }

  @Test func aRangeWithoutCountIsEnoughForDraws() throws {
    let text = JobTexts.lorenz(", count: 1024", "").replacingOccurrences(
      of: "{method: grid}", with: "{method: sobol, count: 64}")
    #expect(try job(text).vary[0].space == .range(from: 0, to: 21, count: nil, scale: .linear))
  }

  @Test func longChainsOfLetsNeedNoStack() throws {
    let chain = (0..<20_000).map { "    a\($0): a\($0 + 1) + 1" }.joined(separator: "\n")
    let text = JobTexts.lorenz("  let: {}", "  let:\n\(chain)\n    a20000: 1\n  #")
    guard case .equations(let model) = try job(text).model else { return }
    #expect(model.lets.first?.name.value == "a20000")
    #expect(model.lets.last?.name.value == "a0")
    let cycle = text.replacingOccurrences(of: "a20000: 1", with: "a20000: a0")
    #expect(problems(cycle).description.contains("in a circle: a0 -> a1 -> a2"))
  }

  @Test func ratesAndOutputsOfAThousandTermsAreRead() throws {
    let sum = Array(repeating: "x", count: 999).joined(separator: " + ")
    let text = JobTexts.lorenz("sigma*(y - x)", sum).replacingOccurrences(of: "final(z)", with: "final(\(sum))")
    #expect(try job(text).outputs[0].specification.reductions[0].expression.names.count == 999)
    let reductions = JobTexts.lorenz("final(z)", sum.replacingOccurrences(of: "x", with: "final(x)"))
    #expect(try job(reductions).outputs[0].specification.reductions.count == 1)
  }

  @Test func timesThatRoundingMakesEqualAreRefused() {
    let near = JobTexts.lorenz("from: 0\n  until: 1\n", "from: 1e16\n  until: 1e16 + 64\n")
    #expect(problems(near).description.contains("solve.save must be at least 4 between times, to tell them apart"))
    let far = JobTexts.lorenz("from: 0\n  until: 1\n", "from: -1e308\n  until: 1e308\n")
    #expect(problems(far).description.contains("solve.until must be a finite time after 'from'"))
  }

  @Test func aWrongCountIsToldOnce() {
    #expect(problems(JobTexts.lorenz("count: 1024", "count: 1.5")).problems.count == 1)
    #expect(problems(JobTexts.lorenz("count: 1024", "count: many")).problems.count == 1)
  }

  @Test func twoCyclesAreToldApart() {
    let found = problems(JobTexts.lorenz("let: {}", "let: {a: b, b: a, c: d + a, d: c, e: 1}"))
    #expect(found.description.contains("a -> b -> a"))
    #expect(found.description.contains("d -> c -> d") || found.description.contains("c -> d -> c"), "\(found)")
  }

  // MARK: Files as a whole

  @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "~", "null\n"]) func emptyFilesAreToldSo(text: String) {
    #expect(problems(text).description.contains("the file is empty. A job needs at least"))
  }

  @Test(arguments: ["hello", "- a\n- b", "3"]) func filesThatAreNoMappingAreToldSo(text: String) {
    #expect(problems(text).description.contains("a job file must be a mapping with keys such as 'version', 'name'"))
  }

  @Test func bytesThatAreNotTextAreToldWithTheirLine() {
    let bytes = Array("name: a\nmodel: ".utf8) + [0xFF, 0xFE] + Array("\n".utf8)
    let error = #expect(throws: InvalidJob.self) { try JobDocument(bytes: bytes, path: "a.yaml") }
    #expect(error?.description == "a.yaml:2: has bytes that are not UTF-8 text. Save the file as UTF-8")
  }

  @Test func filesThatCannotBeReadAreToldWhy() {
    let missing = #expect(throws: InvalidJob.self) { try JobDocument.read(path: "/nonexistent/job.yaml") }
    #expect(missing?.description == "/nonexistent/job.yaml: cannot be read: No such file or directory")
    let folder = #expect(throws: InvalidJob.self) { try JobDocument.read(path: NSTemporaryDirectory()) }
    #expect(folder?.description.contains("cannot be read: Is a directory") == true)
  }

  @Test(.timeLimit(.minutes(1))) func aliasBombsAreRefusedAtOnce() {
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1..<60 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(problems(bomb).description.contains("not supported"))
    #expect(problems(bomb + "? *a59\n: 1\n").description.contains("not supported"))
  }

  @Test(arguments: ["[", "{a: ", "- ", "? "]) func bottomlessNestingIsAnError(opening: String) {
    let found = problems(String(repeating: opening, count: 100_000))
    #expect(found.problems[0].line >= 1)
  }

  @Test func theSecondOfManyEqualKeysIsFound() {
    let lines = (0..<500).map { "  k\($0): 1" } + ["  k250: 2", "  k250: 3"]
    let found = problems("name: a\nmodel:\n" + lines.joined(separator: "\n") + "\n")
    #expect(found.problems == [JobProblem(.duplicateKey("k250", firstLine: 253), line: 503)])
  }
}
