import Dynamics
import Foundation
import Programs
import Testing

@Suite struct SavingTests {
  private static let control = StepControl(relativeTolerance: 1e-9, absoluteTolerance: 1e-9)
  private static let rhos = (0..<21).map { 1 + Double($0) * 1.3 }

  @Test(arguments: Engine.allCases, Method.allCases.filter(\.isAdaptive))
  func savingChangesNoStep(engine: Engine, method: Method) throws {
    let times = (0...50).map { Double($0) / 50 }
    let plain = try Program.solving(["rho"], method.tableau, .adaptive(Self.control)) { Problem.lorenz(rho: $0[0]) }
    let saving = try Program.solving(["rho"], method.tableau, .adaptive(Self.control), saveAt: times) {
      Problem.lorenz(rho: $0[0])
    }
    let (a, b) = (try engine.run(plain, [Self.rhos]), try engine.run(saving, [Self.rhos]))
    #expect(a["accepted"] == b["accepted"] && a["rejected"] == b["rejected"])
    for (final, (with, series)) in zip(a["final"]!, zip(b["final"]!, b["series"]!)) {
      // Compiled code may round differently in another program.
      #expect(zip(final, with).allSatisfy { abs($0 - $1) <= 1e-11 * abs($0) + 1e-12 })
      let ends = (0..<3).map { series[$0 * 51 + 50] }
      #expect((0..<3).map { series[$0 * 51] } == [1, 0, 0], "the start is saved as it is")
      #expect(zip(ends, with).allSatisfy { abs($0 - $1) <= 1e-11 * abs($1) + 1e-12 }, "\(ends) \(with)")
    }
  }

  @Test(arguments: Engine.allCases, Method.allCases.filter(\.isAdaptive))
  func savedValuesEqualARunThatEndsThere(engine: Engine, method: Method) throws {
    let times = [0.05, 0.31, 0.5, 0.77, 1]
    let program = try Program.solving(["rho"], method.tableau, .adaptive(Self.control), saveAt: times) {
      Problem.lorenz(rho: $0[0])
    }
    let series = try engine.run(program, [Self.rhos])["series"]!
    for (position, time) in times.enumerated() {
      let ending = try Program.solving(["rho"], method.tableau, .adaptive(Self.control)) {
        Problem.lorenz(rho: $0[0], until: time)
      }
      let finals = try engine.run(ending, [Self.rhos])["final"]!
      for (found, final) in zip(series, finals) {
        for component in 0..<3 {
          let value = found[component * times.count + position]
          // The interpolant is an order lower than the step, and errors grow along the orbit.
          #expect(abs(value - final[component]) < 2e-6, "\(method) at \(time)")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func backwardsSeriesStandInTheOrderOfTheSolution(engine: Engine) throws {
    let times = [2.0, 1.5, 0.25, 0]
    let program = try Program.solving([], .tsit5, .adaptive(Self.control), saveAt: times) { _ in
      Problem.oscillator(from: 2, until: 0)
    }
    let result = try engine.run(program)
    #expect(result["status"] == [[0]])
    let series = result["series"]![0]
    for (position, time) in times.enumerated() {
      #expect(abs(series[position] - Foundation.cos(time)) < 1e-7)
      #expect(abs(series[4 + position] + Foundation.sin(time)) < 1e-7)
    }
  }

  @Test(arguments: Engine.allCases) func fixedStepsSaveBetweenSteps(engine: Engine) throws {
    let times = [0, 0.33, 0.5, 1]
    let program = try Program.solving(["w"], .rk4, .fixed(step: 0.01), saveAt: times) { inputs in
      InitialValueProblem(from: 0, until: 1, start: Staged([1])) { _, y in inputs[0] * y }
    }
    let result = try engine.run(program, [[-1, 0.5, 2]])
    for (series, rate) in zip(result["series"]!, [-1, 0.5, 2]) {
      #expect(zip(series, times).allSatisfy { abs($0 - Foundation.exp(rate * $1)) < 1e-7 })
    }
    #expect(result["accepted"] == [[100]])
  }

  /// What a member did not reach is NaN; what it reached before it failed stays.
  @Test(arguments: Engine.allCases) func aFailedMembersSeriesEndsInNaN(engine: Engine) throws {
    let times = [0, 0.5, 0.9, 1.5, 2]
    let program = try Program.solving(["start"], .dopri5, .adaptive(StepControl()), saveAt: times) { inputs in
      InitialValueProblem(from: 0, until: 2, start: .stack([inputs[0]])) { _, y in y * y }
    }
    let result = try engine.run(program, [[1, 0.25, -1]])
    let series = result["series"]!
    #expect(abs(series[0][1] - 2) < 1e-4 && abs(series[0][2] - 10) < 1e-2)
    #expect(series[0][3].isNaN && series[0][4].isNaN && result["final"]![0][0].isNaN)
    #expect(abs(series[1][4] - 0.5) < 1e-4 && abs(series[2][4] + 1.0 / 3) < 1e-4)
  }
}
