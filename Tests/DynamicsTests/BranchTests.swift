import Dynamics
import Foundation
import Programs
import Testing

/// Rates that jump: no step goes over a jump, and none is missed.
@Suite struct BranchTests {
  /// One infusion a day, shorter and shorter: c' = rate while mod(t, 24) < width, else 0, so c is what was infused.
  @Test(arguments: Engine.allCases, [Method.tsit5, .vern7, .rk4])
  func pulsesAreNeverSteppedOver(engine: Engine, method: Method) throws {
    let stepping: Stepping = method.isAdaptive ? .adaptive(StepControl()) : .fixed(step: 10)
    let program = try Program.happening(["width"], method.tableau, stepping) { inputs in
      InitialValueProblem(from: 0, until: 240, start: Staged([0])) { t, y in
        let phase = t - 24 * floor(t / 24)
        return select(phase .< inputs[0], 1 / inputs[0], 0) + y * 0
      }
    }
    let result = try engine.run(program, [[2, 0.1, 1e-4, 1e-7, 23.9]])
    for member in 0..<5 { #expect(abs(result["final"]![member][0] - 10) < 1e-6, "\(result["final"]![member])") }
  }

  /// x' = k below a threshold and 3 beyond it: the time of the change is found to the last digits.
  @Test(arguments: Engine.allCases) func aRateThatJumpsAtAStateIsExact(engine: Engine) throws {
    let program = try Program.happening(["k", "threshold"], .tsit5, .adaptive(StepControl())) { p in
      InitialValueProblem(from: 0, until: 2, start: Staged([0])) { _, y in
        .stack([select(y[0] .< p[1], p[0], 3)])
      }
    }
    let (k, threshold): ([Double], [Double]) = ([1, 2, 0.25], [0.5, 1.7, 1])
    let result = try engine.run(program, [k, threshold])
    for member in 0..<3 {
      let change = threshold[member] / k[member]
      let exact = change < 2 ? threshold[member] + 3 * (2 - change) : 2 * k[member]
      #expect(abs(result["final"]![member][0] - exact) < 1e-12)
    }
  }

  /// x' = 1 and y' = floor(x): a staircase.
  @Test(arguments: Engine.allCases) func wholeNumbersOfAStateAreSteps(engine: Engine) throws {
    let program = try Program.happening(["speed"], .tsit5, .adaptive(StepControl())) { p in
      InitialValueProblem(from: 0, until: 4.5, start: .stack([0, 0])) { _, y in .stack([p[0], floor(y[0])]) }
    }
    let result = try engine.run(program, [[1, -1]])
    #expect(abs(result["final"]![0][1] - (1 + 2 + 3 + 4 * 0.5)) < 1e-12)
    #expect(abs(result["final"]![1][1] + (1 + 2 + 3 + 4 + 5 * 0.5)) < 1e-12)
  }

  /// What is not a number is neither side of a branch: not of a kink in time, nor of a sign.
  @Test(arguments: Engine.allCases) func branchesOfWhatIsNotANumberHideNothing(engine: Engine) throws {
    let rates: [@Sendable (_ a: Staged, _ t: Staged) -> Staged] = [
      { min($0 * $1, 1) }, { min(1, $0 * $1) }, { max($0 * $1, 1) }, { max(1, $0 * $1) }, { sign($0 * $1 + 1) },
    ]
    for (position, rate) in rates.enumerated() {
      let program = try Program.happening(["a"], .tsit5, .adaptive(StepControl(maximumSteps: 1000))) { p in
        InitialValueProblem(from: 0, until: 2, start: .stack([0])) { t, _ in .stack([rate(p[0], t)]) }
      }
      let result = try engine.run(program, [[1, .nan]])
      let expected = [1.5, 1.5, 2.5, 2.5, 2][position]
      #expect(abs(result["final"]![0][0] - expected) < 1e-9, "\(position): \(result["final"]![0])")
      #expect(result["status"]!.map { $0[0] } == [0, Double(Status.notFinite.rawValue)], "\(position)")
    }
  }

  /// Both rates push towards zero: a relay without a gap has no solution that switches.
  @Test(arguments: Engine.allCases) func chatteringIsAStatus(engine: Engine) throws {
    let program = try Program.happening(["a"], .tsit5, .adaptive(StepControl())) { p in
      InitialValueProblem(from: 0, until: 5, start: Staged([1])) { _, y in .stack([p[0] - select(y[0] .> 0, 1, -1)]) }
    }
    let result = try engine.run(program, [[0.3, 1.5]])
    #expect(result["status"]!.map { $0[0] } == [Double(Status.tooManyEvents.rawValue), 0])
    #expect(abs(result["final"]![1][0] - 3.5) < 1e-12)
  }

  /// Without the search a step goes over a short pulse.
  @Test func branchesCanBeLeftAlone() throws {
    let program = try Program.trace("pulse", inputs: [.init("width", ValueType())]) { p in
      let problem = InitialValueProblem(from: 0, until: 100, start: Staged([0])) { t, y in
        select(abs(t - 50) .< p[0], 1, 0) + y * 0
      }
      var options = SolveOptions()
      options.endsStepsAtBranches = false
      let control = Stepping.adaptive(StepControl())
      return [
        ("with", problem.solve(.tsit5, control).final),
        ("without", problem.solve(.tsit5, control, options: options).final),
      ]
    }
    let result = try Engine.batched.run(program, [[1e-3]])
    #expect(abs(result["with"]![0][0] - 2e-3) < 1e-12 && result["without"]![0][0] == 0)
  }

  /// A problem without comparisons is the program that it was: as many steps with the search as without.
  @Test func aSmoothProblemKnowsNothingOfBranches() throws {
    func count(_ searched: Bool) throws -> Int {
      try Program.trace("lorenz", inputs: [.init("rho", ValueType())]) { p in
        var options = SolveOptions()
        options.endsStepsAtBranches = searched
        return [("x", Problem.lorenz(rho: p[0]).solve(.tsit5, .adaptive(StepControl()), options: options).final)]
      }.simplified().instructionCount
    }
    #expect(try count(true) == count(false))
  }
}

/// Events by the rules of SBML.
@Suite struct EventOrderTests {
  private func run(
    _ engine: Engine, _ events: [Event], until: Double = 10, start: [Double] = [0, 0], slope: Double = 1
  )
    throws -> [String: [[Double]]]
  {
    let program = try Program.happening([], .tsit5, .adaptive(StepControl())) { _ in
      InitialValueProblem(from: 0, until: until, start: Staged(start), events: events) { _, y in
        .stack([Staged(slope), y[1] * 0])
      }
    }
    return try engine.run(program)
  }

