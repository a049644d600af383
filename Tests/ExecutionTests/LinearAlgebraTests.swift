import Execution
import Programs
import Testing

/// Solving, determinants, Cholesky's factor and eigenvalues, in both executors and precisions.
@Suite struct LinearAlgebraTests {
  static let members = 21

  /// Random matrices with entries in −1 … 1: their first entries are often not the best pivots.
  private static func matrices(_ size: Int, seed: Int, isSymmetric: Bool = false) -> [[Double]] {
    var generator = SplitMix(seed: seed)
    return (0..<members).map { _ in
      let matrix = (0..<size * size).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
      return isSymmetric
        ? (0..<size * size).map { Double(Float(matrix[$0] + matrix[$0 % size * size + $0 / size])) } : matrix
    }
  }

  private static func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
    let columns = b.count / size
    return (0..<size * columns).map { entry in
      (0..<size).reduce(0) { $0 + a[entry / columns * size + $1] * b[$1 * columns + entry % columns] }
    }
  }

  private static func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

  private static func rounding(_ precision: Precision) -> Double {
    precision == .double ? Double.ulpOfOne : Double(Float.ulpOfOne)
  }

  /// Sizes that one kernel holds, so that compiling them stays quick: small ones with two vectors a tile, others with one.
  private static let groups = [Array(1...5), Array(6...12) + [40]]
  private static let few = [[1, 2, 3, 4], [7, 12, 40]]

  /// Four outputs for each size: two solutions, one with several columns, the determinant.
  private static func program(_ sizes: [Int], _ matrix: Extent = .member, _ side: Extent = .member) throws -> Program {
    let inputs = sizes.flatMap { size in
      [
        Program.Input("a\(size)", ValueType(.real, [size, size], matrix)),
        .init("b\(size)", ValueType(.real, [size], side)),
      ]
    }
    return try Program.trace("solve", inputs: inputs) { x in
      sizes.indices.flatMap { position in
        let (a, b) = (x[2 * position], x[2 * position + 1])
        return [
          ("x", linearSolve(a, b)), ("back", linearSolve(a, b, transposed: true)),
          ("columns", linearSolve(a, .stack([b, b * 2, b - a[0]]).transposed)), ("determinant", determinant(a)),
        ]
      }
    }
  }

  /// Random systems of each size.
  private static func systems(_ sizes: [Int]) -> Ensemble {
    Ensemble(
      members: members,
      inputs: sizes.flatMap { size in
        [matrices(size, seed: size), matrices(size, seed: 100 + size).map { Array($0.prefix(size)) }]
      })
  }

  /// The residual of elimination with partial pivoting is a few n·ε·|A|·|x|, whatever the condition: Higham, 9.3.
  @Test(arguments: Engine.allCases, Precision.allCases)
  func residualsAreThoseOfRounding(engine: Engine, precision: Precision) throws {
    for sizes in Self.groups {
      let systems = Self.systems(sizes)
      let all = try engine.executor().outputs(Self.program(sizes), systems, precision: precision)
      for (position, member) in sizes.indices.flatMap({ size in (0..<Self.members).map { (size, $0) } }) {
        let (size, found) = (sizes[position], all[4 * position..<4 * position + 4].map { $0[member] })
        let (a, b) = (systems.inputs[2 * position][member], systems.inputs[2 * position + 1][member])
        let transposed = (0..<size * size).map { a[$0 % size * size + $0 / size] }
        for (matrix, x) in [(a, found[0]), (transposed, found[1])] {
          let residual = Self.largest(zip(Self.product(matrix, x, size), b).map { $0 - $1 })
          let bound = 8 * Double(size * size) * Self.rounding(precision) * max(1, Self.largest(x))
          #expect(residual <= bound, "\(engine) \(precision) n = \(size), member \(member): \(residual) > \(bound)")
        }
        // Three columns at once are solved as each alone.
        let columns = found[2]
        #expect((0..<size).allSatisfy { abs(columns[3 * $0] - found[0][$0]) <= 1e-3 * max(1, abs(found[0][$0])) })
      }
    }
  }

  @Test(arguments: Precision.allCases) func executorsAgreeAsFarAsTheConditionLets(precision: Precision) throws {
    for sizes in Self.few {
      let systems = Self.systems(sizes)
      let all = try Engine.allCases.map {
        try $0.executor().outputs(Self.program(sizes), systems, precision: precision)
      }
      let inverses = try Engine.batched.executor().outputs(Self.inverses(sizes), systems)
      for output in all[0].indices {
        let (position, size) = (output / 4, sizes[output / 4])
        for member in 0..<Self.members {
          let (a, b) = (all[0][output][member], all[1][output][member])
          // What rounding of the size of ε does to solutions, and to the determinant relative to its size, is bounded by κ∞.
          let matrix = systems.inputs[2 * position][member]
          let condition = Double(size * size) * Self.largest(inverses[position][member]) * Self.largest(matrix)
          let bound = 16 * Double(size) * condition * Self.rounding(precision) * Self.largest(a)
          #expect(
            Self.largest(zip(a, b).map { $0 - $1 }) <= bound, "\(precision) n = \(size), output \(output): \(a), \(b)")
        }
      }
    }
  }

  private static func inverses(_ sizes: [Int]) throws -> Program {
    try Program.trace("inverses", inputs: program(sizes).inputs) { x in
      sizes.enumerated().map { position, size in
        let identity = Staged((0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }, shape: [size, size])
        return ("inverse\(size)", linearSolve(x[2 * position], identity))
      }
    }
  }

  /// A matrix that all members share is factored before any of them; the numbers are the same.
  @Test(arguments: Engine.allCases) func sharedMatricesAreFactoredOnce(engine: Engine) throws {
    let (size, sides) = (6, Self.matrices(6, seed: 5).map { Array($0.prefix(6)) })
    let matrix = Self.matrices(size, seed: 4)[0]
    let shared = try Self.program([size], .shared)
    let own = try engine.executor().outputs(
      Self.program([size]), Ensemble(members: Self.members, inputs: [sides.map { _ in matrix }, sides]))
    let found = try engine.executor().outputs(shared, Ensemble(members: Self.members, inputs: [[matrix], sides]))
    for output in 0..<3 {
      for (a, b) in zip(own[output].joined(), found[output].joined()) { #expect(abs(a - b) <= 1e-11 * max(1, abs(a))) }
    }
    #expect(found[3].count == 1 && abs(found[3][0][0] - own[3][0][0]) <= 1e-13)
    let all = try engine.executor().outputs(
      Self.program([size], .shared, .shared), Ensemble(members: Self.members, inputs: [[matrix], [sides[3]]]))
    for output in 0..<3 {
      for (a, b) in zip(own[output][3], all[output][0]) { #expect(abs(a - b) <= 1e-11 * max(1, abs(a))) }
    }
    let simple = try shared.withoutRules.simplified()
    let isFactoring = Operation.linearAlgebra(.triangularFactors)
    let factorings = simple.instructions.indices.filter { simple.instructions[$0].operation == isFactoring }
    #expect(factorings.count == 1 && simple.memberFreeInstructions.isSuperset(of: factorings))
  }

  @Test(arguments: Engine.allCases) func singularMatricesGiveWhatIEEEGives(engine: Engine) throws {
    let matrices: [[Double]] = [
      [1, 2, 2, 4], [0, 0, 0, 0], [0, 1, 0, 3], [.nan, 1, 2, 3], [2, 1, 1, 3],
    ]
    let ensemble = Ensemble(members: 5, inputs: [matrices, matrices.map { _ in [1, 5] }])
    let found = try engine.executor().outputs(Self.program([2]), ensemble)
    for member in 0..<4 { #expect(!found[0][member].allSatisfy { $0.isFinite }, "member \(member)") }
    #expect(found[3][0] == [0] && found[3][1] == [0] && found[3][2] == [0] && !found[3][3][0].isFinite)
    // A member with a regular matrix minds none of the others.
    #expect(
      abs(found[3][4][0] - 5) <= 1e-15 && abs(found[0][4][0] + 0.4) <= 1e-15 && abs(found[0][4][1] - 1.8) <= 1e-15)
  }

  /// L Lᵀ = A to a few n·ε·|A|, and NaN for matrices that are not positive definite.
  @Test(arguments: Engine.allCases, Precision.allCases)
  func choleskyFactorsGiveTheMatrixBack(engine: Engine, precision: Precision) throws {
    let sizes = [1, 2, 3, 6, 9, 20]
    let program = try Program.trace("cholesky", inputs: Self.squares(sizes)) { inputs in
      inputs.flatMap { x in
        let matrix = matrixProduct(x, x.transposed)
        let factor = cholesky(matrix)
        return [
          ("factor", factor), ("rest", matrixProduct(factor, factor.transposed) - matrix), ("not", cholesky(-matrix)),
        ]
      }
    }
    let ensemble = Ensemble(members: Self.members, inputs: sizes.map { Self.matrices($0, seed: 7) })
    let found = try engine.executor().outputs(program, ensemble, precision: precision)
    for (position, size) in sizes.enumerated() {
      for member in 0..<Self.members {
        let bound = 8 * Double(size * size) * Self.rounding(precision)
        #expect(Self.largest(found[3 * position + 1][member]) <= bound, "n = \(size), member \(member)")
        for (entry, value) in found[3 * position][member].enumerated() {
          let (row, column) = (entry / size, entry % size)
          #expect(row < column ? value == 0 : (row > column || value > 0))
        }
        #expect(found[3 * position + 2][member].allSatisfy { $0.isNaN })
      }
    }
  }

  private static func squares(_ sizes: [Int], _ extent: Extent = .member) -> [Program.Input] {
    sizes.map { .init("a\($0)", ValueType(.real, [$0, $0], extent)) }
  }

  /// Values and vectors for each size.
  private static func eigen(_ sizes: [Int], _ extent: Extent = .member) throws -> Program {
    try Program.trace("eigen", inputs: squares(sizes, extent)) { inputs in
      inputs.flatMap { x in
        let (values, vectors) = symmetricEigen(x)
        return [("values", values), ("vectors", vectors)]
      }
    }
  }

  /// A V = V Λ and Vᵀ V = 1 to a few n·ε·|A|; values ascend and signs are as agreed.
  private static func expectDecomposition(
    _ a: [Double], _ values: [Double], _ vectors: [Double], _ size: Int, _ rounding: Double, _ name: String
  ) {
    let bound = 16 * Double(size) * rounding * max(largest(values), 1e-30)
    let left = product(a, vectors, size)
    let rest = (0..<size * size).map { left[$0] - vectors[$0] * values[$0 % size] }
    #expect(largest(rest) <= bound, "\(name): \(largest(rest)) > \(bound)")
    let transposed = (0..<size * size).map { vectors[$0 % size * size + $0 / size] }
    let unit = product(transposed, vectors, size).enumerated().map { $1 - ($0 % (size + 1) == 0 ? 1 : 0) }
    #expect(largest(unit) <= 16 * Double(size) * rounding, "\(name): \(largest(unit))")
    #expect(values == values.sorted(), "\(name)")
    for column in 0..<size {
      let vector = Array(transposed[column * size..<(column + 1) * size])
      let leading = vector.first { abs($0) > LinearAlgebra.leadingShare * largest(vector) }
      #expect((leading ?? 0) > 0, "\(name): \(vector)")
    }
  }

  @Test(arguments: Engine.allCases, Precision.allCases)
  func eigenvaluesAndVectorsDecomposeTheMatrix(engine: Engine, precision: Precision) throws {
    for sizes in Self.groups {
      let matrices = sizes.map { Self.matrices($0, seed: 20 + $0, isSymmetric: true) }
      let found = try engine.executor().outputs(
        Self.eigen(sizes), Ensemble(members: Self.members, inputs: matrices), precision: precision)
      for (position, size) in sizes.enumerated() {
        for member in 0..<Self.members {
          Self.expectDecomposition(
            matrices[position][member], found[2 * position][member], found[2 * position + 1][member], size,
            Self.rounding(precision), "\(engine) \(precision) n = \(size), member \(member)")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func eigenvaluesOfSpecialMatricesAreRight(engine: Engine) throws {
    let ring: [Double] = [2, -1, 0, -1, -1, 2, -1, 0, 0, -1, 2, -1, -1, 0, -1, 2]
    let cases: [(matrix: [Double], values: [Double])] = [
      (ring, [0, 2, 2, 4]), ([Double](repeating: 0, count: 16), [0, 0, 0, 0]),
      ((0..<16).map { $0 % 5 == 0 ? 3 : 0 }, [3, 3, 3, 3]), ([Double](repeating: 1, count: 16), [0, 0, 0, 4]),
      ((0..<16).map { $0 % 5 == 0 ? [7, 5, 3, 1][$0 / 5] : 0 }, [1, 3, 5, 7]),
      (ring.map { $0 * 1e-150 }, [0, 2e-150, 2e-150, 4e-150]), (ring.map { $0 * 1e150 }, [0, 2e150, 2e150, 4e150]),
    ]
    let broken = [Double.nan, .infinity].map { value in ring.enumerated().map { $0 == 1 || $0 == 4 ? value : $1 } }
    let matrices = cases.map(\.matrix) + broken
    let found = try engine.executor().outputs(Self.eigen([4]), Ensemble(members: matrices.count, inputs: [matrices]))
    for (member, (matrix, values)) in cases.enumerated() {
      let scale = max(Self.largest(values), 1e-300)
      let scaled = (matrix.map { $0 / scale }, found[0][member].map { $0 / scale })
      Self.expectDecomposition(scaled.0, scaled.1, found[1][member], 4, Double.ulpOfOne, "\(engine) \(member)")
      for (a, b) in zip(found[0][member], values) { #expect(abs(a - b) <= 1e-15 * 4 * scale) }
    }
    for member in cases.count..<matrices.count {
      #expect(found[0][member].allSatisfy { $0.isNaN } && found[1][member].allSatisfy { $0.isNaN })
    }
    let shared = try engine.executor().outputs(Self.eigen([4], .shared), Ensemble(members: 3, inputs: [[ring]]))
    #expect(shared[0] == [found[0][0]] && shared[1] == [found[1][0]])
  }

  /// Members with other pivots, other numbers of sweeps, or without a solution change no bit of a member.
  @Test(arguments: Engine.allCases, Precision.allCases)
  func bitsDoNotDependOnOtherMembers(engine: Engine, precision: Precision) throws {
    let size = 7
    var matrices = Self.matrices(size, seed: 3)
    matrices[4] = matrices[4].map { _ in 0 }
    matrices[5] = (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }
    matrices[6] = matrices[6].map { _ in .nan }
    let program = try Program.trace("all", inputs: [.init("a", ValueType(.real, [size, size]))]) { x in
      let (values, vectors) = symmetricEigen(x[0])
      return [
        ("x", linearSolve(x[0], x[0][0])), ("determinant", determinant(x[0])), ("values", values),
        ("vectors", vectors), ("factor", cholesky(x[0])),
      ]
    }
    let prepared = try engine.executor(vectorsPerTile: 2).prepare(program, precision: precision)
    let all = try prepared.outputs(for: Ensemble(members: Self.members, inputs: [matrices]))
    for order in [Array((0..<Self.members).reversed()), [3], [7, 7, 2], Array(5..<Self.members)] {
      let found = try prepared.outputs(for: Ensemble(members: order.count, inputs: [order.map { matrices[$0] }]))
      for output in all.indices {
        for (place, member) in order.enumerated() {
          #expect(found[output][place].map(bits) == all[output][member].map(bits), "output \(output), member \(member)")
        }
      }
    }
  }

  /// Newton's method for xᵢ² + Σⱼ xⱼ/4 = cᵢ, a solve a turn, members with turns of their own.
  @Test(arguments: Engine.allCases) func solvesInLoopsConverge(engine: Engine) throws {
    let program = try Program.trace("newton", inputs: [.init("c", ValueType(.real, [3]))]) { x in
      let identity = Staged([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
      func rest(_ y: Staged) -> Staged { y * y + 0.25 * y.sum() - x[0] }
      let end = whileLoop("newton", [Staged([1, 1, 1]), 0]) {
        (abs(rest($0[0])).sum() .> 1e-13) .& ($0[1] .< 20)
      } body: {
        let slopes = 2 * .stack([$0[0], $0[0], $0[0]]).transposed * identity + 0.25
        return [$0[0] - linearSolve(slopes, rest($0[0])), $0[1] + 1]
      }
      return [("rest", rest(end[0])), ("turns", end[1])]
    }
    let sides: [[Double]] = (0..<19).map { member in (0..<3).map { 1.75 + Double(member * ($0 + 1)) / 4 } }
    let found = try engine.executor().outputs(program, Ensemble(members: 19, inputs: [sides]))
    #expect(found[0].joined().allSatisfy { abs($0) <= 1e-13 })
    #expect(found[1][0] == [0] && Set(found[1].joined()).count > 2)
  }
}
