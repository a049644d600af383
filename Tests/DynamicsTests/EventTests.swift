import Dynamics
import Foundation
import Programs
import Testing

@Suite struct PhaseTests {
  /// A room that a thermostat heats between two temperatures: every phase is an exponential.
  @Test(arguments: Engine.allCases, [Method.tsit5, .dopri5, .vern7])
  func aThermostatSwitchesAtItsKnownTimes(engine: Engine, method: Method) throws {
    let (loss, outside, power, low, high) = (0.7, 5.0, 14.0, 18.0, 21.0)
    let program = try Program.happening(["start"], method.tableau) { inputs in
      InitialValueProblem(
        from: 0, until: 12, start: .stack([inputs[0], 0]),
        phases: [
          Phase("heating") { _, y in .stack([Staged(power) - Staged(loss) * (y[0] - Staged(outside)), 1]) },
          Phase("cooling") { _, y in .stack([Staged(loss) * (Staged(outside) - y[0]), 0]) },
        ],
        events: [
          Event("off", .crossing(.rising) { _, y in y[0] - Staged(high) }, .next("cooling"), during: ["heating"]),
          Event("on", .crossing(.falling) { _, y in y[0] - Staged(low) }, .next("heating"), during: ["cooling"]),
        ])
    }
    let starts: [Double] = [10, 18.5, 20.9]
    let result = try engine.run(program, [starts])
    for (member, start) in starts.enumerated() {
      // T = a + (T₀ − a)·e^(−loss·t), towards a = outside + power/loss when heating.
      var (time, heated, temperature, isHeating, switches) = (0.0, 0.0, start, true, 0)
      while true {
        let aim = isHeating ? outside + power / loss : outside
        let span = log((temperature - aim) / ((isHeating ? high : low) - aim)) / loss
        if time + span > 12 {
          temperature = aim + (temperature - aim) * exp(-loss * (12 - time))
          heated += isHeating ? 12 - time : 0
          break
        }
        (time, heated, temperature) = (time + span, heated + (isHeating ? span : 0), isHeating ? high : low)
        (isHeating, switches) = (!isHeating, switches + 1)
      }
      let final = result["final"]![member]
      #expect(abs(final[0] - temperature) < 1e-9 && abs(final[1] - heated) < 1e-9, "\(final) \(temperature) \(heated)")
      #expect(result["count.off"]![member][0] + result["count.on"]![member][0] == Double(switches))
    }
  }

  /// One event makes two others due; the first of these ends the phase of the second, which then does not happen. The clock
  /// goes on from where it was.
  @Test(arguments: Engine.allCases) func anEventThatLosesItsPhaseWhileItIsDueCostsNoTime(engine: Engine) throws {
    let program = try Program.happening([], .tsit5) { _ in
      InitialValueProblem(
        from: 0, until: 2, start: Staged([0, 0]),
        phases: [Phase("one") { _, y in y * 0 + 1 }, Phase("two") { _, y in y * 0 + 1 }],
        events: [
          Event("jump", .crossing(.rising) { _, y in y[0] - 1 }, .set { _, y in .stack([y[0] + 5, y[1]]) }),
          Event("leave", .crossing(.rising) { _, y in y[0] - 3 }, .next("two")),
          Event(
            "lost", .crossing(.rising) { _, y in y[0] - 4 }, .set { _, y in y * 0 }, during: ["one"]),
        ])
    }
    let result = try engine.run(program)
    #expect(result["status"] == [[0]])
    #expect(["jump", "leave", "lost"].map { result["count." + $0]![0][0] } == [1, 1, 0])
    let final = result["final"]![0]
    #expect(abs(final[0] - 7) < 1e-12 && abs(final[1] - 2) < 1e-12, "\(final)")
  }