  @Test(arguments: Engine.allCases) func anActionThatMakesAConditionTrueTriggersItsEvent(engine: Engine) throws {
    let jump = Event("jump", .times([5]), .set { _, y in .stack([y[0] + 100, y[1]]) })
    let beyond = Event(
      "beyond", .crossing(.rising) { _, y in y[0] - 50 }, .set { _, y in .stack([y[0], y[1] + y[0]]) })
    let result = try run(engine, [jump, beyond])
    #expect(result["count.beyond"] == [[1]] && abs(result["final"]![0][1] - 105) < 1e-12)
  }

  @Test(arguments: Engine.allCases) func eventsThatTriggerEachOtherWithoutEndAreAStatus(engine: Engine) throws {
    let up = Event("up", .becomesTrue { _, y in y[1] .< 0.5 }, .set { _, y in .stack([y[0], 1]) })
    let down = Event("down", .becomesTrue { _, y in y[1] .> 0.5 }, .set { _, y in .stack([y[0], 0]) })
    let first = Event("first", .times([1]), .set { _, y in .stack([y[0], 1]) })
    let result = try run(engine, [first, up, down])
    #expect(result["status"] == [[Double(Status.tooManyEvents.rawValue)]])
  }

  @Test(arguments: Engine.allCases) func theLargestPriorityGoesFirst(engine: Engine) throws {
    var add = Event("add", .times([2]), .set { _, y in .stack([y[0], y[1] + 3]) })
    var double = Event("double", .crossing(.rising) { t, _ in t - 2 }, .set { _, y in .stack([y[0], y[1] * 2]) })
    #expect(try run(engine, [add, double], start: [0, 1])["final"]![0][1] == 8)
    double.priority = { _, _ in 1 }
    #expect(try run(engine, [add, double], start: [0, 1])["final"]![0][1] == 5)
    add.priority = { _, y in y[1] + 1 }
    #expect(try run(engine, [add, double], start: [0, 1])["final"]![0][1] == 8)
  }

