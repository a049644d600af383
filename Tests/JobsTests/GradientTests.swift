import Archive
import Dynamics
import Programs
import Testing

@testable import Jobs

/// Derivatives that jobs ask for.
@Suite struct GradientTests {
  /// Lorenz' model with outputs of several kinds; the start of x depends on a parameter.
  static func lorenz(
    _ gradient: String, rho: String = "[5, 14, 28]", tolerance: String = "1e-7", until: String = "0.5",
    more: String = ""
  ) -> String {
    """
    name: lorenz
    model:
      parameters: {sigma: {value: 10, units: 1/s}, rho: 28, beta: 8/3, a: 2}
      states:
        x: {start: a/2, rate: sigma*(y - x), units: m}
        y: {start: 0, rate: x*(rho - z) - y}
        z: {start: 0, rate: x*y - beta*z}
    solve: {until: \(until), relative_tolerance: \(tolerance), absolute_tolerance: \(tolerance)\(more)}
    vary: {rho: {values: \(rho)}}
    outputs:
      x_end: {value: final(x), units: m}
      mixed: maximum(x) + sigma*mean(z^2)
    gradient: \(gradient)
    """
  }

  static let names = ["sigma", "rho", "beta", "a", "x_start", "y_start", "z_start"]

  /// Steps are the same in both modes where nothing is contracted, so only rounding may differ.
  @Test(arguments: Engine.allCases) func bothModesAgree(engine: Engine) throws {
    let reverse = try engine.run(Self.lorenz("{of: all, with_respect_to: all, mode: reverse}"))
    let forward = try engine.run(Self.lorenz("{of: all, with_respect_to: all, mode: forward}"))
    for output in ["x_end", "mixed"] {
      for member in 0..<3 {
        let all = Self.names.map { (forward["d_\(output)_d_\($0)"][member], reverse["d_\(output)_d_\($0)"][member]) }
        let size = all.map { abs($0.0) }.max()!
        for (name, (a, b)) in zip(Self.names, all) {
          #expect(abs(a - b) <= 1e-12 * size, "\(engine): d \(output) / d \(name): forward \(a), reverse \(b)")
        }
      }
    }
    // The start of x is a/2.
    for member in 0..<3 {
      #expect(isNear(reverse["d_x_end_d_a"][member], reverse["d_x_end_d_x_start"][member] / 2, 1e-13))
    }
    #expect(reverse.statuses[0] == 3 && forward.statuses[0] == 3)
  }

  /// Against the variational equations solved by SciPy's DOP853 at 1e-13.
  @Test(arguments: ["forward", "reverse"]) func lorenzHasItsKnownGradient(mode: String) throws {
    let text = Self.lorenz(
      "{of: [z_end], with_respect_to: all, mode: \(mode)}", rho: "[28]", tolerance: "1e-12", until: "1"
    ).replacing("mixed:", with: "z_end: final(z)\n  mixed:")
    let found = try Engine.compiled.run(text)
    #expect(isNear(found["z_end"][0], 28.58162762439237, 1e-10))
    let known = [
      -0.618540221394575, 0.7327413576441713, 8.008118175559428, 0.793264500080849 / 2, 0.793264500080849,
      0.6177182373258817, 0.40433106316880524,
    ]
    for (name, value) in zip(Self.names, known) {
      #expect(isNear(found["d_z_end_d_" + name][0], value, 1e-9), "\(name)")
    }
  }

  /// Against runs of the same job with other values.
  @Test func gradientsAgreeWithDifferencesOfRuns() throws {
    let found = try Engine.compiled.run(
      Self.lorenz("{of: all, with_respect_to: [rho]}", rho: "[14, 14.001, 13.999, 14.002, 13.998]", tolerance: "1e-12"))
    for output in ["x_end", "mixed"] {
      let y = found[output]
      let difference = (8 * (y[1] - y[2]) - (y[3] - y[4])) / 0.012
      #expect(isNear(found["d_\(output)_d_rho"][0], difference, 1e-7))
    }
  }

