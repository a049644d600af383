import Dynamics
import Programs

/// The models of the yardsticks, as programs of one varied parameter from 0 to 21.
enum BenchmarkModel: String, CaseIterable {
  case lorenz, pendulum, lorenz96

  var title: String {
    switch self {
    case .lorenz: "Lorenz (3 states)"
    case .pendulum: "damped pendulum (2 states, sine)"
    case .lorenz96: "Lorenz 1996 (20 states)"
    }
  }

  func problem(_ p: Staged) -> InitialValueProblem {
    switch self {
    case .lorenz:
      return InitialValueProblem(from: 0, until: 1, start: Staged([1, 0, 0])) { _, u in
        let (x, y, z) = (u[0], u[1], u[2])
        return .stack([10 * (y - x), x * (p - z) - y, x * y - Staged(8.0 / 3) * z])
      }
    case .pendulum:
      return InitialValueProblem(from: 0, until: 10, start: Staged([1, 0])) { _, u in
        .stack([u[1], -sin(u[0]) * (1 + p) - 0.1 * u[1]])
      }
    case .lorenz96:
      let n = 20
      let start = Staged((0..<n).map { Staged(Double($0)) }.map { sin($0).literal![0] })
      return InitialValueProblem(from: 0, until: 1, start: start) { _, u in
        let forcing = 8 + 0.1 * p
        return .stack(
          (0..<n).map { i in
            let (after, before, far) = (u[(i + 1) % n], u[(i + n - 1) % n], u[(i + n - 2) % n])
            return (after - far) * before - u[i] + forcing
          })
      }
    }
  }

  /// The solve at one tolerance, relative and absolute.
  func program(method: Method = .tsit5, tolerance: Double = 1e-8, saves: Int = 0) throws -> Program {
    try Program.trace(rawValue, inputs: [.init("p", ValueType())]) { inputs in
      let problem = problem(inputs[0])
      let until = problem.until.literal?[0] ?? 0
      let times = saves > 1 ? (0..<saves).map { until * Double($0) / Double(saves - 1) } : []
      let control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance)
      let solution = problem.solve(method.tableau, .adaptive(control), saveAt: times)
      let ends = [
        ("final", solution.final), ("accepted", solution.acceptedSteps), ("rejected", solution.rejectedSteps),
      ]
      return ends + (solution.series.map { [("series", $0)] } ?? [])
    }
  }
}

extension Program {
  /// Additions, subtractions, multiplications and divisions of one turn of the program's loops; elementary functions are
  /// not counted.
  var operationsPerStep: Int {
    instructions.flatMap(\.operation.regions).reduce(0) { $0 + $1.operations }
  }

  private var operations: Int {
    instructions.reduce(0) { sum, instruction in
      guard case .binary(let function) = instruction.operation else {
        return sum + instruction.operation.regions.reduce(0) { $0 + $1.operations }
      }
      switch function {
      case .add, .subtract, .multiply, .divide: return sum + instruction.results[0].shape.count
      case .power, .minimum, .maximum, .atan2: return sum
      }
    }
  }
}