  @Test(arguments: Engine.allCases) func anEventThatIsNotPersistentIsDroppedWhenItsConditionIsFalseAgain(engine: Engine)
    throws
  {
    let reset = Event("reset", .crossing(.rising) { _, y in y[0] - 3 }, .set { _, y in .stack([0, y[1]]) })
    var count = Event("count", .crossing(.rising) { _, y in 2 * y[0] - 6 }, .set { _, y in .stack([y[0], y[1] + 1]) })
    #expect(try run(engine, [reset, count])["final"]![0][1] == 3)
    count.isPersistent = false
    #expect(try run(engine, [reset, count])["final"]![0][1] == 0)
  }

  /// x = t triggers at 2, 5 and 8 (reset by −3), each acting half a time unit later.
  @Test(arguments: Engine.allCases) func delayedEventsActLater(engine: Engine) throws {
    for fromTrigger in [true, false] {
      let reset = Event("reset", .crossing(.rising) { _, y in y[0] - 2 }, .set { _, y in .stack([y[0] - 3, y[1]]) })
      var late = Event("late", .crossing(.rising) { _, y in y[0] - 2 }, .set { _, y in .stack([y[0], y[1] + y[0]]) })
      late.delay = Event.Delay(valuesFromTrigger: fromTrigger ? [1] : nil) { _, _ in 0.5 }
      let result = try run(engine, [late, reset])
      // At the trigger x is 2; when it acts, −1 + 1/2. Set to values from the trigger, y grows by what it was then.
      #expect(result["count.late"] == [[3]])
      #expect(abs(result["final"]![0][1] - (fromTrigger ? 6 : -1.5)) < 1e-9, "\(result["final"]!)")
    }
  }

  @Test(arguments: Engine.allCases) func aConditionThatIsTrueAtTheStartHappensThereIfAsked(engine: Engine) throws {
    var over = Event("over", .becomesTrue { _, y in y[0] .> -1 }, .count)
    #expect(try run(engine, [over])["count.over"] == [[0]])
    over.happensAtStart = true
    #expect(try run(engine, [over])["count.over"] == [[1]])
  }

  /// A condition of time alone is a known time, be it the start.
  @Test(arguments: Engine.allCases) func aTimeAsAConditionHappensAtTheStartToo(engine: Engine) throws {
    let program = try Program.happening(["lag"], .tsit5, .adaptive(StepControl())) { p in
      let dose = Event("dose", .crossing(.rising) { t, _ in t - p[0] }, .set { _, y in y + 1 })
      return InitialValueProblem(from: 0, until: 4, start: Staged([0]), events: [dose]) { _, y in -y }
    }
    let lags: [Double] = [0, 0.25, 3, 4, -1, 5]
    let result = try engine.run(program, [lags])
    #expect(result["count.dose"]!.map { $0[0] } == [1, 1, 1, 0, 0, 0])
    for (member, lag) in lags.prefix(3).enumerated() {
      #expect(abs(result["final"]![member][0] - exp(lag - 4)) < 1e-5)
    }
  }

  /// Times of the member, at a fixed distance or listed, in any order and equal ones too.
  @Test(arguments: Engine.allCases) func timesOfTheMemberAreMet(engine: Engine) throws {
    let program = try Program.happening(["a", "b"], .tsit5, .adaptive(StepControl())) { p in
      let listed = Event("listed", .at([p[1], p[0], p[0] + 0]), .set { _, y in .stack([y[0] + 1, y[1]]) })
      let every = Event("every", .every(p[0], from: p[1], until: nil), .set { _, y in .stack([y[0], y[1] + 1]) })
      return InitialValueProblem(from: 0, until: 10, start: .stack([0, 0]), events: [listed, every]) { _, y in y * 0 }
    }
    let result = try engine.run(program, [[0.5, 3, 0.1], [7, 3, 0.3]])
    #expect(result["final"]! == [[3, 6], [3, 3], [3, 97]], "\(result["final"]!)")
  }
}