  @Test(arguments: Engine.allCases) func seriesHaveDerivativesUntilTheMemberFails(engine: Engine) throws {
    // u = u₀/(1 − u₀kt) has its pole at t = 1 for k = 1.5, u₀ = 2/3; du/dk = t u², du/du₀ = (u/u₀)².
    let found = try engine.run(
      """
      name: pole
      model:
        parameters: {k: 1}
        states: {u: {start: 2/3, rate: k*u^2}, v: {start: 0, rate: -v}}
      solve: {until: 1.2, relative_tolerance: 1e-6, absolute_tolerance: 1e-6, maximum_steps: 200, save: {count: 5}}
      vary: {k: {values: [0.5, 1.5, 0]}}
      outputs: {u_end: final(u)}
      gradient: {of: [u, u_end], with_respect_to: [k, u.start]}
      """)
    #expect(found.plan.layout.variables.contains { $0.name == "d_u_d_k" && $0.innerAxes == ["time"] })
    #expect(!found.values.keys.contains("d_v_d_k"))
    for member in 0..<3 {
      let k = [0.5, 1.5, 0][member]
      for time in 0..<5 {
        let (t, place) = (0.3 * Double(time), member * 5 + time)
        let (u, byK, byStart) = (found["u"][place], found["d_u_d_k"][place], found["d_u_d_u_start"][place])
        #expect(u.isNaN == byK.isNaN && u.isNaN == byStart.isNaN)
        #expect(u.isNaN == (k * t * 2 / 3 >= 1))
        if u.isNaN { continue }
        #expect(isNear(byK, t * u * u, 1e-4) && isNear(byStart, (u * 1.5) * (u * 1.5), 1e-4))
      }
    }
    #expect(found["d_u_end_d_k"].map(\.isNaN) == [false, true, false])
    #expect(found["status"].map { $0 == 0 } == [true, false, true])
  }

  /// A ball that falls from a height h lands at √(2h/g) with the speed √(2gh); what is saved later is no number, and no fault.
  @Test(arguments: Engine.allCases) func derivativesGoThroughTheTimesOfEvents(engine: Engine) throws {
    func text(_ of: String, _ mode: String) -> String {
      """
      name: fall
      model:
        parameters: {g: 9.81}
        states: {h: {start: 10, rate: v}, v: {start: 0, rate: -g}}
        events: {landing: {when: h, direction: falling, stop: yes}}
      solve: {until: 3, relative_tolerance: 1e-8, absolute_tolerance: 1e-8, save: {at: [0, 1, 2.5]}}
      vary: {h.start: {values: [5, 10]}}
      outputs: {landed: final(t), speed: final(v)}
      gradient: {of: \(of), with_respect_to: [g, h.start], mode: \(mode)}
      """
    }
    for mode in ["forward", "reverse"] {
      let found = try engine.run(text(mode == "forward" ? "[landed, speed, h]" : "all", mode))
      #expect(found.statuses[0] == 2, "\(found.statuses)")
      for (member, h) in [5.0, 10].enumerated() {
        let (t, v) = ((2 * h / 9.81).squareRoot(), -(2 * h * 9.81).squareRoot())
        #expect(isNear(found["d_landed_d_g"][member], -t / (2 * 9.81), 1e-9))
        #expect(isNear(found["d_landed_d_h_start"][member], t / (2 * h), 1e-9))
        #expect(isNear(found["d_speed_d_h_start"][member], v / (2 * h), 1e-9))
        if mode == "forward" {
          #expect(isNear(found["d_h_d_g"][3 * member + 1], t > 1 ? -0.5 : .nan, 1e-9) || t < 1)
          #expect(found["h"][3 * member + 2].isNaN && found["d_h_d_g"][3 * member + 2].isNaN)
        }
      }
    }
  }

  /// A tank with a hole drains by Torricelli's law until h = 0.04 at t = 2(√h₀ − 0.2)/k, then evenly, below zero as well, where
  /// the rate of the first phase is not a number: h = 0.04 − 0.1k(10 − t).
  @Test(arguments: Engine.allCases, ["forward", "reverse"])
  func anotherPhasesRateMayBeNoNumber(engine: Engine, mode: String) throws {
    let found = try engine.run(
      """
      name: tank
      model:
        parameters: {k: 0.4}
        states: {h: {start: 1, rate: -k*sqrt(h)}}
        phases: {draining: {}, below: {rates: {h: -0.1*k}}}
        events: {low: {when: h - 0.04, direction: falling, during: draining, next: below}}
      solve: {until: 10, relative_tolerance: 1e-10, absolute_tolerance: 1e-10}
      vary: {k: {values: [0.3, 0.4, 0.5]}}
      outputs: {h_end: final(h)}
      gradient: {of: all, with_respect_to: all, mode: \(mode)}
      """)
    #expect(found.statuses[0] == 3)
    for (member, k) in [0.3, 0.4, 0.5].enumerated() {
      #expect(isNear(found["h_end"][member], 0.2 - k, 1e-8) && k > 0.2)
      #expect(isNear(found["d_h_end_d_k"][member], -1, 1e-7), "\(found["d_h_end_d_k"])")
      #expect(isNear(found["d_h_end_d_h_start"][member], 0.1, 1e-7), "\(found["d_h_end_d_h_start"])")
    }
  }

