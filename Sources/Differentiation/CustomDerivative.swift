import Programs

/// A function with a derivative that its author knows better than its instructions do: an implicitly defined value, a
/// function with removable singularities, a table with a smooth derivative.
///
///     let softplus = try DifferentiableFunction("softplus", inputs: [.scalar], checkedAt: [[[0.3]], [[-2]]]) {
///       [max($0[0], 0) + log1p(exp(-abs($0[0])))]
///     } tangents: { x, dx in
///       [dx[0] / (1 + exp(-x[0]))]
///     }
public struct DifferentiableFunction: Sendable {
  private let program: Program

  /// - Parameters:
  ///   - inputs: the shapes of the arguments, which are numbers.
  ///   - points: arguments at which the rule is compared with differences of the function; empty for no check, which is all
  ///     that functions with loops can have, as they are not computed while tracing.
  ///   - function: of the arguments alone: what it needs besides must be passed to it.
  ///   - tangents: how the results change with the arguments: a tangent a result, linear in the tangents of the arguments.
  ///     Reverse mode uses its transpose.
  /// - Throws: `DifferentiationError.wrongRule` if the rule has other shapes than the function, is not linear, or disagrees
  ///   with differences; `ProgramError` for mistakes in what is traced.
  public init(
    _ name: String, inputs: [Shape], checkedAt points: [[[Double]]], _ function: ([Staged]) -> [Staged],
    tangents: (_ x: [Staged], _ dx: [Staged]) -> [Staged]
  ) throws {
    let own = inputs.enumerated().map { Program.Input("x\($0.offset)", ValueType(.real, $0.element)) }
    let moving = inputs.enumerated().map { Program.Input("dx\($0.offset)", ValueType(.real, $0.element)) }
    var program = try Program.trace(name, inputs: own) { x in
      function(x).enumerated().map { ("y\($0.offset)", $0.element) }
    }
    let rule = try Program.trace(name + ".tangents", inputs: own + moving) { x in
      tangents(Array(x.prefix(inputs.count)), Array(x.dropFirst(inputs.count))).enumerated().map {
        ("dy\($0.offset)", $0.element)
      }
    }
    let (expected, found) = (program.outputTypes.map(\.shape), rule.outputTypes.map(\.shape))
    guard expected == found else {
      throw DifferentiationError.wrongRule(function: name, reason: "gives \(found) for results of \(expected)")
    }
    _ = try ReverseRegion.transposed(
      rule, of: name, varying: inputs.map { _ in true }, seeds: Array(found.indices), .perMember)
    program.derivative = .tangents(rule)
    self.program = program
    for point in points { try check(rule, at: point) }
  }

  public func callAsFunction(_ arguments: [Staged]) -> [Staged] { call(program, arguments) }

  /// Compares the rule with a central difference of order 4 along a direction that no axis is special to.
  private func check(_ rule: Program, at point: [[Double]]) throws {
    func wrong(_ reason: String) -> DifferentiationError { .wrongRule(function: program.name, reason: reason) }
    guard point.map(\.count) == program.inputs.map(\.type.shape.count) else {
      throw wrong("cannot be checked at \(point), which are not the arguments' components")
    }
    var place = 0.0
    let direction = point.map {
      $0.map { _ in
        place += 1
        return (place * 0.618).truncatingRemainder(dividingBy: 1) + 0.25
      }
    }
    func values(_ program: Program, _ inputs: [[Double]]) throws -> [Double] {
      var values: [Double]?
      _ = try Program.trace(program.name, inputs: []) { _ in
        let staged = zip(inputs, program.inputs).map { Staged($0, shape: $1.type.shape) }
        let all = program.replayed(staged)
        let outputs = program.outputs.map { all[$0.value.number].literal }
        values = outputs.contains { $0 == nil } ? nil : outputs.flatMap { $0 ?? [] }
        return []
      }
      guard let values else { throw wrong("cannot be checked while tracing, as there is a loop") }
      return values
    }
    let h = 1e-3
    let near = try [1.0, -1, 2, -2].map { factor in
      try values(program, zip(point, direction).map { zip($0, $1).map { $0 + factor * h * $1 } })
    }
    for (component, exact) in try values(rule, point + direction).enumerated() {
      let difference =
        (8 * (near[0][component] - near[1][component]) - (near[2][component] - near[3][component])) / (12 * h)
      guard abs(exact - difference) <= 1e-6 * max(1, abs(exact), abs(difference)) else {
        throw wrong("gives \(exact) where differences give \(difference) (component \(component), at \(point))")
      }
    }
  }
}

extension ForwardMode {
  func push(_ callee: Program, by rule: Program, _ x: [Staged], _ dx: [Tangents]) -> ([Staged], [Tangents]) {
    let y = Staged.applyAll(.call(callee), x)
    let rows = (0..<directions).map { direction in
      Staged.applyAll(.call(rule), x + zip(x, dx).map { $1?[direction] ?? .zero($0.shape) })
    }
    return (y, y.indices.map { output in rows.map { $0[output] } })
  }
}

extension ReverseMode {
  mutating func pullCall(
    _ callee: Program, by rule: Program, _ operands: [Value], _ cotangents: [Staged?], _ reach: Reach
  ) throws {
    let seeds = cotangents.indices.filter { cotangents[$0] != nil }
    let region = try ReverseRegion.transposed(
      rule, of: callee.name, varying: operands.map { varies[$0.number] }, seeds: seeds, reach)
    let x = operands.map { values[$0.number] }
    let results = Staged.applyAll(
      .call(region.program), x + x.map { .zero($0.shape) } + seeds.compactMap { cotangents[$0] })
    for (input, result) in zip(region.reached, results) { add(result, to: operands[input - x.count], reach) }
  }
}

extension ReverseRegion {
  /// The transpose of a rule: cotangents of the arguments from those of the results.
  fileprivate static func transposed(
    _ rule: Program, of name: String, varying: [Bool], seeds: [Int], _ reach: ReverseMode.Reach
  ) throws -> ReverseRegion {
    let region = try ReverseRegion(
      rule, varying: varying.map { _ in false } + varying, seeds: seeds,
      live: rule.outputs.map { _ in .all }, reach, tape: TapeSize(turns: 1))
    let tangents = varying.count..<2 * varying.count
    let isLinear =
      !region.program.instructions.contains { $0.operands.contains { tangents.contains($0.number) } }
      && !region.program.outputs.contains { tangents.contains($0.value.number) }
    guard isLinear, !region.isTaped else {
      throw DifferentiationError.wrongRule(
        function: name, reason: "is not linear in the tangents, or has a loop over them")
    }
    return region
  }
}
