import Dynamics
import Foundation
import Programs
import Testing

/// The order of every method, on y' = y cos t and on the oscillator, by equal steps.
@Suite struct OrderTests {
  /// Steps a run, in the asymptotic range and above rounding.
  private static func steps(_ method: Method) -> [Int] {
    switch method {
    case .euler: [2000, 4000, 8000]
    case .rk4: [64, 128, 256]
    case .tsit5, .dopri5: [160, 200, 256]
    case .vern7: [24, 32, 40]
    }
  }

  private static func slope(_ counts: [Int], _ errors: [Double]) -> Double {
    Foundation.log(errors.first! / errors.last!) / Foundation.log(Double(counts.last!) / Double(counts.first!))
  }

  @Test(arguments: Method.allCases) func equalStepsConvergeWithTheMethodsOrder(method: Method) throws {
    let counts = Self.steps(method)
    // At several times, as the leading error may happen to be small at one.
    let until = 5.0
    let times = (1...8).map { until * Double($0) / 8 }
    let errors = try counts.map { count in
      let program = try Program.solving([], method.tableau, .fixed(step: until / Double(count)), saveAt: times) { _ in
        Problem.modulated(until: until)
      }
      let result = try Engine.batched.run(program)
      #expect(result["accepted"] == [[Double(count)]])
      return zip(result["series"]![0], times).map { abs($0 - Foundation.exp(Foundation.sin($1))) }.max()!
    }
    let order = Self.slope(counts, errors)
    #expect(abs(order - Double(method.tableau.order)) < 0.2, "\(method) has order \(order), errors \(errors)")
  }

  /// The interpolant's own error, over one step from exact starts: its order, plus one for the step's length.
  @Test(arguments: Method.allCases) func interpolantsConvergeWithTheirOrder(method: Method) throws {
    let tableau = method.tableau
    let lengths: [Double] =
      switch method {
      case .euler: [0.02, 0.01, 0.005]
      case .rk4, .tsit5, .dopri5: [0.1, 0.07, 0.05]
      case .vern7: [0.2, 0.16, 0.12]
      }
    let thetas = (1...9).map { Double($0) / 10 }
    // y' = y cos t with the time as a state, so that members start anywhere on the solution.
    let starts = (0..<16).map { Double($0) * 0.4 }
    let errors = try lengths.map { length in
      let program = try Program.solving(["t"], tableau, .fixed(step: length), saveAt: thetas.map { $0 * length }) {
        inputs in
        InitialValueProblem(from: 0, until: length, start: .stack([inputs[0], exp(sin(inputs[0]))])) { _, y in
          .stack([1, y[1] * cos(y[0])])
        }
      }
      let series = try Engine.batched.run(program, [starts])["series"]!
      // The root of the mean square: no member's error is small by chance everywhere.
      let squares = zip(series, starts).flatMap { series, start in
        thetas.indices.map { position in
          let exact = Foundation.exp(Foundation.sin(start + thetas[position] * length))
          return Foundation.pow(series[thetas.count + position] - exact, 2)
        }
      }
      return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }
    let order = Foundation.log(errors.first! / errors.last!) / Foundation.log(lengths.first! / lengths.last!) - 1
    let expected = Double(tableau.interpolant.order)
    #expect(abs(order - expected) < 0.2, "\(method)'s interpolant has order \(order), errors \(errors)")
  }

  /// The error goes down with the tolerance, in proportion to a power near one.
  @Test(arguments: Method.allCases.filter(\.isAdaptive)) func errorsFollowTheTolerance(method: Method) throws {
    let tolerances = [1e-5, 1e-7, 1e-9, 1e-11]
    let errors = try tolerances.map { tolerance in
      let control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance)
      let program = try Program.solving([], method.tableau, .adaptive(control)) { _ in Problem.oscillator(until: 10) }
      let result = try Engine.batched.run(program)
      #expect(result["status"] == [[0]])
      let final = result["final"]![0]
      return max(abs(final[0] - Foundation.cos(10)), abs(final[1] + Foundation.sin(10)))
    }
    for (tolerance, error) in zip(tolerances, errors) {
      #expect(error < 100 * tolerance, "\(method) at \(tolerance): \(error)")
    }
    // Control by the lower order's error makes the global error go as tolerance^(p / (p̂ + 1)), 1 for these pairs.
    let power = Foundation.log(errors[0] / errors[3]) / Foundation.log(tolerances[0] / tolerances[3])
    #expect(abs(power - 1) < 0.2, "\(method): \(errors)")
  }
}