  /// Steps that reach too far, where a rate is not a number, are taken again shorter; derivatives are those of the others.
  @Test(arguments: Engine.allCases) func stepsThatWereRejectedHaveNoInfluence(engine: Engine) throws {
    let text = """
      name: pulled
      model:
        parameters: {k: 1, pull: 300}
        states: {h: {start: 1, rate: "-step(t - 1)*pull*(sqrt(h) - 0.1) - k*h"}}
      solve: {until: 2, relative_tolerance: 1e-6, absolute_tolerance: 1e-6}
      vary: {k: {values: [0.1, 0.2, 0.4]}}
      outputs: {h_end: final(h), total: integral(h)}
      gradient: {of: all, with_respect_to: all, mode: MODE}
      """
    let forward = try engine.run(text.replacing("MODE", with: "forward"))
    let reverse = try engine.run(text.replacing("MODE", with: "reverse"))
    #expect(forward.statuses[0] == 3 && reverse.statuses[0] == 3 && reverse["rejected"].allSatisfy { $0 > 0 })
    for output in ["h_end", "total"] {
      for name in ["k", "pull", "h_start"] {
        for (a, b) in zip(forward["d_\(output)_d_\(name)"], reverse["d_\(output)_d_\(name)"]) {
          #expect(a.isFinite && isNear(a, b, 1e-11), "\(output) by \(name): forward \(a), reverse \(b)")
        }
      }
    }
  }

  @Test func aDerivativeThatIsNotFiniteIsTheMembersStatus() throws {
    let text = """
      name: root
      model: {parameters: {k: 1}, states: {u: {start: 0, rate: k}}}
      solve: {until: 1, method: rk4, step: 0.5}
      vary: {k: {values: [0, 1, 4]}}
      outputs: {root: sqrt(final(u))}
      gradient: {of: all, with_respect_to: [k], mode: MODE}
      """
    for mode in ["forward", "reverse"] {
      let found = try Engine.compiled.run(text.replacing("MODE", with: mode))
      #expect(zip(found["root"], [0, 1, 2]).allSatisfy { isNear($0, $1, 1e-15) })
      #expect(!found["d_root_d_k"][0].isFinite && isNear(found["d_root_d_k"][1], 0.5, 1e-14))
      #expect(found["status"] == [Double(Status.gradientNotFinite.rawValue), 0, 0])
    }
  }

  @Test func singlePrecisionDiffersByRounding() throws {
    let gradient = "{of: all, with_respect_to: all, mode: reverse}"
    let double = try Engine.compiled.run(Self.lorenz(gradient))
    let single = try Engine.compiled.run(
      Self.lorenz(gradient, tolerance: "1e-5").replacing("name: lorenz", with: "name: lorenz\nprecision: single"))
    for name in Self.names {
      let (a, b) = (double["d_x_end_d_" + name], single["d_x_end_d_" + name])
      #expect(zip(a, b).allSatisfy { isNear($0, $1, 2e-3) }, "\(name): \(a), \(b)")
    }
  }

  @Test func namesUnitsAndPlacesAreRecorded() throws {
    let plan = try plan(Self.lorenz("{of: all, with_respect_to: [sigma, rho, x.start]}", more: ", save: {count: 3}"))
    func attribute(_ name: String, _ attribute: String) -> String? {
      let found = plan.layout.variables.first { $0.name == name }?.attributes.first { $0.name == attribute }
      if case .text(let text)? = found?.value { return text }
      return nil
    }
    #expect(attribute("d_x_end_d_sigma", "units") == "m/(1/s)")
    #expect(attribute("d_x_end_d_rho", "units") == nil)
    #expect(attribute("d_x_end_d_x_start", "units") == "1")
    #expect(attribute("d_x_end_d_x_start", "long_name") == "derivative of x_end by x at the start")
    #expect(plan.derivatives?.isForward == true && plan.tape == nil)
    #expect(try self.plan(Self.lorenz("{of: [x_end], with_respect_to: all}")).tape?.segments == 1)
  }

