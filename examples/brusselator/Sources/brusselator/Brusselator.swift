import Foundation
import Jobs
import Programs

/// The Brusselator in one dimension by the method of lines: two chemicals that react and diffuse on a line.
///
///     ∂u/∂t = a + u²v − (b + 1)u + α ∂²u/∂x²      u = a    at both ends
///     ∂v/∂t = b u − u²v         + α ∂²v/∂x²      v = b/a  at both ends
///
/// on 0 < x < 1, from u = a + sin(2πx), v = b/a. The 128 cells are the inner points of a grid of spacing 1/129.
///
/// - Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 2nd edition (1993), p. 248,
///   with a = 1, b = 3, α = 1/50.
let brusselator: Model = {
  let cells = 128
  let axis = Model.Axis("cell", cells)
  let spacing = 1 / Double(cells + 1)
  let wave = (1...cells).map { sin(2 * Double.pi * Double($0) * spacing) }

  /// The second difference of the values along the line, which has a fixed value at both ends.
  @Sendable func curvature(_ values: Staged, ends: Staged) -> Staged {
    let end = ends.reshaped([1])
    let left = Staged.concatenate([end, values[0..<cells - 1]])
    let right = Staged.concatenate([values[1..<cells], end])
    return (left - 2 * values + right) / (spacing * spacing)
  }

  return Model(
    "brusselator",
    parameters: [
      .init("a", 1, description: "feed of u"),
      .init("b", 3, description: "feed of v"),
      .init("alpha", 0.02, description: "diffusion"),
    ],
    states: [
      .init("u", axis: axis, description: "concentration of u") { p in p["a"] + wave },
      .init("v", axis: axis, description: "concentration of v") { p in (p["b"] / p["a"]).broadcast(to: [cells]) },
    ]
  ) { _, states, p in
    let (u, v) = (states["u"], states["v"])
    let (a, b) = (p["a"], p["b"])
    let reaction = u * u * v
    return [
      "u": a + reaction - (b + 1) * u + p["alpha"] * curvature(u, ends: a),
      "v": b * u - reaction + p["alpha"] * curvature(v, ends: b / a),
    ]
  }
}()
