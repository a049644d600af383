import COpenBLAS
import Execution
import Foundation
import Programs
import Testing

@testable import Batched

/// A member's bits do not depend on other members in the batched executor, whichever kernels OpenBLAS uses: `make test` runs
/// those of products and factors once more for every kind of processor that this one can stand for, as OpenBLAS chooses
/// when it is loaded.
@Suite struct BatchedBitsTests {
  private static let namedKernels = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
  private static let canChoose = String(cString: openblas_get_config()).contains("DYNAMIC_ARCH")

  @Test(.enabled(if: namedKernels != nil && canChoose)) func theKernelsAreThoseNamed() throws {
    #expect(LAPACK.kernels == Self.namedKernels)
    let prepared = try BatchedExecutor().prepare(Independence.elementary(), precision: .double)
    #expect(prepared.summary.contains("OpenBLAS (\(LAPACK.kernels))"))
  }

  @Test(arguments: Precision.allCases) func bitsDoNotDependOnOtherMembers(precision: Precision) throws {
    for seed in [30_000, 30_002, 30_004] {
      let prepared = try BatchedExecutor().prepare(Independence.program(seed: seed), precision: precision)
      try prepared.expectIndependence(RandomProgram.ensemble(seed: seed, members: 131), "\(precision), seed \(seed)")
    }
  }

  @Test(arguments: Precision.allCases) func bitsOfElementaryFunctionsDoNotDependOnOtherMembers(precision: Precision)
    throws
  {
    let prepared = try BatchedExecutor().prepare(Independence.elementary(), precision: precision)
    try prepared.expectIndependence(Independence.arguments, "\(precision)")
  }

  @Test(arguments: Precision.allCases) func blockWidthDoesNotChangeAnyBit(precision: Precision) throws {
    let program = try RandomProgram.batch(seeds: 31_000..<31_004, operations: 20).program
    let ensemble = RandomProgram.ensemble(seed: 5, members: 600)
    let results = try [32, 256, 512, 1024].map {
      bits(try BatchedExecutor(width: $0).prepare(program, precision: precision).outputs(for: ensemble))
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// Numbers in −1 … 1.
  private static func numbers(_ count: Int, _ generator: inout SplitMix) -> [Double] {
    (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
  }

  /// Products with shared matrices, large enough for several strips of members and of terms.
  @Test(arguments: Precision.allCases) func bitsOfMatrixProductsDoNotDependOnOtherMembers(precision: Precision) throws {
    let program = try Program.trace(
      "layers", inputs: [.init("w", ValueType(.real, [37, 300], .shared)), .init("x", ValueType(.real, [300]))]
    ) { inputs in
      let hidden = matrixProduct(inputs[0], inputs[1])
      return [("hidden", hidden), ("back", matrixProduct(hidden, inputs[0]))]
    }
    var generator = SplitMix(seed: 8)
    let ensemble = Ensemble(
      members: 70,
      inputs: [[Self.numbers(37 * 300, &generator)], (0..<70).map { _ in Self.numbers(300, &generator) }])
    let prepared = try BatchedExecutor().prepare(program, precision: precision)
    try prepared.expectIndependence(ensemble, "\(precision)")
    // Also in the second product of a block and in the second block.
    let order = (0..<600).map { $0 * 7 % 70 }
    let found = try prepared.outputs(for: ensemble.arranged(order, program))
    let all = try prepared.outputs(for: ensemble)
    for output in 0..<2 { #expect(order.indices.allSatisfy { found[output][$0] == all[output][order[$0]] }) }
  }

  /// Sizes on both sides of where LAPACK begins to work in blocks.
  @Test(arguments: Precision.allCases, [1, 4, 7, 35])
  func bitsOfFactorsDoNotDependOnOtherMembers(precision: Precision, size: Int) throws {
    let program = try Program.trace("all", inputs: [.init("a", ValueType(.real, [size, size]))]) { x in
      let (values, vectors) = symmetricEigen(x[0])
      return [
        ("x", linearSolve(x[0], x[0][0])), ("back", linearSolve(x[0], x[0][0], transposed: true)),
        ("columns", linearSolve(x[0], x[0])), ("determinant", determinant(x[0])), ("values", values),
        ("vectors", vectors),
      ]
    }
    var generator = SplitMix(seed: size)
    var matrices = (0..<21).map { _ in Self.numbers(size * size, &generator) }
    matrices[4] = matrices[4].map { _ in 0 }
    matrices[5] = (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }
    matrices[6] = matrices[6].map { _ in .nan }
    let prepared = try BatchedExecutor().prepare(program, precision: precision)
    try prepared.expectIndependence(Ensemble(members: 21, inputs: [matrices]), "\(precision), n = \(size)")
  }
}
