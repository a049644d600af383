import Programs

/// What every row is applied to.
struct RowInputs {
  /// Member scalars.
  var a, b: Staged
  /// Shared scalar and vector `[3]`.
  var s, w: Staged
  /// Member vector `[3]`, member matrix `[2, 3]`, member vector `[40]`.
  var v, m, long: Staged

  static let inputs: [Program.Input] = [
    .init("a", ValueType()), .init("b", ValueType()), .init("s", ValueType(.real, .scalar, .shared)),
    .init("w", ValueType(.real, [3], .shared)), .init("v", ValueType(.real, [3])),
    .init("m", ValueType(.real, [2, 3])),
    .init("long", ValueType(.real, [40])),
  ]

  init(_ staged: [Staged]) {
    (a, b, s, w, v, m, long) = (staged[0], staged[1], staged[2], staged[3], staged[4], staged[5], staged[6])
  }
}

/// One row an operation: smooth where the tests' numbers, all in −1 ... 1, take it.
struct OperationRow: Sendable, CustomStringConvertible {
  let description: String
  let outputs: @Sendable (RowInputs) -> [Staged]

  static let all: [OperationRow] = Operation.examples.flatMap { operation in
    rows(of: operation).enumerated().map {
      OperationRow(description: "\(operation.name) \($0.offset)", outputs: $0.element)
    }
  }

  private typealias Row = @Sendable (RowInputs) -> [Staged]

  private static func rows(of operation: Operation) -> [Row] {
    switch operation {
    case .constant: [{ [$0.a * Staged([1, -2, 3]) + $0.v] }]
    case .unary(let function): [{ [applied(function, $0.a), applied(function, $0.v)] }]
    case .binary(let function): binaryRows(function)
    case .compare, .logic, .not: [{ [select((.!($0.a .< 0)) .& ($0.b .< 0.5), $0.a * $0.b, $0.b)] }]
    case .select: [{ [select($0.v .< 0, $0.a, $0.v * $0.v), select($0.a .< 0, $0.v, $0.w * $0.a)] }]
    case .stack: [{ [.stack([$0.a, $0.s, $0.a * $0.b]), .stack([$0.v, $0.w])] }]
    case .index: [{ [$0.v[1] * $0.v[0], $0.m[1], $0.long[7] * $0.w[2], $0.v[1] + ($0.v * 2)[1]] }]
    case .slice: [{ [$0.m.slice(1..<3, axis: 1) * $0.a, $0.long[3..<20] * $0.long[10..<27], $0.v[0..<1]] }]
    case .concatenate: [{ [.concatenate([$0.v, $0.w * $0.a]), .concatenate([$0.m, $0.m * $0.b], axis: 1)] }]
    case .reshape: [{ [$0.m.reshaped([3, 2]) * $0.a, $0.m.reshaped([6])[2..<5] * $0.v] }]
    case .broadcast: [{ [($0.a * $0.s).broadcast(to: [2, 3]) * $0.m] }]
    case .transpose: [{ [matrixProduct($0.m.transposed, $0.m)] }]
    case .gather: [{ [$0.v.gather($0.a * 2 + 1.3) * $0.b, $0.m.gather($0.b + 0.77) * $0.v] }]
    case .sum: [{ [$0.m.sum(axis: 0) * $0.v, $0.m.sum(axis: 1) * $0.a, $0.long.sum() * $0.s] }]
    case .matrixProduct:
      [
        {
          [
            matrixProduct($0.v, $0.w), matrixProduct($0.m, $0.v), matrixProduct(.stack([$0.a, $0.b]), $0.m),
            matrixProduct($0.m, .stack([$0.v, $0.w, $0.v * $0.a])),
          ]
        }
      ]
    case .linearAlgebra(.triangularFactors): [determinants, choleskyFactors]
    case .linearAlgebra(.solve(let isTransposed)): solutions(isTransposed)
    case .linearAlgebra(.symmetricEigen): [eigenvalues, eigenvectors]
    case .sumOverMembers: [{ [($0.a * $0.s).sumOverMembers(), ($0.v * $0.w).sumOverMembers()] }]
    case .whileLoop: [trips, nested, frozen]
    case .scan: [recurrence, whileInScan]
    case .call: [calls, lengthsAndRoots]
    case .tabulate: [table, tablesOfSteps]
    case .moments: [weights]
    case .stopGradient: [{ [$0.a * stopGradient(floor(4 * $0.b)) - stopGradient(ceil($0.v))] }]
    }
  }

