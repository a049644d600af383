import Programs
import Testing

@testable import Jobs

@Suite struct GoodJobTests {
  @Test func theJobOfTheManualReadsAsWritten() throws {
    let job = try job(JobTexts.lorenz)
    #expect(job.name.value == "lorenz")
    #expect(job.results == "results/lorenz")
    #expect(job.version == 1 && job.precision == .double && job.backend == .auto && job.chunk == nil)
    guard case .equations(let model) = job.model else {
      Issue.record("not equations")
      return
    }
    #expect(model.parameters.map(\.name.value) == ["sigma", "rho", "beta"])
    #expect(model.parameters.map(\.value) == [10, 28, 8.0 / 3])
    #expect(model.states.map(\.name.value) == ["x", "y", "z"])
    #expect(model.states.map(\.rate.value.description) == ["sigma*(y - x)", "x*(rho - z) - y", "x*y - beta*z"])
    #expect(model.states[1].rate.location == Location(line: 7, column: 25, keyPath: "model.states.y.rate"))
    #expect(
      job.solve.stepping
        == .adaptive(relativeTolerance: 1e-8, absoluteTolerance: 1e-8, firstStep: nil, maximumStep: nil))
    #expect(job.solve.method.value == .tsit5 && job.solve.from == 0 && job.solve.until == 1)
    #expect(job.solve.maximumSteps == 100_000)
    #expect(job.solve.save == SaveDescription(times: .count(101), states: nil))
    #expect(job.vary.map(\.name.value) == [.parameter("rho")])
    #expect(job.vary[0].space == .range(from: 0, to: 21, count: 1024, scale: .linear))
    #expect(job.designs.count == 1)
    #expect(job.outputs[0].name.value == "z_end")
    let z = try Expression.parse("z")
    #expect(job.outputs[0].specification.reductions == [Reduction(function: .final, expression: z, time: nil)])
    #expect(job.outputs[0].specification.combination == .name("%0", at: 0..<0))
  }

  @Test func everyKeyIsRead() throws {
    let job = try job(JobTexts.full)
    guard case .equations(let model) = job.model else {
      Issue.record("not equations")
      return
    }
    #expect(model.parameters[0].value == 2 * Double.pi)
    #expect(model.parameters[0].units == "1/s" && model.parameters[0].description == "rate of it all")
    #expect(model.lets.map(\.name.value) == ["fast", "inner", "ratio", "late", "flow"])
    #expect(model.lets.map(\.kind) == [.condition, .number, .number, .condition, .number])
    #expect(model.lets.map(\.dependence) == [.parameters, .time, .parameters, .time, .time])
    #expect(model.states[0].units == "mg" && model.states[0].description == "the amount")
    #expect(model.states[1].rate.value.description == "k*a - b")
    #expect(job.description == "Everything at once, on several lines.\n")
    #expect(
      job.solve.stepping
        == .adaptive(relativeTolerance: 1e-6, absoluteTolerance: 1e-9, firstStep: 1e-3, maximumStep: 0.5))
    #expect(job.solve.maximumSteps == 1_000_000)
    #expect(job.solve.save?.times == .every(0.5))
    #expect(job.solve.save?.states?.map(\.value) == ["b"])
    #expect(
      job.vary.map(\.space) == [
        .distribution(.normal(mean: 6, standardDeviation: 1), truncation: 0...Double.infinity, count: 5),
        .values([10, 30, 100]), .range(from: 1, to: 1000, count: 3, scale: .log),
        .distribution(.uniform(low: 0, high: 1), truncation: nil, count: 3),
      ])
    #expect(job.vary[3].name.value == .start(ofState: "a"))
    let designs = job.designs
    #expect(designs.count == 6)
    guard case .zip(let groups, _) = designs[1], case .sobol(1024, 7, _) = designs[2],
      case .latinHypercube(16, 0, _) = designs[3], case .random(100, 0, _) = designs[4],
      case .table(let table, _) = designs[5]
    else {
      Issue.record("other designs: \(designs)")
      return
    }
    #expect(groups[0] == ZipGroup(name: "arm", members: [.parameter("dose"), .parameter("weight")], count: 3))
    #expect(groups[1] == ZipGroup(name: "other", members: [.start(ofState: "a")], count: 3))
    #expect(table.columns?.map(\.column) == ["Dose (mg)", "a0"])
    #expect(job.path(of: table) == "jobs/points.csv")
    let relative = job.outputs[2].specification
    #expect(relative.combination.description == "%0/%1*ratio")
    #expect(relative.reductions[0].time?.constant == 2 * Double.pi)
    #expect(relative.reductions.map(\.function) == [.at, .initial])
    #expect(job.outputs[1].units == "mg")
    #expect(job.precision == .double && job.chunk?.value == 4096 && job.results == "out/full" && job.backend == .cpu)
  }

  @Test func jsonIsTheSameDocument() throws {
    let text = """
      {"name":"decay", "model": {"parameters": {"k": 0.5}, "states": {"x": {"start": 1, "rate": "-k*x"}}},
      \t"solve": {"until": 10, "method": "rk4", "step": 0.01},
      "outputs": {"end": "final(x)", "peak": {"value": "maximum(x)", "units": "\\u00b5m\\/s"}}}
      """
    let job = try job(text)
    #expect(job.solve.stepping == .fixed(0.01))
    #expect(job.outputs[1].units == "µm/s")
    guard case .grid = job.designs.first else {
      Issue.record("no grid")
      return
    }
  }

  @Test func equalReductionsAreKeptOnce() throws {
    let job = try job(JobTexts.lorenz("final(z)", "(final(z) - initial(z))/final( z )"))
    let specification = job.outputs[0].specification
    #expect(specification.reductions.map(\.function) == [.final, .initial])
    #expect(specification.combination.description == "(%0 - %1)/%0")
  }

  @Test(arguments: [
    ("lognormal: {median: 2, sigma: 0.5}", DistributionDescription.lognormal(median: 2, sigma: 0.5)),
    ("uniform: [-1, 1]", .uniform(low: -1, high: 1)),
    ("loguniform: [1e-3, 1]", .loguniform(low: 1e-3, high: 1)),
    ("triangular: {low: 0, mode: 1, high: 3}", .triangular(low: 0, mode: 1, high: 3)),
    ("beta: {alpha: 2, beta: 3}", .beta(alpha: 2, beta: 3, low: 0, high: 1)),
    ("beta: {alpha: 2, beta: 3, low: -1, high: 4}", .beta(alpha: 2, beta: 3, low: -1, high: 4)),
    ("gamma: {shape: 2, scale: 3}", .gamma(shape: 2, scale: 3)),
    ("exponential: {mean: 0.1}", .exponential(mean: 0.1)),
  ])
  func everyDistributionIsRead(text: String, distribution: DistributionDescription) throws {
    let job = try job(JobTexts.lorenz("{from: 0, to: 21, count: 1024}", "{\(text), count: 4, truncate: [-2, 5]}"))
    #expect(job.vary[0].space == .distribution(distribution, truncation: -2...5, count: 4))
  }

  @Test func emptyOptionalPartsAreAsGoodAsAbsent() throws {
    let text = """
      name: bare
      version: 1
      model:
        parameters:
        let:
        states: {x: {start: 1, rate: -x*t}}
      solve: {until: 1, save: {at: [0, 0.5, 1]}}
      vary:
        # k: {from: 0, to: 1, count: 3}
      design:
      outputs:
      """
    let job = try job(text)
    #expect(job.outputs.isEmpty && job.vary.isEmpty && job.designs.count == 1)
    #expect(job.solve.save?.times == .at([0, 0.5, 1]))
  }

  @Test func oneTimeNeedsNoList() throws {
    #expect(try job(JobTexts.lorenz("{count: 101}", "{at: 1/2}")).solve.save?.times == .at([0.5]))
  }

  @Test func saveNothingMeansNothing() throws {
    #expect(try job(JobTexts.lorenz("{count: 101}", "nothing")).solve.save == nil)
  }

  @Test func saveTimesEndWhereTheSolutionEnds() {
    #expect(SaveTimes.every(0.1).values(from: 0, until: 1).count == 11)
    #expect(SaveTimes.every(0.1).values(from: 0, until: 1).last == 1)
    #expect(SaveTimes.every(0.3).values(from: 1, until: 2).count == 4)
    #expect(SaveTimes.count(5).values(from: 0, until: 2) == [0, 0.5, 1, 1.5, 2])
    #expect(SaveTimes.at([1, 2]).values(from: 0, until: 2) == [1, 2])
    for divisions in [3, 7, 49, 1000, 12345] {
      let times = SaveTimes.every(1 / Double(divisions)).values(from: 0, until: 1)
      #expect(times.count == divisions + 1)
      #expect(times.last.map { abs($0 - 1) <= 1e-15 } == true)
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func numbersAreTypedByTheSchemaAndNotByYAML() throws {
    // YAML 1.1 takes 010 for eight, and 1e1 without a point for a text.
    let job = try job(JobTexts.lorenz("{sigma: 10, rho: 28, beta: 8/3}", "{sigma: 010, rho: 1e1, beta: '2^3'}"))
    guard case .equations(let model) = job.model else { return }
    #expect(model.parameters.map(\.value) == [10, 10, 8])
  }

  @Test func aByteOrderMarkAndWindowsLineEndsAreAccepted() throws {
    let text = "\u{FEFF}" + JobTexts.lorenz.split(separator: "\n").joined(separator: "\r\n")
    let job = try JobDocument(bytes: Array(text.utf8), path: "lorenz.yaml")
    #expect(job.outputs.count == 1)
  }
}
