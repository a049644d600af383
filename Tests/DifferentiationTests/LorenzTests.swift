import Differentiation
import Dynamics
import Execution
import Programs
import Testing

/// Lorenz' model from a start and parameters that differ by member.
func lorenz(tolerance: Double = 1e-8, until: Double = 1, saveAt: [Double] = [], observations: [Observation] = []) throws
  -> Program
{
  let names = ["x0", "y0", "z0", "sigma", "rho", "beta"]
  return try Program.trace("lorenz", inputs: names.map { .init($0, ValueType()) }) { p in
    let problem = InitialValueProblem(from: 0, until: until, start: .stack(Array(p[0..<3]))) { _, u in
      .stack([p[3] * (u[1] - u[0]), u[0] * (p[4] - u[2]) - u[1], u[0] * u[1] - p[5] * u[2]])
    }
    let control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance)
    let solution = problem.solve(.tsit5, .adaptive(control), saveAt: saveAt, observations: observations)
    return [("x", solution.final[0]), ("status", solution.status), ("steps", solution.acceptedSteps)]
      + (solution.series.map { [("series", $0), ("total", $0.reshaped([$0.shape.count]).sum())] } ?? [])
      + solution.observations.enumerated().map { ("observation\($0.offset)", $0.element) }
  }
}

@Suite struct LorenzTests {
  @Test func printGradientProgram() throws {
    let program = try lorenz().valueWithGradient(of: "x")
    print(program)
    let inputs: [[[Double]]] = [[[1]], [[0]], [[0]], [[10]], (0..<20).map { [Double($0)] }, [[8.0 / 3]]]
    print(try Engine.compiled.run(program, members: 20, inputs)["gradient.rho"]!)
    print(try Engine.compiled.run(lorenz().jacobianVectorProduct(), members: 20, inputs + [[[0]], [[0]], [[0]], [[0]], [[1]], [[0]]])["tangent.x"]!)
  }
}
