import Dynamics
import Foundation
import Programs

/// A trebuchet with a hinged counterweight: how far it throws, from the angle of release, the counterweight and the wind.
///
/// Three phases. On the ground the projectile slides, until the sling would have to be held down rather than up. Hanging,
/// it swings free at the end of the sling, until its velocity has the angle of release. In flight it has drag, until it is
/// on the ground. Equations of motion and the standard machine are those that virtualtrebuchet.com publishes (Eric Olson,
/// 2010) and Trebuchet.jl uses, here in SI units and in their variables: Aq, Wq, Sq are the angles of the arm from the
/// upward vertical, of the weight from the arm and of the sling from the arm.
struct Trebuchet {
  private static let foot = 0.3048
  private static let pound = 0.45359237

  let pivotHeight = 5 * foot
  let longArm = 6.792 * foot
  let shortArm = 1.75 * foot
  let weightArm = 2 * foot
  let sling = 6.833 * foot
  let projectileRadius = 0.1245 * foot
  let projectileMass = 0.328 * pound
  let armMass = 10.65 * pound
  let weightInertia = pound * foot * foot
  let gravity = 9.80665
  let airDensity = 1.0
  let dragCoefficient = 1.0

  /// The center of the arm lies on its long side.
  private var armCenter: Double { (longArm - shortArm) / 2 }
  private var armInertia: Double { armMass * (longArm + shortArm) * (longArm + shortArm) / 12 }

  /// The inputs of `program`, in order.
  static let inputs = ["release", "weight", "wind"]

  /// From the angle of release (radians above the horizon), the counterweight (kg) and the wind (m/s along the throw) to
  /// the distance from the pivot at which the projectile lands (m) and the angle of the arm when it was released.
  func program(tolerance: Double = 1e-10) throws -> Program {
    try Program.trace("trebuchet", inputs: Self.inputs.map { .init($0, ValueType()) }) { inputs in
      let (release, weight, wind) = (inputs[0], inputs[1], inputs[2])
      // The arm's end and the projectile lie on the ground, the sling stretched out below the pivot.
      let slope = asin(pivotHeight / longArm)
      let start = Staged([.pi / 2 + slope, -.pi / 2 - slope, .pi - slope, 0, 0, 0, 0, 0, 1, 1])
      var problem = InitialValueProblem(from: 0, until: 20, start: start) { _, _ in start * 0 }
      problem.phases = [
        Phase("ground") { _, state in swinging(state, slidingAccelerations(state, weight)) },
        Phase("hang") { _, state in swinging(state, hangingAccelerations(state, weight)) },
        Phase("flight") { _, state in flying(state, wind) },
      ]
      problem.events = [
        Event(
          "lift", .crossing(.falling) { _, state in groundForce(state, weight) }, .next("hang"), during: ["ground"]),
        Event(
          "release",
          .crossing(.falling) { _, state in
            let (x, y) = slingEndVelocity(state)
            return y * cos(release) - x * sin(release)
          },
          .proceed(change: { _, state in released(state) }, next: "flight"), during: ["hang"]),
        Event("landing", .crossing(.falling) { _, state in state[7] + Staged(pivotHeight) }, .stop, during: ["flight"]),
      ]
      let control = StepControl(relativeTolerance: tolerance, absoluteTolerance: tolerance)
      let solution = problem.solve(.tsit5, .adaptive(control))
      return [("distance", solution.final[6]), ("arm", solution.final[0]), ("status", solution.status)]
    }
  }

  // MARK: The state: three angles, their velocities, the projectile's place and velocity once it flies

  private func swinging(_ state: Staged, _ accelerations: Staged) -> Staged {
    .concatenate([state[3..<6], accelerations, Staged([0, 0, 0, 0])])
  }

  /// Drag grows with the square of the speed relative to the wind; the machine stands still, as it no longer matters.
  private func flying(_ state: Staged, _ wind: Staged) -> Staged {
    let (vx, vy) = (state[8] - wind, state[9])
    let area = Double.pi * projectileRadius * projectileRadius
    let drag = Staged(airDensity * dragCoefficient * area / (2 * projectileMass)) * sqrt(vx * vx + vy * vy)
    return .concatenate([
      Staged([0, 0, 0, 0, 0, 0]), .stack([state[8], state[9], -drag * vx, -Staged(gravity) - drag * vy]),
    ])
  }

  private func released(_ state: Staged) -> Staged {
    let (arm, whole) = (state[0], state[0] + state[2])
    let x = -Staged(longArm) * sin(arm) - Staged(sling) * sin(whole)
    let y = Staged(longArm) * cos(arm) + Staged(sling) * cos(whole)
    let velocity = slingEndVelocity(state)
    return .concatenate([state[0..<6], .stack([x, y, velocity.x, velocity.y])])
  }

