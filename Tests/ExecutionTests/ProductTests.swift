import CProducts
import Testing

@testable import Batched

/// Products with shared matrices are what `products.h` says, to the bit, with all vectors that this processor has.
@Suite struct ProductTests {
  static let processors = (0...widestVectors.rawValue).map { ProductVectors(rawValue: $0) }

  static func fuses(_ processor: ProductVectors) -> Bool {
    #if arch(arm64)
      true
    #else
      processor != ProductVectorsPlain
    #endif
  }

  /// One tile, several, several blocks of rows and of terms; members in part of a strip, one strip, several.
  static let sizes: [(rows: Int, inner: Int, columns: Int)] =
    (1...14).map { ($0, 5, 3) } + [(1, 1, 1), (37, 300, 70), (3, 600, 33), (131, 257, 20), (250, 256, 1), (121, 9, 64)]

  private func expectChains<T: BatchedReal>(_: T.Type, _ processor: ProductVectors) {
    var generator = SplitMix(seed: 4)
    for (rows, inner, columns) in Self.sizes {
      for isTransposed in [false, true] {
        let (spacing, resultSpacing) = (96, 128)
        var matrix = (0..<rows * inner).map { _ in T(Double.random(in: -1...1, using: &generator)) }
        let vectors = (0..<inner * spacing).map { _ in T(Double.random(in: -1...1, using: &generator)) }
        var results = [T](repeating: .nan, count: rows * resultSpacing)
        var scratch = [T](repeating: .nan, count: product_scratch(rows, inner))
        func entry(_ row: Int, _ term: Int) -> Int { isTransposed ? term * rows + row : row * inner + term }
        matrix.withUnsafeMutableBufferPointer {
          let shared = SharedMatrix(
            start: $0.baseAddress!, rows: rows, inner: inner, row: entry(1, 0), column: entry(0, 1))
          T.product(
            shared, columns: columns, vectors, spacing: spacing, to: &results, spacing: resultSpacing,
            scratch: &scratch, by: processor)
        }
        var differing = 0
        for row in 0..<rows {
          for column in 0..<columns {
            var sum: T = 0
            for term in 0..<inner {
              let (a, b) = (matrix[entry(row, term)], vectors[term * spacing + column])
              sum = Self.fuses(processor) ? sum.addingProduct(a, b) : sum + a * b
            }
            if results[row * resultSpacing + column] != sum { differing += 1 }
          }
        }
        #expect(differing == 0, "\(rows) × \(inner) on \(columns) members, \(isTransposed ? "transposed" : "as it is")")
      }
    }
  }

  @Test(arguments: processors) func everyEntryIsOneChainInAscendingOrder(processor: ProductVectors) {
    expectChains(Double.self, processor)
    expectChains(Float.self, processor)
  }
}