  /// A relay with next to no hysteresis switches nearly without end.
  @Test func chatterEnds() throws {
    let program = try Program.happening([], .tsit5, .adaptive(StepControl(maximumSteps: 2000))) { _ in
      InitialValueProblem(
        from: 0, until: 1, start: Staged([0.25]),
        phases: [Phase("down") { _, y in y * 0 - 1 }, Phase("up") { _, y in y * 0 + 1 }],
        events: [
          Event("low", .crossing(.falling) { _, y in y[0] }, .next("up"), during: ["down"]),
          Event("high", .crossing(.rising) { _, y in y[0] - 1e-9 }, .next("down"), during: ["up"]),
        ])
    }
    let status = try Engine.compiled.run(program)["status"]![0][0]
    #expect(status == Double(Status.tooManySteps.rawValue))
  }
}

@Suite struct ScheduleTests {
  /// Doses at known times: a sum of exponentials. The value saved at a dose's time is the one before it.
  @Test(arguments: Engine.allCases, [Method.tsit5, .vern7, .rk4])
  func dosesAtKnownTimesAreMet(engine: Engine, method: Method) throws {
    let doses: [Double] = [0, 0.5, 0.5000001, 3, 3.3, 9, 12, 40]
    let saved: [Double] = [0, 0.25, 0.5, 3, 8.9, 9, 9.1, 12]
    let stepping: Stepping = method.isAdaptive ? .adaptive(tight) : .fixed(step: 0.01)
    let integral = Observation("area", .integral) { _, y in y[0] }
    let peak = Observation("peak", .maximum) { _, y in y[0] }
    let program = try Program.happening(["k"], method.tableau, stepping, saveAt: saved, observations: [integral, peak])
    {
      inputs in
      let dose = Event("dose", .times(doses), .set { _, y in y + 2 })
      return InitialValueProblem(from: 0, until: 12, start: Staged([1]), events: [dose]) { _, y in -(inputs[0] * y) }
    }
    let rates = [0.3, 1, 2]
    let result = try engine.run(program, [rates])
    for (member, k) in rates.enumerated() {
      func exact(_ t: Double) -> Double {
        doses.filter { $0 < t }.reduce(exp(-k * t)) { $0 + 2 * exp(-k * (t - $1)) }
      }
      let tolerance = method.isAdaptive ? 1e-10 : 1e-8
      for (position, time) in saved.enumerated() {
        #expect(abs(result["series"]![member][position] - exact(time)) < tolerance, "at \(time)")
      }
      #expect(result["count.dose"]![member] == [6], "not the one at the end, nor the one after")
      #expect(abs(result["final"]![member][0] - exact(12)) < tolerance)
      let area = doses.prefix(6).reduce((1 - exp(-12 * k)) / k) { $0 + 2 * (1 - exp(-k * (12 - $1))) / k }
      #expect(abs(result["area"]![member][0] - area) < tolerance)
      let peak = doses.prefix(6).map { exact($0) + 2 }.max()!
      #expect(abs(result["peak"]![member][0] - peak) < tolerance, "the state just after a dose counts")
    }
  }

  @Test(arguments: Engine.allCases) func eventsOfOneTimeFollowInTheOrderOfTheirList(engine: Engine) throws {
    // x passes 1 at t = 1: three events by three conditions, and a fourth at that time.
    let add = Event("add", .crossing(.rising) { _, y in y[0] - 1 }, .set { _, y in .stack([0, y[1] + 3]) })
    let double = Event("double", .crossing(.both) { _, y in 3 * y[0] - 3 }, .set { _, y in .stack([y[0], y[1] * 2]) })
    let known = Event("known", .times([1]), .set { _, y in .stack([y[0], y[1] + 1]) })
    let late = Event("late", .crossing(.rising) { t, _ in t * t - 1 }, .set { _, y in .stack([y[0], y[1] * 10]) })
    for (order, value) in [
      ([add, double, known, late], 70.0), ([late, known, add, double], 8), ([double, late, add, known], 4),
    ] {
      let program = try Program.happening { _ in
        InitialValueProblem(from: 0, until: 1.5, start: Staged([0, 0]), events: order) { _, y in .stack([1, y[1] * 0]) }
      }
      let result = try engine.run(program)
      #expect(result["final"]![0][1] == value)
      #expect(abs(result["final"]![0][0] - 0.5) < 1e-12)
      #expect(order.allSatisfy { result["count." + $0.name] == [[1]] })
    }
  }
}

