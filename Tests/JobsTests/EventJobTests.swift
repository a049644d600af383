import Archive
import Batched
import Foundation
import Programs
import Testing

@testable import Jobs

/// Jobs with events and phases: reading, mistakes, and what they compute.
@Suite struct EventJobTests {
  static let ball = """
    name: ball
    model:
      parameters: {g: 8, e: 0.5}
      let: {energy: g*h + v^2/2}
      states:
        h: {start: 1, rate: v}
        v: {start: 0, rate: -g}
        doses: {start: 0, rate: 0}
      phases:
        flight:
        rest: {rates: {h: 0, v: 0}}
      events:
        bounce: {when: h, direction: falling, set: {v: -e*v}}
        calm: {when: v - 1.9, direction: falling, during: [flight], next: rest, set: {v: 0}}
        tick: {at: [0, 1/4, 2], set: {doses: doses + 1}}
        tock: {every: 0.1, from: 1.05, until: 1.25, set: {doses: doses + t}}
        never: {when: energy - 100, stop: no, during: rest, next: flight}
        over: {when: t - 1.2, stop: yes}
    solve: {until: 3}
    outputs: {height: final(h), speed: final(v), doses_given: final(doses), end: final(t), all: count(bounce) + 10*count(tock)}
    """

  private static func ball(_ piece: String, _ replacement: String) -> String {
    precondition(ball.contains(piece), "the job has no '\(piece)'")
    return ball.replacingOccurrences(of: piece, with: replacement)
  }

  @Test func eventsAreReadAsWritten() throws {
    let job = try job(Self.ball)
    guard case .equations(let model) = job.model else {
      Issue.record("not equations")
      return
    }
    #expect(model.phases.map(\.name.value) == ["flight", "rest"] && model.phases.map(\.rates.count) == [0, 2])
    #expect(model.events.map(\.name.value) == ["bounce", "calm", "tick", "tock", "never", "over"])
    guard case .crossing(let condition, .falling) = model.events[1].trigger,
      case .proceed(let set, let next) = model.events[1].action, case .stop = model.events[5].action
    else {
      Issue.record("another event: \(model.events[1])")
      return
    }
    #expect(condition.value.description == "v - 1.9" && set.map(\.state.value) == ["v"] && next?.value == "rest")
    #expect(model.events[1].phases?.map(\.value) == ["flight"] && model.events[4].phases?.map(\.value) == ["rest"])
    #expect(model.events[2].trigger.times(from: 0, until: 3) == [0, 0.25, 2])
    #expect(model.events[3].trigger.times(from: 0, until: 3) == [1.05, 1.05 + 0.1, 1.25])
    #expect(model.events[0].trigger.times(from: 0, until: 3) == nil)
  }