  private func slingEndVelocity(_ state: Staged) -> (x: Staged, y: Staged) {
    let (arm, whole) = (state[0], state[0] + state[2])
    let (armSpeed, wholeSpeed) = (state[3], state[3] + state[5])
    return (
      -Staged(longArm) * cos(arm) * armSpeed - Staged(sling) * cos(whole) * wholeSpeed,
      -Staged(longArm) * sin(arm) * armSpeed - Staged(sling) * sin(whole) * wholeSpeed
    )
  }

  // MARK: Equations of motion

  /// What arm and weight have in common in both phases: their part of the mass matrix and of the forces.
  private func armAndWeight(_ state: Staged, _ weight: Staged) -> (
    arm: Staged, both: Staged, own: Staged, forces: [Staged]
  ) {
    let (aq, wq, aw, ww) = (state[0], state[1], state[3], state[4])
    let (short, hinge) = (Staged(shortArm), Staged(weightArm))
    let arm =
      Staged(armInertia + weightInertia + armMass * armCenter * armCenter)
      + weight * (short * short + hinge * hinge + 2 * short * hinge * cos(wq))
    let both = Staged(weightInertia) + hinge * weight * (hinge + short * cos(wq))
    let own = Staged(weightInertia) + weight * hinge * hinge
    let total = aw + ww
    let pull = Staged(gravity) * weight * (short * sin(aq) + hinge * sin(aq + wq))
    let swing = short * hinge * weight * sin(wq) * (aw * aw - total * total)
    let onArm = Staged(gravity * armCenter * armMass) * sin(aq) - pull - swing
    let onWeight = -hinge * weight * (Staged(gravity) * sin(aq + wq) + short * sin(wq) * aw * aw)
    return (arm, both, own, [onArm, onWeight])
  }

  /// With the projectile held at the ground: the sling's angle follows from the arm's.
  private func slidingAccelerations(_ state: Staged, _ weight: Staged) -> Staged {
    let (aq, sq, aw, sw) = (state[0], state[2], state[3], state[5])
    let (long, rope, mass) = (Staged(longArm), Staged(sling), Staged(projectileMass))
    let (sine, cosine) = (sin(aq + sq), cos(aq + sq))
    let ratio = sin(aq) / sine
    // How fast the sling's angle would change its speed if the arm kept its own.
    let bend = (cosine * sw * (sw + 2 * aw) + (cosine + long * cos(aq) / rope) * aw * aw) / sine
    let common = armAndWeight(state, weight)
    let arm = common.arm + mass * long * long * (1 - 2 * ratio * cos(sq) + ratio * ratio)
    let whole = aw + sw
    let alongArm = long * rope * mass * (sin(sq) * whole * whole + cos(sq) * bend)
    let alongGround = long * mass * ratio * (long * sin(sq) * aw * aw - rope * bend)
    let matrix = Staged.stack([.stack([arm, common.both]), .stack([common.both, common.own])])
    let solved = linearSolve(matrix, .stack([common.forces[0] + alongArm + alongGround, common.forces[1]]))
    let slingAcceleration = -bend - (long * sin(aq) + rope * sine) * solved[0] / (rope * sine)
    return .stack([solved[0], solved[1], slingAcceleration])
  }

  private func hangingAccelerations(_ state: Staged, _ weight: Staged) -> Staged {
    let (aq, sq, aw, sw) = (state[0], state[2], state[3], state[5])
    let (long, rope, mass) = (Staged(longArm), Staged(sling), Staged(projectileMass))
    let common = armAndWeight(state, weight)
    let arm = common.arm + mass * (long * long + rope * rope + 2 * long * rope * cos(sq))
    let both = rope * mass * (rope + long * cos(sq))
    let whole = aw + sw
    let pull = Staged(gravity) * mass * (long * sin(aq) + rope * sin(aq + sq))
    let swing = long * rope * mass * sin(sq) * (aw * aw - whole * whole)
    let onSling = rope * mass * (Staged(gravity) * sin(aq + sq) - long * sin(sq) * aw * aw)
    let matrix = Staged.stack([
      .stack([arm, common.both, both]), .stack([common.both, common.own, 0]), .stack([both, 0, mass * rope * rope]),
    ])
    return linearSolve(matrix, .stack([common.forces[0] + pull - swing, common.forces[1], onSling]))
  }

  /// What the ground bears of the projectile: its weight, less what the sling that draws it along lifts.
  private func groundForce(_ state: Staged, _ weight: Staged) -> Staged {
    let (aq, aw) = (state[0], state[3])
    let (whole, wholeSpeed) = (aq + state[2], aw + state[5])
    let accelerations = slidingAccelerations(state, weight)
    let ofArm = Staged(longArm) * (cos(aq) * accelerations[0] - sin(aq) * aw * aw)
    let total = accelerations[0] + accelerations[2]
    let ofSling = Staged(sling) * (cos(whole) * total - sin(whole) * wholeSpeed * wholeSpeed)
    let tension = -Staged(projectileMass) * (ofArm + ofSling) / sin(whole)
    return Staged(projectileMass * gravity) + tension * cos(whole)
  }
}
