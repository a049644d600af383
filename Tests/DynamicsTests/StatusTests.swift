import Dynamics
import Foundation
import Programs
import Testing

@Suite struct StatusTests {
  private func run(_ engine: Engine, _ control: StepControl = StepControl(), starts: [Double], until: Double = 2) throws
    -> [String: [[Double]]]
  {
    let program = try Program.solving(["start"], .tsit5, .adaptive(control)) { inputs in
      InitialValueProblem(from: 0, until: until, start: .stack([inputs[0]])) { _, y in y * y }
    }
    return try engine.run(program, [starts])
  }

  @Test(arguments: Engine.allCases) func aSolutionThatBlowsUpStopsNobodyElse(engine: Engine) throws {
    let result = try run(engine, starts: [1, 0.25, 100, -3])
    let failures: Set<Double> = [Double(Status.stepTooSmall.rawValue), Double(Status.notFinite.rawValue)]
    let status = result["status"]!.map { $0[0] }
    #expect(failures.contains(status[0]) && failures.contains(status[2]))
    #expect(status[1] == 0 && status[3] == 0)
    #expect(result["final"]![0][0].isNaN && result["final"]![2][0].isNaN)
    #expect(abs(result["final"]![1][0] - 0.5) < 1e-5 && abs(result["final"]![3][0] + 3.0 / 7) < 1e-5)
  }

  @Test(arguments: Engine.allCases) func aStartThatIsNotANumberIsNotFinite(engine: Engine) throws {
    let result = try run(engine, starts: [.nan, .infinity, -1])
    #expect(result["status"] == [[3], [3], [0]])
    #expect(result["accepted"]![0] == [0] && result["accepted"]![1] == [0])
    #expect(result["final"]![0][0].isNaN && result["final"]![1][0].isNaN)
  }

  /// At t = 1 a step of the length that was right before reaches to where the root is not a number.
  @Test(arguments: Engine.allCases) func aStepOutOfTheDomainOfTheRatesIsTakenAgainShorter(engine: Engine) throws {
    let control = StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-6, maximumSteps: 10_000)
    let program = try Program.solving(["start"], .tsit5, .adaptive(control)) { inputs in
      InitialValueProblem(from: 0, until: 2, start: .stack([inputs[0]])) { t, y in
        select(t .< 1, -0.1 * y, -300 * (sqrt(y) - 0.1))
      }
    }
    let result = try engine.run(program, [[1, 0.5, -1]])
    // The last one has no such rate from t = 1 on.
    #expect(result["status"]!.map { $0[0] } == [0, 0, Double(Status.notFinite.rawValue)])
    #expect(result["rejected"]![0][0] > 0)
    for member in 0..<2 { #expect(abs(result["final"]![member][0] - 0.01) < 1e-5, "\(result["final"]!)") }
  }

  @Test(arguments: Engine.allCases) func stepsAreCountedAndLimited(engine: Engine) throws {
    let control = StepControl(relativeTolerance: 1e-10, absoluteTolerance: 1e-10, maximumSteps: 12)
    let result = try run(engine, control, starts: [0.49, -1e-12])
    #expect(result["status"] == [[Double(Status.tooManySteps.rawValue)], [0]])
    #expect(result["accepted"]![0][0] + result["rejected"]![0][0] == 12)
    #expect(result["accepted"]![1][0] + result["rejected"]![1][0] <= 12)
  }

  @Test(arguments: Engine.allCases) func equalStepsThatLeaveTheNumbersAreNotFinite(engine: Engine) throws {
    let program = try Program.solving(["start"], .euler, .fixed(step: 0.1)) { inputs in
      InitialValueProblem(from: 0, until: 10, start: .stack([inputs[0]])) { _, y in y * y }
    }
    let result = try engine.run(program, [[1, -0.5]])
    #expect(result["status"] == [[3], [0]])
    #expect(result["final"]![0][0].isNaN && result["final"]![1][0] < 0)
  }

  /// A member's steps are its own, whoever else is solved beside it.
  @Test(arguments: Engine.allCases) func stepsDoNotDependOnOtherMembers(engine: Engine) throws {
    let control = StepControl(relativeTolerance: 1e-7, absoluteTolerance: 1e-7)
    let program = try Program.solving(["rho"], .tsit5, .adaptive(control), saveAt: [0.3, 1]) {
      Problem.lorenz(rho: $0[0])
    }
    let rhos = (0..<37).map { Double($0 * 11 % 37) }
    let all = try engine.run(program, [rhos])
    let reversed = try engine.run(program, [rhos.reversed()])
    let alone = try engine.run(program, [[rhos[17]]])
    #expect(Set(all["accepted"]!).count > 3, "members differ")
    for name in ["final", "accepted", "rejected", "series", "status"] {
      #expect(all[name]! == reversed[name]!.reversed())
      #expect(all[name]![17] == alone[name]![0])
    }
  }
}
