import Dynamics
import Foundation
import Programs
import Testing

@Suite struct BouncingBallTests {
  @Test(arguments: Engine.allCases, [Method.tsit5, .vern7, .rk4])
  func impactsAndArcsHaveTheirClosedForm(engine: Engine, method: Method) throws {
    let chain = 5
    let times = (1...30).map { Double($0) * 0.0931 }
    let stepping: Stepping = method.isAdaptive ? .adaptive(tight) : .fixed(step: 0.07)
    let program = try Program.happening(["h", "e"], method.tableau, stepping, saveAt: times) {
      Ball.problem(height: $0[0], gravity: 9.81, restitution: $0[1], until: 3, chain: chain)
    }
    let heights: [Double] = [10, 3, 1, 25, 7.5]
    let restitutions: [Double] = [0.8, 0.7, 0.9, 0.3, 1]
    let result = try engine.run(program, [heights, restitutions])
    for (member, (h, e)) in zip(heights, restitutions).enumerated() {
      #expect(result["status"]![member] == [0])
      let final = result["final"]![member]
      let exact = Ball.state(3, h, 9.81, e)
      #expect(result["count.bounce"]![member] == [Double(exact.bounces)], "\(h) \(e)")
      #expect(
        abs(final[0] - exact.height) < 1e-10 && abs(final[1] - exact.speed) < 1e-10, "\(h) \(e) \(final) \(exact)")
      for k in 0..<min(chain, exact.bounces) {
        let impact = Ball.impact(exact.bounces - k, h, 9.81, e)
        #expect(abs(final[2 + k] - impact) < 1e-10, "impact \(exact.bounces - k) \(final[2 + k]) \(impact)")
      }
      for (position, time) in times.enumerated() {
        let found = result["series"]![member][position]
        #expect(abs(found - Ball.state(time, h, 9.81, e).height) < 1e-10, "at \(time)")
      }
    }
  }

  /// Arcs much shorter than a step, down to those that rounding ends.
  @Test(arguments: Engine.allCases) func bouncesWithoutEndAreAStatus(engine: Engine) throws {
    let program = try Program.happening(["e"], .tsit5, .adaptive(tight), saveAt: [0.5, 5]) {
      Ball.problem(height: 1, gravity: 9.81, restitution: $0[0], until: 5)
    }
    let result = try engine.run(program, [[0.5, 1, 0.2]])
    let stuck = Double(Status.tooManyEvents.rawValue)
    #expect(result["status"] == [[stuck], [0], [stuck]])
    #expect(result["final"]![0].allSatisfy(\.isNaN) && result["count.bounce"]![0][0].isNaN)
    #expect(abs(result["series"]![0][0] - Ball.state(0.5, 1, 9.81, 0.5).height) < 1e-10, "what went before stays")
    #expect(result["series"]![0][1].isNaN)
  }

  /// Without speed left the ball is at the condition's zero and moves away from there: it needs a phase for rest.
  @Test(arguments: Engine.allCases) func aBallThatLosesAllSpeedFallsThroughTheFloor(engine: Engine) throws {
    let program = try Program.happening(["e"]) {
      Ball.problem(height: 1, gravity: 8, restitution: $0[0], until: 2.5)
    }
    let result = try engine.run(program, [[0]])
    #expect(result["count.bounce"] == [[1]] && abs(result["final"]![0][0] + 16) < 1e-10)
  }

  /// A ball that starts on the ground, moving up, is not there again at once, but lands, be it within the first step.
  @Test(arguments: Engine.allCases) func aConditionThatIsZeroAtTheStartDoesNotCount(engine: Engine) throws {
    let landed = Event("landed", .crossing(.falling) { _, y in y[0] }, .stop)
    let program = try Program.happening(["v"]) { inputs in
      InitialValueProblem(from: 0, until: 10, start: .stack([0, inputs[0]]), events: [landed]) { _, y in
        .stack([y[1], -2])
      }
    }
    let speeds = [1e-9, 1e-3, 1, 7]
    let result = try engine.run(program, [speeds + [-1]])
    for (member, speed) in speeds.enumerated() {
      #expect(abs(result["time"]![member][0] - speed) < 1e-12, "\(speed)")
    }
    #expect(result["time"]![4] == [10] && result["count.landed"]![4] == [0], "already on its way down")
    #expect(result["status"]!.allSatisfy { $0 == [0] })
  }

  @Test(arguments: Engine.allCases) func membersWithEventsDoNotDisturbEachOther(engine: Engine) throws {
    let program = try Program.happening(["h", "e"], .tsit5, .adaptive(StepControl()), saveAt: [0.3, 1, 2.9]) {
      Ball.problem(height: $0[0], gravity: 9.81, restitution: $0[1], until: 3)
    }
    let heights = (0..<37).map { 0.5 + 3 * Double($0 * 11 % 37) }
    let restitutions = (0..<37).map { Double($0 % 10) / 10 }
    let all = try engine.run(program, [heights, restitutions])
    let reversed = try engine.run(program, [heights.reversed(), restitutions.reversed()])
    #expect(Set(all["count.bounce"]!.map { $0[0] }).count > 4 && all["count.bounce"]!.contains([0]), "members differ")
    for (name, values) in all {
      let (found, expected) = (reversed[name]!.reversed().flatMap { $0 }, values.flatMap { $0 })
      #expect(zip(found, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(name)")
    }
  }
}
