import Compiled
import Execution
import Programs
import Testing

/// A member's bits do not depend on other members in compiled kernels, whichever vectors they use. Those of the batched
/// executor: `BatchedBitsTests`.
@Suite struct IndependenceTests {
  private static func executor(_ width: VectorWidth, vectorsPerTile: Int? = nil) throws -> CompiledExecutor {
    try CompiledExecutor(vectorsPerTile: vectorsPerTile, width: width, environment: TestCache.environment)
  }

  /// Kernels of the widest vectors in both precisions, of narrower ones in one each.
  @Test(arguments: VectorWidth.available, Precision.allCases)
  func bitsDoNotDependOnOtherMembers(width: VectorWidth, precision: Precision) throws {
    for (seed, vectors, narrow) in [(30_000, 1, Precision.double), (30_002, 2, .single), (30_004, 4, .double)] {
      if width != VectorWidth.available.last, precision != narrow { continue }
      let prepared = try Self.executor(width, vectorsPerTile: vectors)
        .prepare(Independence.program(seed: seed), precision: precision)
      let lanes = width.rawValue / 8 / precision.byteCount
      #expect(prepared.summary.contains(" \(vectors * lanes) members a tile"))
      try prepared.expectIndependence(RandomProgram.ensemble(seed: seed, members: 131), "\(width), seed \(seed)")
    }
  }

  @Test(arguments: VectorWidth.available, Precision.allCases)
  func bitsOfElementaryFunctionsDoNotDependOnLaneMates(width: VectorWidth, precision: Precision) throws {
    let prepared = try Self.executor(width).prepare(Independence.elementary(), precision: precision)
    try prepared.expectIndependence(Independence.arguments, "\(width), \(precision)")
  }
}
