import Differentiation
import Execution
import Programs
import Testing

/// Derivatives of linear algebra where they are delicate; the rows of operations have the ordinary places.
@Suite struct LinearAlgebraTests {
  private static func matrixInput(_ size: Int) -> [Program.Input] { [.init("a", ValueType(.real, [size, size]))] }

  private static func gradient(
    _ size: Int, _ matrices: [[Double]], _ engine: Engine, _ function: (Staged) -> Staged
  ) throws -> [[Double]] {
    let program = try Program.trace("f", inputs: matrixInput(size)) { [("y", function($0[0]))] }
    return try engine.run(program.gradient(of: "y"), members: matrices.count, [matrices])["gradient.a"]!
  }

  /// The signed minor, by expansion.
  private static func minor(_ a: [[Double]]) -> Double {
    if a.isEmpty { return 1 }
    return a[0].indices.reduce(0) { sum, column in
      let rest = a.dropFirst().map { row in row.indices.filter { $0 != column }.map { row[$0] } }
      return sum + (column % 2 == 0 ? 1 : -1) * a[0][column] * minor(rest)
    }
  }

  private static func cofactors(_ matrix: [Double], _ size: Int) -> [Double] {
    (0..<size * size).map { entry in
      let (row, column) = (entry / size, entry % size)
      let rest = (0..<size).filter { $0 != row }.map { i in
        (0..<size).filter { $0 != column }.map { matrix[i * size + $0] }
      }
      return ((row + column) % 2 == 0 ? 1 : -1) * minor(rest)
    }
  }

  @Test(arguments: Engine.allCases) func gradientOfTheDeterminantIsRightForSingularMatrices(engine: Engine) throws {
    var numbers = Numbers(3)
    let size = 4
    let u = (0..<4).map { _ in numbers.array(size) }
    func sum(_ rank: Int) -> [Double] {
      (0..<size * size).map { entry in
        (0..<rank).reduce(0) { $0 + u[$1][entry / size] * u[($1 + 1) % 4][entry % size] }
      }
    }
    // Zero pivots at the start, in the middle and at the end, several of them, and matrices of every rank.
    let shift = (0..<16).map { $0 % size == $0 / size + 1 ? 1.0 : 0 }
    let first = (0..<16).map { $0 % size == 0 ? 0 : numbers.next() }
    let equal = (0..<16).map { entry in Double([1, 2, 2, 4, 3, 1, 1, 5, 2, 7, 7, 1, 4, 1, 1, 3][entry]) }
    let matrices = [sum(4), sum(3), sum(2), sum(1), sum(0), shift, first, equal]
    let found = try Self.gradient(size, matrices, engine) { determinant($0) }
    for (matrix, gradient) in zip(matrices, found) {
      for (a, b) in zip(gradient, Self.cofactors(matrix, size)) {
        #expect(isNear(a, b, 1e-13), "\(matrix): \(a), \(b)")
      }
    }
    #expect(found[4].allSatisfy { $0 == 0 } && found[5].contains { $0 != 0 })
  }

  /// Symmetric matrices with equal eigenvalues: in the first two and in the middle, all equal, none.
  private static let degenerate: [[Double]] = [
    [2, -1, 0, -1, -1, 2, -1, 0, 0, -1, 2, -1, -1, 0, -1, 2], (0..<16).map { $0 % 5 == 0 ? 3 : 0 },
    (0..<16).map { _ in 1 }, (0..<16).map { $0 % 5 == 0 ? [7, 5, 3, 1][$0 / 5] : 0 }, .init(repeating: 0, count: 16),
  ]

