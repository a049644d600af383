import CProducts
import Programs

extension Interpreter {
  /// A product with a matrix that members share is one of two matrices, members standing as columns: `products.h` has the
  /// order of summation, which is the same wherever a member stands.
  func product(
    _ a: Array, _ aShape: Shape, _ b: Array, _ bShape: Shape, to result: Array, scratch: UnsafeMutablePointer<T>
  ) {
    let extents = ProductExtents(aShape, bShape)
    let (rows, inner, outputs) = (extents.rows, extents.inner, extents.outputs)
    if inner == 0 || a.isShared == b.isShared {
      plainProduct(a, b, extents, to: result)
    } else if a.isShared {
      let matrix = SharedMatrix(start: a.start, rows: rows, inner: inner, row: inner, column: 1)
      for output in 0..<outputs {
        T.product(
          matrix, columns: columns, b.start + output * width, spacing: outputs * width,
          to: result.start + output * width, spacing: outputs * width, scratch: scratch)
      }
    } else {
      let transposed = SharedMatrix(start: b.start, rows: outputs, inner: inner, row: 1, column: outputs)
      for row in 0..<rows {
        T.product(
          transposed, columns: columns, a.start + row * inner * width, spacing: width,
          to: result.start + row * outputs * width, spacing: width, scratch: scratch)
      }
    }
  }

  private func plainProduct(_ a: Array, _ b: Array, _ extents: ProductExtents, to result: Array) {
    let (columns, step) = result.isShared ? (1, 1) : (columns, width)
    let (inner, outputs) = (extents.inner, extents.outputs)
    for row in 0..<extents.rows {
      for output in 0..<outputs {
        let target = result.start + (row * outputs + output) * step
        target.update(repeating: 0, count: columns)
        for entry in 0..<inner {
          let x = a.start + (row * inner + entry) * (a.isShared ? 1 : width)
          let y = b.start + (entry * outputs + output) * (b.isShared ? 1 : width)
          switch (a.isShared, b.isShared) {
          case (false, false): for column in 0..<columns { target[column] += x[column] * y[column] }
          case (true, false): for column in 0..<columns { target[column] += x[0] * y[column] }
          case (false, true): for column in 0..<columns { target[column] += x[column] * y[0] }
          case (true, true): for column in 0..<columns { target[column] += x[0] * y[0] }
          }
        }
      }
    }
  }
}

/// How large the operands of a product are: `[rows, inner]` times `[inner, outputs]`, vectors having one row or output.
struct ProductExtents {
  let rows: Int
  let inner: Int
  let outputs: Int

  init(_ a: Shape, _ b: Shape) {
    inner = a.dimensions[a.rank - 1]
    rows = a.rank == 2 ? a.dimensions[0] : 1
    outputs = b.rank == 2 ? b.dimensions[1] : 1
  }

  /// Numbers of memory that the product works in, whichever operand is shared.
  var scratch: Int { product_scratch(max(rows, outputs), inner) }
}

/// A matrix as it is applied to members' vectors: its entry (i, k) stands at `start + i·row + k·column`.
struct SharedMatrix<T> {
  let start: UnsafeMutablePointer<T>
  let rows: Int
  let inner: Int
  let row: Int
  let column: Int
}

/// Products of a shared matrix, `[rows, inner]`, with vectors that stand as columns, `[inner, columns]` in row-major order.
protocol ProductReal {
  /// Columns are read and written up to a multiple of 32; `scratch` has the numbers that `ProductExtents` asks for.
  static func product(
    _ matrix: SharedMatrix<Self>, columns: Int, _ vectors: UnsafePointer<Self>, spacing: Int,
    to results: UnsafeMutablePointer<Self>, spacing resultSpacing: Int, scratch: UnsafeMutablePointer<Self>,
    by processor: ProductVectors)
}

extension ProductReal {
  static func product(
    _ matrix: SharedMatrix<Self>, columns: Int, _ vectors: UnsafePointer<Self>, spacing: Int,
    to results: UnsafeMutablePointer<Self>, spacing resultSpacing: Int, scratch: UnsafeMutablePointer<Self>
  ) {
    product(
      matrix, columns: columns, vectors, spacing: spacing, to: results, spacing: resultSpacing, scratch: scratch,
      by: widestVectors)
  }
}

/// The widest vectors of this processor.
let widestVectors = product_vectors()

extension Double: ProductReal {
  static func product(
    _ matrix: SharedMatrix<Double>, columns: Int, _ vectors: UnsafePointer<Double>, spacing: Int,
    to results: UnsafeMutablePointer<Double>, spacing resultSpacing: Int, scratch: UnsafeMutablePointer<Double>,
    by processor: ProductVectors
  ) {
    product_double(
      processor, matrix.rows, columns, matrix.inner, matrix.start, matrix.row, matrix.column, vectors, spacing, results,
      resultSpacing, scratch)
  }
}

extension Float: ProductReal {
  static func product(
    _ matrix: SharedMatrix<Float>, columns: Int, _ vectors: UnsafePointer<Float>, spacing: Int,
    to results: UnsafeMutablePointer<Float>, spacing resultSpacing: Int, scratch: UnsafeMutablePointer<Float>,
    by processor: ProductVectors
  ) {
    product_float(
      processor, matrix.rows, columns, matrix.inner, matrix.start, matrix.row, matrix.column, vectors, spacing, results,
      resultSpacing, scratch)
  }
}
