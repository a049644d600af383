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