  @Test(arguments: Engine.allCases) func symmetricFunctionsOfEqualEigenvaluesHaveExactGradients(engine: Engine) throws {
    let identity: [Double] = (0..<16).map { $0 % 5 == 0 ? 1 : 0 }
    let trace = try Self.gradient(4, Self.degenerate, engine) { symmetricEigen($0).values.sum() }
    let squares = try Self.gradient(4, Self.degenerate, engine) { a in
      let values = symmetricEigen(a).values
      return (values * values).sum()
    }
    for (member, matrix) in Self.degenerate.enumerated() {
      for (a, b) in zip(trace[member], identity) { #expect(isNear(a, b, 1e-14), "trace, \(member)") }
      for (a, b) in zip(squares[member], matrix) { #expect(isNear(a, 2 * b, 1e-13), "squares, \(member)") }
    }
  }

  /// The projector P onto the space of the two middle eigenvalues 2 of a ring does not depend on its basis. For f = ⟨B, P⟩ the
  /// exact derivative is Σ over i inside, j outside of 2 (vᵢᵀ dA vⱼ)(vᵢᵀ B vⱼ)/(λᵢ − λⱼ); differences see it too.
  @Test(arguments: Engine.allCases) func projectorsOntoSpacesOfEqualEigenvaluesAreDifferentiable(engine: Engine) throws
  {
    var numbers = Numbers(9)
    let weights = Staged(numbers.array(16), shape: [4, 4])
    let direction = numbers.array(16)
    func projected(_ a: Staged) -> Staged {
      let inside = symmetricEigen(a).vectors.slice(1..<3, axis: 1)
      return (weights * matrixProduct(inside, inside.transposed)).reshaped([16]).sum()
    }
    let ring = Self.degenerate[0]
    let gradient = try Self.gradient(4, [ring], engine, projected)[0]
    let program = try Program.trace("f", inputs: Self.matrixInput(4)) { [("y", projected($0[0]))] }
    let h = 1e-3
    let near = try engine.run(
      program, members: 4, [[1.0, -1, 2, -2].map { step in zip(ring, direction).map { $0 + step * h * $1 } }])["y"]!
    let difference = (8 * (near[0][0] - near[1][0]) - (near[2][0] - near[3][0])) / (12 * h)
    let exact = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(isNear(exact, difference, 1e-9), "\(exact), \(difference)")
  }

  /// Decompositions take the symmetric part of a matrix: so does their gradient, entry for entry.
  @Test(arguments: Engine.allCases) func theGradientOfDecompositionsIsThatOfTheSymmetricPart(engine: Engine) throws {
    let lopsided: [Double] = [4, 1, 0, 0.5, 3, 0.25, 1, -0.75, 2]
    let mirrored = (0..<9).map { $0 % 3 * 3 + $0 / 3 }
    let symmetric = (0..<9).map { (lopsided[$0] + lopsided[mirrored[$0]]) / 2 }
    let functions: [(Staged) -> Staged] = [
      { symmetricEigen($0).values[0] + symmetricEigen($0).vectors[2][1] }, { cholesky($0)[2].sum() },
    ]
    for function in functions {
      let found = try Self.gradient(3, [lopsided, symmetric], engine, function)
      for entry in 0..<9 {
        let (a, b, c) = (found[0][entry], found[1][entry], found[0][mirrored[entry]])
        #expect(isNear(a, b, 1e-13) && isNear(a, c, 1e-13), "\(a), \(b), \(c)")
      }
      #expect(found[0].contains { abs($0) > 0.01 })
    }
  }

  /// NaN, not zero; the next member minds nothing.
  @Test(arguments: Engine.allCases) func whatIsNotPositiveDefiniteOrSingularHasNoSilentZero(engine: Engine) throws {
    let matrices: [[Double]] = [[1, 2, 2, 1], [2, 1, 1, 3]]
    let factor = try Self.gradient(2, matrices, engine) { cholesky($0)[1].sum() }
    #expect(factor[0].contains { $0.isNaN } && factor[1].allSatisfy { $0.isFinite && $0 != 0 })
    let solved = try Self.gradient(2, [[1, 2, 2, 4], [2, 1, 1, 3]], engine) { linearSolve($0, Staged([1, 5])).sum() }
    #expect(solved[0].contains { !$0.isFinite } && solved[1].allSatisfy { $0.isFinite })
  }

  @Test(arguments: Engine.allCases) func singleEigenvaluesOfEqualOnesHaveFiniteGradients(engine: Engine) throws {
    let found = try Self.gradient(4, Self.degenerate, engine) { a in
      let (values, vectors) = symmetricEigen(a)
      return values[1] + vectors[0][1]
    }
    #expect(found.joined().allSatisfy { $0.isFinite && abs($0) < 10 })
  }

  /// Which eigenvalues count as equal follows from the precision of the run.
  @Test(arguments: Engine.allCases) func equalEigenvaluesAreFoundInSinglePrecision(engine: Engine) throws {
    let program = try Program.trace("f", inputs: Self.matrixInput(4)) { x in
      let (values, vectors) = symmetricEigen(x[0])
      return [("y", (values * values).sum() + (vectors * vectors).reshaped([16]).sum())]
    }
    let prepared = try engine.executor().prepare(program.gradient(of: "y"), precision: .single)
    let (inputs, outputs) = (prepared.makeInputs(members: 5), prepared.makeOutputs(members: 5))
    for (member, matrix) in Self.degenerate.enumerated() { inputs[0].set(matrix, member: member) }
    try prepared.run(members: 5, inputs: inputs, outputs: outputs)
    for (member, matrix) in Self.degenerate.enumerated() {
      for (a, b) in zip(outputs[0].values(member: member), matrix) { #expect(isNear(a, 2 * b, 2e-5), "\(member)") }
    }
  }

  /// The root of y² + Σ y / 4 = c by Newton's method; the derivative of the loop is that of the implicit function, as the
  /// last turns forget the first.
  @Test(arguments: Engine.allCases) func newtonIterationsAreDifferentiated(engine: Engine) throws {
    func slopes(_ y: Staged) -> Staged {
      2 * Staged.stack([y, y, y]) * Staged([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3]) + 0.25
    }
    let program = try Program.trace("newton", inputs: [.init("c", ValueType(.real, [3]))]) { x in
      func rest(_ y: Staged) -> Staged { y * y + 0.25 * y.sum() - x[0] }
      let end = whileLoop("newton", [Staged([1, 1, 1]), 0]) {
        stopGradient(abs(rest($0[0])).sum() .> 1e-9) .& ($0[1] .< 20)
      } body: {
        [$0[0] - linearSolve(slopes($0[0]), rest($0[0])), $0[1] + 1]
      }
      let last = end[0] - linearSolve(slopes(end[0]), rest(end[0]))
      return [("y", last.sum()), ("implicit", linearSolve(slopes(last), Staged([1, 1, 1]), transposed: true))]
    }
    let sides: [[Double]] = (0..<11).map { member in (0..<3).map { 2 + Double(member * ($0 + 1)) / 4 } }
    let found = try engine.run(
      program.valueWithGradient(of: "y", tapeCapacity: 24), members: sides.count, [sides])
    for (a, b) in zip(found["gradient.c"]!.joined(), found["implicit"]!.joined()) { #expect(isNear(a, b, 1e-12)) }
    #expect(found[Program.tapeFull]!.allSatisfy { $0 == [0] })
    try OperationDerivativeTests.check(
      try Program.trace("scanned", inputs: [.init("c", ValueType(.real, [3]))]) { x in
        let end = scan("solves", length: 4, [x[0]]) { carry, _ in
          ([linearSolve(slopes(carry[0] * carry[0] + 1), carry[0] + x[0])], [determinant(slopes(carry[0]))])
        }
        return [("y", end.carry[0]), ("rows", end.rows[0])]
      }, engine, seed: 12, "scanned")
  }

  /// Forward, reverse and second derivatives of a solve all use the one factorisation.
  @Test func derivativesUseTheFactorsOfTheValue() throws {
    let program = try Program.trace("solve", inputs: Self.matrixInput(5) + [.init("b", ValueType(.real, [5]))]) {
      [("y", linearSolve($0[0], $0[1]).sum())]
    }
    let derivatives = [
      try program.jacobianVectorProduct(), try program.valueWithGradient(of: "y"),
      try program.hessianVectorProduct(of: "y"),
    ]
    for derivative in derivatives {
      let simple = try derivative.withoutRules.simplified()
      let factorings = simple.instructions.filter { $0.operation == .linearAlgebra(.triangularFactors) }
      #expect(factorings.count == 1)
    }
  }

  @Test func mistakesNameTheFunctionAndTheLine() {
    func mistake(_ body: ([Staged]) -> Staged) -> String {
      let inputs: [Program.Input] = [
        .init("a", ValueType(.real, [2, 3])), .init("b", ValueType(.real, [3])), .init("c", ValueType(.real, [2, 2])),
      ]
      do {
        _ = try Program.trace("p", inputs: inputs) { [("x", body($0))] }
      } catch {
        return "\(error)"
      }
      return "no mistake"
    }
    let sides = "needs a square matrix [n, n] and a right-hand side [n] or [n, m], but got"
    #expect(mistake { linearSolve($0[0], $0[1]) }.hasPrefix("linearSolve \(sides) [2, 3] and [3] ("))
    #expect(mistake { linearSolve($0[2], $0[1]) }.hasPrefix("linearSolve \(sides) [2, 2] and [3] ("))
    #expect(mistake { linearSolve($0[2], 1) }.contains("LinearAlgebraTests.swift"))
    for (name, message) in [
      ("determinant", mistake { determinant($0[0]) }), ("cholesky", mistake { cholesky($0[1]) }),
      ("symmetricEigen", mistake { symmetricEigen($0[0]).values }),
    ] { #expect(message.hasPrefix("\(name) needs a square matrix [n, n], but got [")) }
  }
}