  private static func applied(_ function: UnaryFunction, _ x: Staged) -> Staged {
    switch function {
    case .negate: -x
    case .absolute: abs(x)
    case .sign: sign(x) * x
    case .floor: floor(3 * x) * x
    case .ceiling: ceil(3 * x) * x
    case .squareRoot: sqrt(x + 1.5)
    case .exp: exp(x)
    case .expm1: expm1(x)
    case .log: log(x + 1.5)
    case .log1p: log1p(0.9 * x)
    case .log2: log2(x + 1.5)
    case .log10: log10(x + 1.5)
    case .sin: sin(x)
    case .cos: cos(x)
    case .tan: tan(x)
    case .asin: asin(0.9 * x)
    case .acos: acos(0.9 * x)
    case .atan: atan(x)
    case .sinh: sinh(x)
    case .cosh: cosh(x)
    case .tanh: tanh(x)
    case .asinh: asinh(x)
    case .acosh: acosh(x + 2.5)
    case .atanh: atanh(0.9 * x)
    case .erf: erf(x)
    case .logGamma: lgamma(x + 1.5) + lgamma(-0.4 - 0.1 * x)
    }
  }

  private static func binaryRows(_ function: BinaryFunction) -> [Row] {
    let apply: @Sendable (Staged, Staged) -> Staged = { x, y in
      switch function {
      case .add: x + y
      case .subtract: x - y
      case .multiply: x * y
      case .divide: x / (y + 2)
      case .power: pow(x + 1.5, y)
      case .minimum: min(x, y)
      case .maximum: max(x, y)
      case .atan2: atan2(x + 1.5, y)
      }
    }
    return [
      { [apply($0.a, $0.b), apply($0.v, $0.w), apply($0.v, $0.a), apply($0.s, $0.v)] },
      { [apply($0.s, $0.w), apply($0.w, $0.w)] },
    ]
  }

  /// Members take different numbers of turns.
  private static let trips: Row = { x in
    let turns = floor(abs(x.a) * 9)
    let end = whileLoop("trips", [0, x.b, x.v]) {
      $0[0] .< turns
    } body: {
      [$0[0] + 1, sin($0[1] + x.s) * 0.9, $0[2] * x.w + $0[1] * x.a]
    }
    return [end[1], end[2]]
  }

  private static let nested: Row = { x in
    let outer = floor(abs(x.a) * 4)
    let end = whileLoop("outer", [0, x.b]) {
      $0[0] .< outer
    } body: { carry in
      let inner = whileLoop("inner", [0, carry[1]]) {
        $0[0] .< floor(abs(x.b) * 3) + carry[0]
      } body: {
        [$0[0] + 1, cos($0[1] * x.s) + x.v[0]]
      }
      return [carry[0] + 1, carry[1] * 0.5 + inner[1]]
    }
    return [end[1]]
  }

  /// All members take the same turns, some carries are the same for all.
  private static let frozen: Row = { x in
    let end = whileLoop("frozen", [0, x.s, x.a]) {
      $0[0] .< 4
    } body: {
      [$0[0] + 1, sin($0[1]) + x.w[0], $0[2] * $0[1]]
    }
    return [end[2] * end[1]]
  }

  private static let recurrence: Row = { x in
    let result = scan("recurrence", length: 3, [x.a], over: [x.v, x.w]) { carry, entries in
      let next = sin(carry[0] * entries[0]) + entries[1] * x.s
      return ([next], [next * entries[0], x.v * next])
    }
    return result.carry + result.rows
  }

  private static let whileInScan: Row = { x in
    let result = scan("segments", length: 5, [x.a, 0], over: [x.long[0..<5]]) { carry, entries in
      let end = whileLoop("segment", [carry[0], carry[1]]) {
        $0[1] .< floor(abs(x.b) * 5) * 3
      } body: {
        [$0[0] * 0.8 + sin($0[0] + x.s), $0[1] + 1]
      }
      return ([end[0] * entries[0] + x.b, end[1] - 2], [end[0]])
    }
    return [result.carry[0], result.rows[0]]
  }

  private static let calls: Row = { x in
    let function = StagedFunction("called") { [$0[0] * $0[1] + x.s, sin($0[0])] }
    return function([x.a, x.b]) + function([x.b, x.a * x.a])
  }

  private static let lengthsAndRoots: Row = { x in
    [
      hypot(x.a, x.b), hypot(x.v, x.w), hypot(x.s, x.v * x.a), hypot(1e-180 * (x.a + 2), 2e-180) * 1e180,
      cbrt(x.a + 1.5), cbrt(x.v - 1.5),
    ]
  }