@Suite struct StopTests {
  /// What a stop leaves: the state there, reductions up to there, NaN from there on.
  @Test(arguments: Engine.allCases, [Method.tsit5, .rk4]) func aStopEndsTheSolution(engine: Engine, method: Method)
    throws
  {
    let observations = [
      Observation("mean", .mean) { t, _ in t }, Observation("end", .final) { t, y in t + y[0] },
      Observation("early", .at, time: 0.25) { _, y in y[0] },
      Observation("late", .at, time: 1.5) { t, _ in t }, Observation("peak", .maximum) { _, y in y[0] },
      Observation("area", .integral) { _, y in y[0] },
    ]
    let stop = Event("full", .crossing(.rising) { _, y in y[0] - 1 }, .stop)
    let stepping: Stepping = method.isAdaptive ? .adaptive(tight) : .fixed(step: 0.3)
    let program = try Program.happening(
      ["rate"], method.tableau, stepping, saveAt: [0, 0.5, 1, 2], observations: observations
    ) {
      inputs in
      InitialValueProblem(from: 0, until: 2, start: Staged([0]), events: [stop]) { _, y in y * 0 + inputs[0] }
    }
    let rates = [0.25, 1.25, 4]
    let result = try engine.run(program, [rates])
    for (member, rate) in rates.enumerated() {
      let end = min(2, 1 / rate)
      func near(_ name: String, _ value: Double, _ component: Int = 0) {
        #expect(abs(result[name]![member][component] - value) < 1e-12, "\(name) of \(rate)")
      }
      #expect(result["status"]![member] == [0], "a solution that an event stops is a success")
      near("time", end)
      near("final", rate * end)
      near("count.full", end < 2 ? 1 : 0)
      near("mean", end / 2)
      near("end", end + rate * end)
      near("peak", rate * end)
      near("area", rate * end * end / 2)
      for (position, time) in [0, 0.5, 1, 2].enumerated() {
        let saved = result["series"]![member][position]
        #expect(time <= end ? abs(saved - rate * time) < 1e-12 : saved.isNaN)
      }
      #expect(1.5 <= end ? result["late"]![member] == [1.5] : result["late"]![member][0].isNaN)
      #expect(0.25 <= end ? abs(result["early"]![member][0] - 0.25 * rate) < 1e-12 : result["early"]![member][0].isNaN)
    }
  }

  /// Two crossings within one step are seen if one of the points that are looked at lies between them.
  @Test(arguments: Engine.allCases) func aShortVisitBeyondZeroIsSeen(engine: Engine) throws {
    let program = try Program.happening(["depth"], .tsit5, .adaptive(StepControl(firstStep: 1))) { inputs in
      let dip = Event("dip", .crossing(.falling) { _, y in (y[0] - 0.5) * (y[0] - 0.5) - inputs[0] }, .stop)
      return InitialValueProblem(from: 0, until: 1, start: Staged([0]), events: [dip]) { _, y in y * 0 + 1 }
    }
    let result = try engine.run(program, [[0.01, 1e-6, -1e-9]])
    #expect(abs(result["time"]![0][0] - 0.4) < 1e-12 && abs(result["time"]![1][0] - 0.499) < 1e-12)
    #expect(result["time"]![2] == [1], "the condition does not reach zero")
  }

  @Test(arguments: Engine.allCases) func backwardsInTimeEventsComeInTheOrderOfTheSolution(engine: Engine) throws {
    let program = try Program.happening { _ in
      let kick = Event("kick", .times([1, 2, 3]), .set { t, y in .stack([y[0], 10 * y[1] + t]) })
      let low = Event("low", .crossing(.falling) { _, y in y[0] - 0.5 }, .stop)
      return InitialValueProblem(from: 4, until: 0, start: Staged([4, 0]), events: [kick, low]) { _, y in
        .stack([1, y[1] * 0])
      }
    }
    let result = try engine.run(program)
    #expect(abs(result["time"]![0][0] - 0.5) < 1e-12 && result["final"]![0][1] == 321)
  }
}
