// The lowest frequency of a chain of masses and springs, and how it depends on every mass and every spring.
//
// The squared frequencies are the eigenvalues of M^(-1/2) K M^(-1/2). One reverse sweep gives the derivative of the lowest by
// all 11 parameters; a few steps along it tune the chain to a wanted frequency. With equal masses and springs the
// frequencies are known: 2 sqrt(k/m) sin(j pi / (2 (n + 1))) for chains between two walls.
//
//   swift run oscillator-chain

import Compiled
import DifferentiableSwift
import Foundation
import Programs

let count = 5
let inputs = (0..<count).map { "mass \($0 + 1)" } + (0...count).map { "spring \($0 + 1)" }

/// Spring i stands before mass i; the first and the last are fixed to walls.
let program = try Program.trace("chain", inputs: inputs.map { .init($0, ValueType()) }) { inputs in
  let (masses, springs) = (inputs[0..<count].map { $0 }, inputs[count...].map { $0 })
  let rows = (0..<count).map { i -> Staged in
    .stack(
      (0..<count).map { j -> Staged in
        switch abs(i - j) {
        case 0: (springs[i] + springs[i + 1]) / masses[i]
        case 1: -springs[max(i, j)] / sqrt(masses[i] * masses[j])
        default: 0
        }
      })
  }
  return [("frequency", sqrt(symmetricEigen(.stack(rows)).values[0]))]
}
let lowest = try DifferentiableProgram(program, on: CompiledExecutor())

let uniform = Array(repeating: 2.0, count: count) + Array(repeating: 3.0, count: count + 1)
let (frequency, slope) = valueWithGradient(at: uniform) { lowest($0)[0] }
let exact = 2 * sqrt(3.0 / 2) * sin(.pi / (2 * Double(count + 1)))
print(String(format: "lowest frequency %.12f, exact %.12f", frequency, exact))

// A mass m at which the mode has the share u of its squared length lowers the frequency by f u / (2 m).
print("            derivative      by hand")
for mass in 0..<count {
  let share = 2 / Double(count + 1) * pow(sin(.pi * Double(mass + 1) / Double(count + 1)), 2)
  print(inputs[mass] + String(format: "   %13.9f %13.9f", slope.base[mass], -exact * share / (2 * 2)))
}
for spring in count..<inputs.count { print(inputs[spring] + String(format: " %13.9f", slope.base[spring])) }

// Newton's method along the gradient of the springs, to a frequency of 1.
var tuned = uniform
var steps = 0
while abs(lowest(tuned)[0] - 1) > 1e-12 {
  let (value, gradient) = valueWithGradient(at: tuned) { lowest($0)[0] }
  let length = gradient.base[count...].map { $0 * $0 }.reduce(0, +)
  for spring in count..<inputs.count { tuned[spring] += (1 - value) * gradient.base[spring] / length }
  steps += 1
}
print(
  String(format: "tuned to %.12f in %d steps by springs ", lowest(tuned)[0], steps)
    + tuned[count...].map { String(format: "%.3f", $0) }.joined(separator: " "))