  /// From 1 with g = 8: an impact at 1/2 with speed 4, up with 2; 1.9 is reached 1/80 later, where the ball is caught.
  @Test func eventsComputeWhatTheySay() throws {
    let plan = try SweepPlan(try job(Self.ball))
    let prepared = try BatchedExecutor().prepare(plan.program)
    let outputs = prepared.makeOutputs(members: 1)
    try prepared.run(members: 1, inputs: [], outputs: outputs)
    let values = outputs.prefix(5).map { $0.values(member: 0)[0] }
    let expected = [2.0 / 80 - 4.0 / 6400, 0, 2 + 1.05 + 1.15, 1.2, 21]
    for (found, exact) in zip(values, expected) { #expect(abs(found - exact) < 1e-9, "\(values)") }
  }

  @Test func timesThatSolutionsDoNotComeToAreNoted() throws {
    func notes(_ trigger: String) throws -> [SweepNote] {
      try SweepPlan(
        job(
          """
          name: doses
          model:
            states: {u: {start: 1, rate: -u}}
            events: {dose: {\(trigger), set: {u: u + 1}}}
          solve: {from: 1, until: 20}
          outputs: {end: final(u)}
          """)
      ).notes
    }
    #expect(try notes("at: [1, 20]").isEmpty && notes("every: 1").isEmpty && notes("every: 1, until: 30").isEmpty)
    #expect(
      try notes("at: [0.5, 4, 21, 22, 23, 24]")
        == [SweepNote("event 'dose' does not happen at 0.5, 21, 22, 23 and 1 more: solutions go from 1 to 20")])
    for (trigger, times) in [("at: 20", "20"), ("at: [30, 40]", "30, 40"), ("every: 1, from: 25", "25")] {
      #expect(
        try notes(trigger)
          == [
            SweepNote(
              "event 'dose' never happens: solutions begin at 1 and have no events from 20 on; it is at \(times)")
          ])
    }
  }

  typealias Row = (piece: String, replacement: String, message: String, line: Int)

  static let rows: [Row] = [
    (
      "when: h,", "when: hh,",
      "event 'bounce' uses 'hh', which is not a parameter, state or let name. Did you mean 'h'?", 13
    ),
    (
      "when: h,", "when: h < 0,",
      "event 'bounce' happens where the condition 'h < 0' becomes true, so it has no 'direction'", 13
    ),
    ("when: h,", "when: h + sqrt(-1),", "event 'bounce' can never happen, as 'h + sqrt(-1)' is not a number (NaN)", 13),
    ("v - 1.9, direction: falling", "v - 1.9, at_start: yes", "event 'calm' has 'at_start', but a number that", 14),
    ("set: {v: -e*v}", "delay: -1, set: {v: -e*v}", "delay of event 'bounce' must not be negative, but it is '-1'", 13),
    ("[0, 1/4, 2]", "[0, v]", "must be a time that is known before the solution, over parameters", 15),
    ("every: 0.1", "every: h", "the interval of event 'tock' must be a time that is known before the solution", 16),
    ("{until: 3}", "{until: 3, nonnegative: [hh]}", "solve.nonnegative has 'hh', which is not a state", 19),
    (
      "{until: 3}", "{until: 3, absolute_tolerance: {hh: 1e-3}}",
      "solve.absolute_tolerance has 'hh', which is not a state. Did you mean 'h'?", 19
    ),
    ("{until: 3}", "{until: 3, switches: of}", "solve.switches must be on or off, but it is 'of'", 19),
    ("final(h)", "'maximum(h, 1)'", "takes an expression, or an expression and the two edges", 20),
    ("final(h)", "'maximum(h, 2, 1)'", "looks from 2 until 1, but the first edge must be before the second", 20),
    ("final(h)", "'maximum(h, 1, 4)'", "looks from 1 until 4, which is not within the solution, from 0 until 3", 20),
    ("final(h)", "'time_of(bounce, middle)'", "must be 'first' or 'last', but it is 'middle'", 20),
    ("final(h)", "time_of(bonce)", "names the event 'bonce', which is not an event", 20),
    ("when: h,", "when: g - 3,", "event 'bounce' can never happen, as 'g - 3' does not change in time", 13),
    ("when: h,", "", "event 'bounce' needs 'when'", 13),
    ("falling, set: {v: -e", "down, set: {v: -e", "direction must be rising, falling or both, but it is 'down'", 13),
    ("set: {v: -e*v}", "set: {w: -e*v}", "model.events.bounce.set has 'w', which is not a state", 13),
    ("set: {v: -e*v}", "set: {v: -e*u}", "event 'bounce': the new value of 'v' uses 'u', which is not", 13),
    ("set: {v: -e*v}", "set: {v: v > 0}", "event 'bounce': the new value of 'v' must be a number", 13),
    ("set: {v: -e*v}", "sets: {v: -e*v}", "event 'bounce' has no key 'sets'. Did you mean 'set'?", 13),
    ("next: rest", "next: rset", "model.events.calm.next has 'rset', which is not a phase. Did you mean 'rest'?", 14),
    ("during: [flight]", "during: [flihgt]", "has 'flihgt', which is not a phase. Did you mean 'flight'?", 14),
    ("during: rest", "during: arrest", "model.events.never.during has 'arrest', which is not a phase", 17),
    ("next: rest, set", "next: rest, stop: yes, set", "event 'calm' has 'stop' and also 'set' or 'next'", 14),
    ("stop: yes", "stop: maybe", "model.events.over.stop must be yes or no, but it is 'maybe'", 18),
    ("[0, 1/4, 2]", "[0, 2, 1/4]", "model.events.tick.at must increase, but 0.25 comes after 2", 15),
    ("every: 0.1", "every: 0", "model.events.tock.every must be greater than 0", 16),
    ("every: 0.1", "every: 1e-7", "model.events.tock.every makes", 16),
    ("from: 1.05, until: 1.25", "from: 1.05, until: 1", "'from' must be less than 'until'", 16),
    ("at: [0, 1/4, 2]", "at: [0, 1/4, 2], when: t", "which does not go with 'at'. Give one of them", 15),
    ("rates: {h: 0", "rates: {hh: 0", "model.phases.rest.rates has 'hh', which is not a state", 11),
    ("rates: {h: 0", "rates: {h: hh", "rate of 'h' in phase 'rest' uses 'hh', which is not", 11),
    ("rates: {h: 0, v: 0}", "rate: {h: 0, v: 0}", "phase 'rest' has no key 'rate'. Did you mean 'rates'?", 11),
    (
      "count(bounce)", "count(bonce)",
      "output 'all' names the event 'bonce', which is not an event. Did you mean 'bounce'?",
      20
    ),
    ("count(bounce)", "count(h + 1)", "has 'h + 1' where the name of an event must stand, as in 'count(bounce)'", 20),
    (
      "{g: 8, e: 0.5}", "{g: 8, e: 0.5, count: 1}", "'count' cannot name a parameter, as it is a function of outputs", 3
    ),
  ]

  @Test(arguments: rows) func aMistakeIsToldWithItsLine(_ row: Row) {
    let found = problems(Self.ball(row.piece, row.replacement))
    #expect(found.description.contains(row.message), "\(found)")
    #expect(found.problems.contains { $0.line == row.line }, "\(found)")
    #expect(found.problems.count <= 2, "\(found)")
  }

  @Test func aModelWithoutPhasesSaysSo() {
    let text = JobTexts.lorenz(
      "z: {start: 0, rate: x*y - beta*z}", "z: {start: 0, rate: x*y - beta*z}\n  events: {a: {when: x, next: on}}")
    #expect(problems(text).description.contains("has 'on', but the model has no phases. Add them under 'phases'"))
    #expect(
      problems(JobTexts.lorenz("final(z)", "count(a)")).description.contains(
        "names the event 'a', but the model has no events"))
  }
}
