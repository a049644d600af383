// How a predator's number at the end depends on four rates and two starts, in three ways that agree:
//
// - adjoint: reverse mode through the adaptive solver, all six derivatives for about the cost of one more solution;
// - tangent: forward mode through the same steps, a direction at a time;
// - sensitivity equations: twelve more equations, written by hand and solved beside the model.
//
//   swift run sensitivities

import Compiled
import DifferentiableSwift
import Differentiation
import Dynamics
import Execution
import Foundation
import Programs

let names = ["birth", "hunt", "death", "growth", "prey", "predators"]
let point = [1.1, 0.4, 0.4, 0.1, 10, 5]
let control = StepControl(relativeTolerance: 1e-10, absoluteTolerance: 1e-10)

func rates(_ p: [Staged], _ u: Staged) -> Staged {
  let (prey, predators) = (u[0], u[1])
  return .stack([p[0] * prey - p[1] * prey * predators, p[3] * prey * predators - p[2] * predators])
}

let model = try Program.trace("lotka-volterra", inputs: names.map { .init($0, ValueType()) }) { p in
  let problem = InitialValueProblem(from: 0, until: 10, start: .stack([p[4], p[5]])) { _, u in rates(p, u) }
  return [("predators at the end", problem.solve(.tsit5, .adaptive(control)).final[1])]
}

/// d/dt (∂u/∂θ) = ∂f/∂u · ∂u/∂θ + ∂f/∂θ for each θ, with both derivatives of f by hand.
let augmented = try Program.trace("sensitivity equations", inputs: names.map { .init($0, ValueType()) }) { p in
  let seeds: [Staged] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]
  let problem = InitialValueProblem(from: 0, until: 10, start: .stack([p[4], p[5]] + seeds)) { _, u in
    let (prey, predators) = (u[0], u[1])
    let byRates: [(Staged, Staged)] = [
      (prey, 0), (-prey * predators, 0), (0, -predators), (0, prey * predators), (0, 0), (0, 0),
    ]
    let sensitivities = byRates.enumerated().flatMap { theta, direct -> [Staged] in
      let (s, r) = (u[2 + 2 * theta], u[3 + 2 * theta])
      let preyRate = (p[0] - p[1] * predators) * s - p[1] * prey * r + direct.0
      let predatorRate = p[3] * predators * s + (p[3] * prey - p[2]) * r + direct.1
      return [preyRate, predatorRate]
    }
    let own = rates(p, u[0..<2])
    return .stack([own[0], own[1]] + sensitivities)
  }
  let end = problem.solve(.tsit5, .adaptive(control)).final
  return (0..<6).map { (names[$0], end[3 + 2 * $0]) }
}

let executor = try CompiledExecutor()
let solve = try DifferentiableProgram(model, on: executor)
let adjoint = gradient(at: point) { solve($0)[0] }.base

let push = try executor.prepare(try model.jacobianVectorProduct())
func tangent(_ direction: Int) throws -> Double {
  let (inputs, outputs) = (push.makeInputs(members: 1), push.makeOutputs(members: 1))
  for (position, value) in point.enumerated() { inputs[position].set([value]) }
  inputs[6 + direction].set([1])
  try push.run(members: 1, inputs: inputs, outputs: outputs)
  return outputs[1].values()[0]
}
let byHand = try DifferentiableProgram(augmented, on: executor)(point)

func padded(_ text: String) -> String { String(repeating: " ", count: max(0, 16 - text.count)) + text }
func row(_ words: [String]) { print(words.map(padded).joined()) }
row(["d predators / d", "adjoint", "tangent", "by hand"])
for (theta, name) in names.enumerated() {
  row([name] + [adjoint[theta], try tangent(theta), byHand[theta]].map { String(format: "%.9f", $0) })
}
