import Compiled
import DifferentiableSwift
import Dynamics
import Foundation
import Programs
import Testing

/// What docs/derivatives.md shows.
@Suite struct ManualTests {
  @Test func theManualsLoopAroundASimulationHasItsKnownSlope() throws {
    let program = try Program.trace("decay", inputs: [.init("start", ValueType()), .init("rate", ValueType())]) {
      inputs in
      let problem = InitialValueProblem(from: 0, until: 2, start: .stack([inputs[0]])) { _, y in -inputs[1] * y }
      let control = StepControl(relativeTolerance: 1e-9, absoluteTolerance: 1e-9)
      return [("end", problem.solve(.tsit5, .adaptive(control)).final[0])]
    }
    let decay = try DifferentiableProgram(program, on: CompiledExecutor())

    func left(after doses: Int, of size: Double) -> Double {
      var amount = 0.0
      for _ in 0..<doses { amount = decay([amount + size, 0.4])[0] }
      return amount
    }
    let (value, slope) = valueWithGradient(at: 1.5) { left(after: 6, of: $0) }
    let exact = (1...6).map { exp(-0.8 * Double($0)) }.reduce(0, +)
    #expect(abs(slope - exact) < 1e-7 && abs(value - 1.5 * exact) < 1e-7, "\(value), \(slope), \(exact)")
  }
}
