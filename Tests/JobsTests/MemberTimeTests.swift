import Foundation
import Testing

@testable import Jobs

/// Times that use parameters, in every place that takes them.
@Suite struct MemberTimeTests {
  /// x = exp(−k·(t − t0)) from t0 until t0 + span, with a dose that doubles it after a lag: closed forms, and derivatives by
  /// the times.
  @Test(arguments: ["forward", "reverse"]) func timesOfTheMemberAreExactWithTheirDerivatives(mode: String) throws {
    let found = try Engine.batched.run(
      """
      name: times
      model:
        parameters: {k: 0.3, t0: 1, span: 6, lag: 2, gap: 0.5}
        let: {middle: t0 + 1}
        states: {x: {start: 1, rate: -k*x}, n: {start: 0, rate: 0}}
        events:
          dose: {at: [t0 + lag], set: {x: 2*x}}
          tick: {every: gap, from: middle, until: t0 + span - 1, set: {n: n + t}}
      solve: {from: t0, until: t0 + span, relative_tolerance: 1e-10, absolute_tolerance: 1e-12}
      vary: {lag: {values: [2, 4.5]}}
      outputs:
        end: final(x)
        probe: at(x, middle)
        area: integral(x, middle, t0 + lag)
        when: time_of(dose)
        ticks: count(tick)
        total: final(n)
      gradient: {of: [end, probe, area, when, total], with_respect_to: [k, span, lag, t0, gap], mode: \(mode)}
      """)
    let (k, span, gap) = (0.3, 6.0, 0.5)
    for (member, lag) in [2, 4.5].enumerated() {
      func near(_ name: String, _ value: Double) {
        #expect(
          abs(found[name][member] - value) < 1e-8 * max(1, abs(value)), "\(name): \(found[name][member]), not \(value)")
      }
      let end = 2 * exp(-k * span)
      near("end", end)
      near("d_end_d_k", -span * end)
      near("d_end_d_span", -k * end)
      near("d_end_d_lag", 0)
      near("d_end_d_t0", 0)
      near("probe", exp(-k))
      near("d_probe_d_k", -exp(-k))
      near("d_probe_d_t0", 0)
      near("area", (exp(-k) - exp(-k * lag)) / k)
      near("d_area_d_lag", exp(-k * lag))
      near("when", 1 + lag)
      near("d_when_d_lag", 1)
      near("d_when_d_t0", 1)
      // Ticks at 2, 2.5, … 6.
      near("ticks", 9)
      near("total", 36)
      near("d_total_d_gap", 36)
      near("d_total_d_t0", 9)
      #expect(gap == 0.5)
    }
  }

  @Test func switchesThatAreOffAreNoted() throws {
    func notes(_ switches: String) throws -> [String] {
      let job = try job(
        """
        name: infusion
        model:
          parameters: {dose: 100, tinf: 2, ke: 0.3}
          states: {c: {start: 0, rate: "piecewise(mod(t, 24) < tinf, dose/tinf, 0) - ke*c"}}
        solve: {until: 240, switches: \(switches)}
        outputs: {end: final(c)}
        gradient: {of: [end], with_respect_to: [tinf, dose]}
        """)
      return try SweepPlan(job).notes.map(\.text)
    }
    #expect(try notes("on").isEmpty)
    #expect(
      try notes("off") == [
        "switches are off, and rates jump where 'mod(t, 24) < tinf' changes: the jumps are missing from d_end_d_tinf"
      ])
  }

  /// Numbers would be refused; a member's window that is reversed, or goes beyond the solution, has no value.
  @Test func windowsThatAreNoneHaveNoValue() throws {
    let found = try Engine.batched.run(
      """
      name: windows
      model: {parameters: {a: 1, b: 2}, states: {x: {start: 0, rate: 1}}}
      solve: {until: 5}
      vary: {a: {values: [1, 3, -1, 5]}, b: {values: [2, 2, 2, 6]}}
      design: {method: zip}
      outputs:
        area: integral(x, a, b)
        most: maximum(x, a, b)
        middle: mean(x, a, b)
      """)
    for (name, right) in [("area", 1.5), ("most", 2), ("middle", 1.5)] {
      #expect(abs(found[name][0] - right) < 1e-9, "\(name): \(found[name])")
      #expect(found[name].dropFirst().allSatisfy { $0.isNaN }, "\(name): \(found[name])")
    }
    #expect(found["status"].allSatisfy { $0 == 0 })
  }

  @Test func aConditionThatIsNeverANumberIsNoted() throws {
    func notes(_ condition: String) throws -> [String] {
      try SweepPlan(
        job(
          """
          name: never
          model:
            parameters: {k: 1}
            let: {inner: -1 - x^2}
            states: {x: {start: 1, rate: -k*x}, y: {start: 1, rate: 0}}
            events: {e: {when: "\(condition)", set: {x: 1}}}
          solve: {until: 5}
          outputs: {end: final(x)}
          """)
      ).notes.map(\.text)
    }
    for condition in ["log(inner) > 0", "t > 1 and sqrt(inner) < 3", "log(inner)"] {
      let found = try notes(condition)
      #expect(found.count == 1 && found[0].hasPrefix("event 'e' seems never to happen: '"), "\(found)")
    }
    for condition in ["log(x) > 0", "sqrt(x - 1000*y) < 3", "acos(x) < 1", "x > 3"] {
      #expect(try notes(condition).isEmpty)
    }
  }

  @Test func savedTimesMustBeThoseOfAllMembers() {
    func found(_ solve: String) -> String {
      problems(
        """
        name: a
        model: {parameters: {T: 3}, states: {x: {start: 0, rate: 1}}}
        solve: {\(solve)}
        """
      ).description
    }
    #expect(found("until: T, save: {count: 3}").contains("solve.save needs times that are the same for all members"))
    #expect(
      found("from: T, until: 9, save: {at: [1]}").contains("Begin at a number, or keep outputs such as at(x, time)"))
    #expect(found("until: x").contains("solve.until must be a time that is known before the solution"))
  }
}
