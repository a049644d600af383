// The sine by its Taylor series, whose number of terms depends on x, and its derivative: once in native Swift, once as a
// program. Both are differentiated through the loop; the derivative at 1 is the cosine of 1.
//
//   swift run taylor-sine

import Compiled
import DifferentiableSwift
import Foundation
import Programs

/// Adds terms until they no longer matter. An ordinary function: the derivative follows whatever the loop did.
@differentiable(reverse)
func taylorSine(_ x: Double) -> Double {
  var (term, sum, n) = (x, x, 1.0)
  while abs(term) > 1e-17 {
    term *= -x * x / ((n + 1) * (n + 2))
    sum += term
    n += 2
    if n == 5 { print("  after three terms: \(sum)") }
  }
  return sum
}

/// The same as a program, which runs for millions of x at once: each member leaves the loop when its own series has ended.
let program = try Program.trace("taylor sine", inputs: [.init("x", ValueType())]) { inputs in
  let x = inputs[0]
  let end = whileLoop("terms", [x, x, 1]) { carry in
    abs(carry[0]) .> 1e-17
  } body: { carry in
    let (sum, n) = (carry[1], carry[2])
    let term = carry[0] * (-x * x / ((n + 1) * (n + 2)))
    return [term, sum + term, n + 2]
  }
  return [("sine", end[1]), ("terms", (end[2] + 1) / 2)]
}
let traced = try DifferentiableProgram(program, on: CompiledExecutor(), of: ["sine"])

func show(_ name: String, _ result: (value: Double, gradient: Double)) {
  let error = String(format: "%.1e", abs(result.gradient - cos(1)))
  print("\(name): sin 1 = \(result.value), derivative \(result.gradient), off cos 1 by \(error)")
}

print("native Swift")
show("native", valueWithGradient(at: 1, of: taylorSine))
show("traced", valueWithGradient(at: 1) { traced([$0])[0] })

// One ensemble of a thousand x, side by side.
let points = (0..<1000).map { [Double($0) / 250] }
let (sines, pullback) = valueWithPullback(at: points) { traced.members($0) }
let slopes = pullback(.init(points.map { _ in .init([1]) })).base.map { $0.base[0] }
let worst = zip(points, slopes).map { abs($1 - cos($0[0])) }.max()!
let worstValue = zip(points, sines).map { abs($1[0] - sin($0[0])) }.max()!
print(
  "1,000 points from 0 to 4: sine off by at most \(String(format: "%.0e", worstValue)), its derivative by \(String(format: "%.0e", worst))"
)