  @Test func aJobWithoutDerivativesIsTheProgramThatItWas() throws {
    let text = Self.lorenz("{of: all, with_respect_to: [rho]}")
    let plain = try plan(text.split(separator: "\ngradient").first.map(String.init)!)
    #expect(plain.derivatives == nil && plain.tape == nil && plain.notes.isEmpty)
    #expect(plain.program.outputs.map(\.name) == ["x_end", "mixed", "status", "steps", "rejected", "below_tolerance"])
    // Reverse mode adds to a program, and leaves its instructions as they are.
    #expect(plain.program.instructionCount < (try plan(text)).program.instructionCount)
  }

  @Test func derivativesThatAreZeroByConstructionAreNoted() throws {
    let plan = try plan(
      """
      name: jumps
      model:
        parameters: {k: 1.5, c: 1}
        states: {u: {start: 1, rate: "-u*piecewise(u > c, 1, 2)"}}
      solve: {until: 1}
      outputs: {a: final(u), b: floor(k)*final(u), c_end: c*final(u), d: final(u) + k}
      gradient: {of: all, with_respect_to: all}
      """)
    #expect(plan.notes.count == 1)
    let note = plan.notes.first?.text ?? ""
    #expect(
      note.hasPrefix("zero are the derivatives of 'b' by 'k': there is"), "\(note)")
    // Those variables say so in the file.
    let noted = plan.layout.variables.filter { $0.attributes.contains(Attribute(ResultsNote.attribute, note)) }
    #expect(noted.map(\.name) == ["d_b_d_k"])
    #expect(!plan.layout.attributes.contains { $0.name == ResultsNote.fileAttribute })
  }

  @Test func aNameInUseIsNotGivenTwice() {
    let text = Self.lorenz("{of: [x_end], with_respect_to: [rho]}").replacing("mixed:", with: "d_x_end_d_rho:")
    let error = #expect(throws: DesignProblem.self) { try plan(text) }
    #expect(
      error?.description.hasPrefix("jobs/test.yaml:13: gradient: a derivative is stored as 'd_x_end_d_rho'") == true)
  }

  /// An array state and its start: u' = −k u, so d u(cell) / d k = −t u and d Σu / d u₀(cell) = exp(−kt).
  @Test(arguments: ["forward", "reverse"]) func arraysHaveDerivatives(mode: String) throws {
    let decay = Model(
      "decay", parameters: [.init("k", 0.5)],
      states: [.init("u", axis: .init("cell", 3)) { _ in Staged([1, 2, 3]) }]
    ) { _, states, parameters in ["u": -parameters["k"] * states["u"]] }
    let text = """
      name: cells
      model: {swift: decay}
      solve: {until: 2, relative_tolerance: 1e-9, absolute_tolerance: 1e-9, save: {count: 2}}
      vary: {k: {values: [0.5, 1]}}
      outputs: {total: final(sum(u))}
      gradient: {of: [OF], with_respect_to: [BY], mode: \(mode)}
      """
    let models = ModelRegistry([decay])
    let total = try Engine.compiled.run(
      text.replacing("OF", with: "total").replacing("BY", with: "u.start, k"), models: models)
    let exact = [0.5, 1].flatMap { k in Array(repeating: Double.exp(-2 * k), count: 3) }
    #expect(zip(total["d_total_d_u_start"], exact).allSatisfy { isNear($0, $1, 1e-7) })
    #expect(zip(total["d_total_d_k"], total["total"]).allSatisfy { isNear($0, -2 * $1, 1e-7) })
    guard mode == "forward" else { return }
    let series = try Engine.compiled.run(text.replacing("OF", with: "u").replacing("BY", with: "k"), models: models)
    #expect(series.plan.layout.variables.first { $0.name == "d_u_d_k" }?.innerAxes == ["time", "cell"])
    let times = [0.0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2, 2]
    for (place, t) in times.enumerated() { #expect(isNear(series["d_u_d_k"][place], -t * series["u"][place], 1e-7)) }
  }

  private func plan(_ text: String) throws -> SweepPlan { try SweepPlan(try job(text)) }
}

func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
