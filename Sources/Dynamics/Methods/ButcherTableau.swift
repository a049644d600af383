/// The coefficients of an explicit Runge–Kutta method with a continuous extension.
///
/// One step from (t, y) with length h: k₁ = f(t, y), kᵢ = f(t + cᵢh, y + h Σⱼ aᵢⱼ kⱼ), y' = y + h Σ bᵢ kᵢ. The rate at the
/// end, f(t + h, y'), is always evaluated, as the next step's k₁: it is called the final rate, and stands after the
/// stages wherever coefficients are listed.
public struct ButcherTableau: Sendable {
  public let name: String
  /// The order of the solution that is carried on.
  public let order: Int
  /// Nodes c₁ … cₛ.
  public let nodes: [Double]
  /// Rows aᵢ₁ … aᵢ,ᵢ₋₁ of stages 2 … s.
  public let stages: [[Double]]
  /// Weights b₁ … bₛ.
  public let weights: [Double]
  /// Weights of the error estimate, b − b̂, of the stages and the final rate; nil for methods of fixed step.
  public let errorWeights: [Double]?
  /// The lower of the pair's orders, plus one: how the error estimate shrinks with the step.
  public let errorOrder: Int
  public let interpolant: Interpolant

  /// A continuous extension y(t + θh) = y + h Σᵢ (pᵢ₁θ + pᵢ₂θ² + …) kᵢ over stages, final rate and extra stages.
  public struct Interpolant: Sendable {
    public let order: Int
    /// Nodes of stages that only the interpolant needs.
    public var extraNodes: [Double]
    /// Their rows, over stages, final rate and earlier extra stages.
    public var extraStages: [[Double]]
    /// pᵢ₁ … pᵢ_d for each stage, the final rate and each extra stage.
    public var polynomials: [[Double]]

    public init(
      order: Int, extraNodes: [Double] = [], extraStages: [[Double]] = [], polynomials: [[Double]]
    ) {
      self.order = order
      self.extraNodes = extraNodes
      self.extraStages = extraStages
      self.polynomials = polynomials
    }

    public var degree: Int { polynomials[0].count }
  }

  /// What a tableau must satisfy and does not.
  public struct Inconsistency: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: `Inconsistency` unless the rows have the right lengths and sums (Σⱼ aᵢⱼ = cᵢ, Σ bᵢ = 1, Σ errorWeights = 0)
  ///   and the interpolant reaches the step's end (Σⱼ pᵢⱼ = bᵢ).
  public init(
    name: String, order: Int, nodes: [Double], stages: [[Double]], weights: [Double], errorWeights: [Double]? = nil,
    errorOrder: Int = 0, interpolant: Interpolant
  ) throws {
    func require(_ condition: Bool, _ rule: String) throws {
      if !condition { throw Inconsistency(description: "tableau \(name): \(rule)") }
    }
    func isNear(_ sum: Double, _ value: Double, scale: [Double]) -> Bool {
      abs(sum - value) <= 1e-13 * max(1, scale.map(abs).max() ?? 0)
    }
    let count = nodes.count
    try require(stages.count == count - 1 && weights.count == count, "\(count) nodes need as many stages and weights")
    for (position, row) in stages.enumerated() {
      try require(row.count == position + 1, "row \(position + 2) has \(row.count) coefficients")
      try require(isNear(row.reduce(0, +), nodes[position + 1], scale: row), "row \(position + 2) must sum to its node")
    }
    try require(isNear(weights.reduce(0, +), 1, scale: weights), "weights must sum to 1")
    if let errorWeights {
      try require(errorWeights.count == count + 1, "error weights are needed for stages and final rate")
      try require(isNear(errorWeights.reduce(0, +), 0, scale: errorWeights), "error weights must sum to 0")
    }
    let extra = interpolant.extraStages
    try require(extra.count == interpolant.extraNodes.count, "each extra stage needs a node")
    for (position, row) in extra.enumerated() {
      try require(row.count == count + 1 + position, "extra row \(position + 1) has \(row.count) coefficients")
      try require(
        isNear(row.reduce(0, +), interpolant.extraNodes[position], scale: row), "extra rows must sum to their nodes")
    }
    try require(interpolant.polynomials.count == count + 1 + extra.count, "every rate needs a polynomial")
    for (position, polynomial) in interpolant.polynomials.enumerated() {
      let weight = position < count ? weights[position] : 0
      try require(
        polynomial.count == interpolant.degree && isNear(polynomial.reduce(0, +), weight, scale: polynomial),
        "polynomial \(position + 1) must end at its weight")
    }
    self.name = name
    self.order = order
    self.nodes = nodes
    self.stages = stages
    self.weights = weights
    self.errorWeights = errorWeights
    self.errorOrder = errorOrder
    self.interpolant = interpolant
  }

  /// A tableau that stands in this source and is therefore known to be consistent.
  static func known(_ make: () throws -> ButcherTableau) -> ButcherTableau {
    do {
      return try make()
    } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension ButcherTableau.Interpolant {
  /// The cubic that meets values and rates at both ends (Hermite): order 3, for methods without an own interpolant.
  static func hermite(weights: [Double]) -> Self {
    var polynomials = weights.map { [0, 3 * $0, -2 * $0] }
    polynomials[0] = zip(polynomials[0], [1, -2, 1]).map { $0 + $1 }
    return Self(order: 3, polynomials: polynomials + [[0, -1, 1]])
  }
}
