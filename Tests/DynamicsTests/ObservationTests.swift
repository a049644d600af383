import Dynamics
import Foundation
import Programs
import Testing

/// Sums over solutions with closed forms, forwards and backwards in time.
@Suite struct ObservationTests {
  private static let control = StepControl(relativeTolerance: 1e-8, absoluteTolerance: 1e-8)

  private static var observations: [Observation] {
    [
      Observation("final", .final) { _, y in y[0] },
      Observation("initial", .initial) { t, y in y[0] + t },
      Observation("at", .at, time: 1.25) { t, y in y[0] * t },
      Observation("early", .at, time: 0.5) { _, y in y[1] },
      Observation("integral", .integral) { _, y in y[0] },
      Observation("weighted", .integral) { t, y in t * y[0] },
      Observation("mean", .mean) { _, y in y[0] * y[0] },
      Observation("maximum", .maximum) { _, y in y[0] },
      Observation("minimum", .minimum) { _, y in y[0] },
      Observation("timeOfMaximum", .timeOfMaximum) { _, y in y[1] },
      Observation("timeOfMinimum", .timeOfMinimum) { _, y in y[0] },
      // Greatest at the ends, not where its slope vanishes.
      Observation("atEnd", .timeOfMaximum) { t, _ in t },
      Observation("atStart", .timeOfMinimum) { t, _ in t },
    ]
  }

  /// x = cos t on [0, 6], or the same solution from 6 back to 0.
  @Test(arguments: Engine.allCases, [false, true]) func observationsMeetClosedForms(engine: Engine, isBackwards: Bool)
    throws
  {
    let (from, until) = isBackwards ? (6.0, 0.0) : (0.0, 6.0)
    let named = Self.observations.map { observation in
      var renamed = observation
      renamed.name = "of." + observation.name
      return renamed
    }
    let program = try Program.solving([], .tsit5, .adaptive(Self.control), observations: named) { _ in
      Problem.oscillator(from: from, until: until)
    }
    let result = try engine.run(program)
    #expect(result["status"] == [[0]])
    func found(_ name: String) -> Double { result["of." + name]![0][0] }
    let (cosine, sine) = (Foundation.cos(6.0), Foundation.sin(6.0))
    let direction = isBackwards ? -1.0 : 1.0
    let (value, place) = (1e-6, 1e-6)
    let expected: [(String, Double, Double)] = [
      ("final", Foundation.cos(until), 1e-6), ("initial", Foundation.cos(from) + from, 1e-14),
      ("at", 1.25 * Foundation.cos(1.25), 1e-6), ("early", -Foundation.sin(0.5), 1e-6),
      ("integral", direction * sine, 1e-6), ("weighted", direction * (cosine + 6 * sine - 1), 1e-5),
      ("mean", 0.5 + Foundation.sin(12) / 24, 1e-6), ("maximum", 1, value), ("minimum", -1, value),
      ("timeOfMaximum", 1.5 * .pi, place), ("timeOfMinimum", .pi, place), ("atEnd", 6, 0), ("atStart", 0, 0),
    ]
    for (name, number, tolerance) in expected {
      #expect(abs(found(name) - number) <= tolerance, "\(name) is \(found(name)), not \(number)")
    }
  }

  /// √t·e^(−4t), greatest at ⅛: one step goes from an infinite slope over the extreme.
  @Test(arguments: Engine.allCases) func anExtremeIsFoundBehindAnInfiniteSlope(engine: Engine) throws {
    let observations = [Observation("top", .timeOfMaximum) { t, _ in sqrt(t) * exp(-4 * t) }]
    let program = try Program.solving([], .rk4, .fixed(step: 1), observations: observations) { _ in
      InitialValueProblem(from: 0, until: 1, start: Staged([1])) { _, y in y * 0 }
    }
    let found = try engine.run(program)["top"]![0][0]
    #expect(abs(found - 0.125) < 1e-9, "\(found)")
  }

  /// What a step that is rejected would have added is not counted: a first step far too long makes rejections certain.
  @Test(arguments: Engine.allCases) func rejectedStepsLeaveNoTrace(engine: Engine) throws {
    var control = Self.control
    control.firstStep = 6
    let observations = [
      Observation("integral", .integral) { _, y in y[0] }, Observation("maximum", .maximum) { _, y in y[1] },
    ]
    let program = try Program.solving([], .dopri5, .adaptive(control), saveAt: [1, 2, 3], observations: observations) {
      _ in
      Problem.oscillator(until: 6)
    }
    let result = try engine.run(program)
    #expect(result["rejected"]![0][0] > 0)
    #expect(abs(result["integral"]![0][0] - Foundation.sin(6)) < 1e-6)
    #expect(abs(result["maximum"]![0][0] - 1) < 1e-6)
    #expect(zip(result["series"]![0], [1.0, 2, 3]).allSatisfy { abs($0 - Foundation.cos($1)) < 1e-6 })
  }

  @Test(arguments: Engine.allCases) func observationsOfFailedMembersAreNaN(engine: Engine) throws {
    let observations = [
      Observation("integral", .integral) { _, y in y[0] }, Observation("first", .initial) { _, y in y[0] },
      Observation("at", .at, time: 0.5) { _, y in y[0] },
    ]
    let program = try Program.solving(["start"], .tsit5, .adaptive(StepControl()), observations: observations) {
      inputs in
      InitialValueProblem(from: 0, until: 2, start: .stack([inputs[0]])) { _, y in y * y }
    }
    let result = try engine.run(program, [[1, 0.25]])
    for name in ["integral", "first", "at"] {
      #expect(result[name]![0][0].isNaN && result[name]![1][0].isFinite, "\(name)")
    }
    // ∫ y dt of y' = y² is −log(1 − y₀ t).
    #expect(abs(result["integral"]![1][0] + Foundation.log(0.5)) < 1e-5)
  }
}
