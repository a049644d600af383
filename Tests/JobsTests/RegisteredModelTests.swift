import Programs
import Testing

@testable import Jobs

@Suite struct RegisteredModelTests {
  private let names = ModelNames(
    parameters: ["A", "B", "alpha"], states: [("u", .array), ("v", .array), ("w", .number)])

  private let text = """
    name: brusselator
    model:
      swift: brusselator
      parameters: {A: 1, B: 3.4}
    solve: {until: 10, save: {count: 11, states: [u]}}
    vary:
      alpha: {from: 0.01, to: 1, count: 10, scale: log}
    outputs:
      middle: final(u[64])
      total: integral(sum(u + v))/A
    """

  @Test func itsNamesAreCheckedOnceTheyAreKnown() throws {
    let job = try job(text)
    guard case .registered(let model) = job.model else {
      Issue.record("not registered")
      return
    }
    #expect(model.name.value == "brusselator")
    #expect(model.parameters.map(\.name.value) == ["A", "B"])
    #expect(job.names == nil)
    let checked = try job.checked(against: names)
    #expect(checked.names?.names == ["A", "B", "alpha", "u", "v", "w"])
    #expect(checked.outputs[1].specification.combination.description == "%0/A")
  }

  @Test(arguments: [
    ("B: 3.4", "C: 3.4", "model.parameters has 'C', which is not a parameter of the model 'brusselator'", 4),
    ("states: [u]", "states: [A]", "solve.save.states has 'A', which is not a state", 5),
    ("alpha: {", "alpa: {", "vary has 'alpa', which is not a parameter or the start of a state", 7),
    ("alpha: {", "u.start: {", "vary has 'u.start', but 'u' is an array, whose start is the model's to give", 7),
    ("alpha: {", "w: {", "Did you mean 'w.start'?", 7),
    ("final(u[64])", "final(u)", "output 'middle' must be a number, but 'u' is an array", 9),
    ("final(u[64])", "final(w[0])", "indexes a number as if it were an array", 9),
    ("final(u[64])", "u[64]", "output 'middle' uses 'u' by itself, but it changes in time", 9),
    (
      "outputs:", "gradient: {of: [u], with_respect_to: [u.start]}\noutputs:",
      "gradient has the saved state 'u' by the array 'u.start', which makes a matrix", 8
    ),
    (
      "outputs:", "gradient: {of: all, with_respect_to: [q.start]}\noutputs:", "gradient.with_respect_to has 'q.start'",
      8
    ),
    ("outputs:", "gradient: {of: [w], with_respect_to: [A]}\noutputs:", "but solve.save does not keep it", 8),
    ("final(u[64])", "final(sum(q))", "uses 'q', which is not a parameter, state or let name", 9),
  ])
  func mistakesAreToldThen(piece: String, replacement: String, message: String, line: Int) throws {
    let parts = text.split(separator: piece, maxSplits: 1)
    let job = try job(parts.joined(separator: replacement))
    let error = #expect(throws: InvalidJob.self) { try job.checked(against: names) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.problems.map(\.line) == [line])
  }

  /// Steps end where numbers are compared, but not where arrays are: then derivatives may miss a jump, and a note says so.
  @Test(arguments: [(true, "on", false), (true, "off", true), (false, "on", true)])
  func jumpsThatNoStepEndsAtAreNoted(isNumber: Bool, switches: String, isNoted: Bool) throws {
    let model = Model(
      "valve", parameters: [.init("k", 2)],
      states: [.init("u", axis: .init("cell", 2)) { _ in Staged([1, 2]) }]
    ) { _, states, parameters in
      let u = states["u"]
      let isOpen = isNumber ? (u[0] .< parameters["k"]) : (u .< parameters["k"])
      return ["u": select(isOpen, u, -u)]
    }
    let plan = try SweepPlan(
      job(
        """
        name: valve
        model: {swift: valve}
        solve: {until: 1, switches: \(switches)}
        outputs: {end: "final(u[1])"}
        gradient: {of: [end], with_respect_to: [k]}
        """), models: ModelRegistry([model]))
    let notes = plan.notes.filter { $0.text.hasPrefix("the model compares or rounds") }
    #expect(notes.map(\.variables) == (isNoted ? [["d_end_d_k"]] : []), "\(plan.notes)")
  }

  @Test func equationsAndASwiftModelDoNotMix() {
    let found = problems(
      "name: a\nmodel: {swift: b, states: {x: {start: 1, rate: 1}}}\nsolve: {until: 1}\noutputs: {a: final(x)}")
    #expect(found.description.contains("model has 'states', which does not go with 'swift'"), "\(found)")
  }
}
