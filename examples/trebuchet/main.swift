// Aims a trebuchet by gradient descent through its three phases: the derivative of the distance goes through the contact
// with the ground, the release and the landing.
//
//   swift run -c release trebuchet

import Compiled
import DifferentiableSwift
import Foundation

let trebuchet = Trebuchet()
let shoot = try DifferentiableProgram(try trebuchet.program(), on: CompiledExecutor(), of: ["distance", "arm"])

func degrees(_ radians: Double) -> Double { radians * 180 / .pi }
func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

// The standard machine: a counterweight of 98.09 pounds, released at 45 degrees, in a light wind.
let standard = [Double.pi / 4, 98.09 * 0.45359237, 1]
let throwing = shoot(standard)
print("standard machine: \(text(throwing[0], 6)) m, arm at \(text(degrees(throwing[1]), 3)) degrees when it releases")

let slopes = gradient(at: standard) { shoot($0)[0] }.base
print("input      derivative       central difference")
for (place, name) in Trebuchet.inputs.enumerated() {
  func shifted(_ by: Double) -> Double {
    var point = standard
    point[place] += by
    return shoot(point)[0]
  }
  // A fourth-order difference, so that its own error is smaller than what it checks.
  let h = 1e-3 * max(1, abs(standard[place]))
  let difference = (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h)
  print(
    "\(name.padding(toLength: 10, withPad: " ", startingAt: 0)) \(text(slopes[place], 9))    \(text(difference, 9))")
}

/// Aims at a target in a given wind by descent on the squared miss, along release and counterweight.
func aim(at target: Double, wind: Double) -> (release: Double, weight: Double, miss: Double, shots: Int) {
  var (release, weight) = (standard[0], standard[1])
  for shot in 1...50 {
    let (distance, slope) = valueWithGradient(at: [release, weight, wind]) { shoot($0)[0] }
    let miss = distance - target
    if abs(miss) < 1e-6 { return (release, weight, miss, shot) }
    // The step along the gradient, in scaled inputs, that a linear distance would need.
    let scales = [1.0, 50.0]
    let scaled = [slope.base[0] * scales[0], slope.base[1] * scales[1]]
    let step = -miss / (scaled[0] * scaled[0] + scaled[1] * scaled[1])
    release += scales[0] * scaled[0] * step
    weight += scales[1] * scaled[1] * step
  }
  return (release, weight, .nan, 50)
}

_ = aim(at: 60, wind: 1)
for (target, wind) in [(80.0, 3.0), (70, -2), (50, 5)] {
  let start = ContinuousClock.now
  let found = aim(at: target, wind: wind)
  let time = start.duration(to: .now) / .milliseconds(1)
  print(
    "target \(Int(target)) m, wind \(Int(wind)) m/s: release at \(text(degrees(found.release), 2)) degrees, "
      + "weight \(text(found.weight, 2)) kg, miss \(String(format: "%.0e", abs(found.miss))) m, "
      + "\(found.shots) shots, \(text(time, 1)) ms")
}