  private static let table: Row = { x in
    let times = Staged([0.1, 0.2, 0.5, 0.7])
    let result = tabulate(
      series: x.long[0..<8].reshaped([2, 4]), cursor: 1, times: times, until: 0.6 + floor(x.b), origin: x.a * 0.1,
      scale: 1.5 + x.b * 0.5, coefficients: .stack([x.v[0..<2], x.w[0..<2], x.v[1..<3] * x.s]))
    return [result.series]
  }

  /// A small solver: two steps of Taylor's series for y' = −s·y a turn, saved on the way.
  private static let tablesOfSteps: Row = { x in
    let times = Staged([0, 0.15, 0.2, 0.21, 0.6, 0.95])
    let start = Staged(Double.nan).broadcast(to: [2, 6])
    let end = whileLoop("steps", [0, x.v[0..<2], 0, start]) {
      $0[0] .< 1
    } body: { carry in
      let (time, y) = (carry[0], carry[1])
      let step = min(Staged(0.2) + floor(2 * x.a) * 0.05, 1 - time)
      let slope = -((x.s + 1.5) * y)
      let next = y + step * slope
      let saved = tabulate(
        series: carry[3], cursor: carry[2], times: times, until: time + step, origin: time, scale: 1 / step,
        coefficients: .stack([y, step * slope]))
      return [select(time + step .>= 0.999, 1, time + step), next, saved.cursor, saved.series]
    }
    return [end[1], end[3]]
  }

  /// A matrix `[3, 3]` of members far from singular, whose best pivots are not on the diagonal.
  private static func matrix(_ x: RowInputs) -> Staged {
    0.4 * x.long[0..<9].reshaped([3, 3]) + Staged([0, 2, 0, 0, 0, -3, 2, 0, 0], shape: [3, 3])
  }

  /// One that all members share.
  private static func sharedMatrix(_ x: RowInputs) -> Staged {
    Staged.stack([x.w * 0.5, x.w * x.w, 0.3 * sin(x.w)]) + Staged([0, 2, 0, -2, 0, 0, 0, 0, 3], shape: [3, 3])
  }

  private static func solutions(_ isTransposed: Bool) -> [Row] {
    [
      {
        let solved = [linearSolve(matrix($0), $0.v, transposed: isTransposed), linearSolve(matrix($0), $0.w)]
        return solved + [linearSolve(matrix($0), $0.m.transposed, transposed: isTransposed)]
      },
      {
        [
          linearSolve(sharedMatrix($0), $0.v, transposed: isTransposed),
          linearSolve(sharedMatrix($0), $0.m.transposed, transposed: isTransposed) * $0.s,
        ]
      },
      { [linearSolve(sharedMatrix($0), $0.w, transposed: isTransposed)] },
    ]
  }

  private static let determinants: Row = { x in
    let large = 0.3 * x.long[0..<36].reshaped([6, 6])
    let shift = Staged((0..<36).map { ($0 / 6 + 1) % 6 == $0 % 6 ? 1 : 0 }, shape: [6, 6])
    return [determinant(matrix(x)), determinant(large + shift), determinant(sharedMatrix(x)) * x.a]
  }

  private static let choleskyFactors: Row = { x in
    let identity = Staged([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
    return [
      cholesky(matrixProduct(matrix(x), matrix(x).transposed)), cholesky(0.4 * sharedMatrix(x) + 3 * identity) * x.a,
    ]
  }

  private static let eigenvalues: Row = { x in
    let values = symmetricEigen(matrix(x) + Staged([1, 0, 0, 0, 2, 0, 0, 0, 5], shape: [3, 3])).values
    return [values, values[0] * x.a]
  }

  private static let eigenvectors: Row = { x in
    let (values, vectors) = symmetricEigen(0.3 * matrix(x) + Staged([9, 0, 0, 0, 2, 0, 0, 0, 5], shape: [3, 3]))
    return [vectors, matrixProduct(vectors, values * x.v)]
  }

  private static let weights: Row = { x in
    let times = Staged([0.1, 0.2, 0.5, 0.7])
    return [
      moments(
        degree: 2, series: x.long[0..<8].reshaped([2, 4]), cursor: 1, times: times, until: 0.6 + floor(x.b),
        origin: x.a * 0.1, scale: 1.5 + x.b * 0.5)
    ]
  }
}
