import Compiled
import Dynamics
import Execution
import Foundation
import Programs

let args = CommandLine.arguments
let members = Int(args.count > 1 ? args[1] : "100000")!
let tol = Double(args.count > 2 ? args[2] : "1e-8")!
let vectors = args.count > 3 ? Int(args[3]) : nil
let saves = args.count > 4 ? Int(args[4])! : 0
let model = args.count > 5 ? args[5] : "lorenz"
let first = args.count > 6 ? Double(args[6]) : nil

let program = try Program.trace("lorenz", inputs: [.init("rho", ValueType())]) { inputs in
  let rho = inputs[0]
  let problem: InitialValueProblem
  if model == "lorenz" {
    problem = InitialValueProblem(from: 0, until: 1, start: Staged([1, 0, 0])) { _, u in
      let (x, y, z) = (u[0], u[1], u[2])
      return .stack([10 * (y - x), x * (rho - z) - y, x * y - Staged(8.0 / 3) * z])
    }
  } else if model == "pendulum" {
    problem = InitialValueProblem(from: 0, until: 10, start: Staged([1, 0])) { _, u in
      return .stack([u[1], -(sin(u[0])) * (1 + rho) - 0.1 * u[1]])
    }
  } else {
    let n = 20
    problem = InitialValueProblem(from: 0, until: 1, start: Staged((0..<n).map { sin(Double($0)) })) { _, u in
      let f = 8 + 0.1 * rho
      return .stack((0..<n).map { i in (u[(i + 1) % n] - u[(i + n - 2) % n]) * u[(i + n - 1) % n] - u[i] + f })
    }
  }
  let times = saves > 1 ? (0..<saves).map { problem.until * Double($0) / Double(saves - 1) } : []
  let s = problem.solve(.tsit5, .adaptive(StepControl(relativeTolerance: tol, absoluteTolerance: tol, firstStep: first)), saveAt: times)
  return [("final", s.final), ("status", s.status), ("accepted", s.acceptedSteps), ("rejected", s.rejectedSteps)] + (s.series.map { [("series", $0)] } ?? [])
}
let exec = try CompiledExecutor(vectorsPerTile: vectors)
if ProcessInfo.processInfo.environment["DUMP"] != nil { print(try program.simplified()) }
var t0 = ContinuousClock.now
let prepared = try exec.prepare(program, precision: .double, outputOrders: program.outputs.map { $0.name == "series" ? .memberMajor : .componentMajor })
print(prepared.summary, ContinuousClock.now - t0)
let chunk = 1024
let inputs = prepared.makeInputs(members: chunk)
let outputs = prepared.makeOutputs(members: chunk)
for _ in 0..<4 {
  var sum = 0.0, steps = 0.0, acc = 0.0
  t0 = ContinuousClock.now
  for start in stride(from: 0, to: members, by: chunk) {
    let n = min(chunk, members - start)
    for m in 0..<n { inputs[0].address.assumingMemoryBound(to: Double.self)[m] = 21 * Double(start + m) / Double(members) }
    try prepared.run(members: n, inputs: inputs, outputs: outputs)
    let p = outputs[0].address.assumingMemoryBound(to: Double.self)
    for m in 0..<n { sum += p[m] }
    for m in stride(from: 0, to: n, by: 97) { steps += (outputs[2][0, m] + outputs[3][0, m]) * 97; acc += outputs[2][0, m] * 97 }
  }
  let d = ContinuousClock.now - t0
  let seconds = Double(d.components.attoseconds) * 1e-18 + Double(d.components.seconds)
  print("\(seconds / Double(members) * 1e6) us/member, mean \(sum / Double(members)) steps \(steps / Double(members)) accepted \(acc / Double(members)) status \(outputs[1][0, 0])")
}
