import Programs

extension Interpreter {
  /// A product with a shared matrix is one of two matrices, members standing as columns: OpenBLAS does those.
  ///
  /// It may compute a column differently in a product of another width, so it is always given `productColumns` of them,
  /// whether or not that many members are left: a member's bits depend on no other member.
  func product(_ a: Array, _ aShape: Shape, _ b: Array, _ bShape: Shape, to result: Array) {
    let inner = aShape.dimensions[aShape.rank - 1]
    let rows = aShape.rank == 2 ? aShape.dimensions[0] : 1
    let outputs = bShape.rank == 2 ? bShape.dimensions[1] : 1
    if a.isShared, !b.isShared, Swift.min(rows, inner) >= Self.leastExtent {
      for output in 0..<outputs {
        sharedProduct(
          a.start, isTransposed: false, rows: rows, inner: inner, b.start + output * width, spacing: outputs * width,
          to: result.start + output * width, spacing: outputs * width)
      }
    } else if !a.isShared, b.isShared, Swift.min(outputs, inner) >= Self.leastExtent {
      for row in 0..<rows {
        sharedProduct(
          b.start, isTransposed: true, rows: outputs, inner: inner, a.start + row * inner * width, spacing: width,
          to: result.start + row * outputs * width, spacing: width)
      }
    } else {
      plainProduct(a, b, rows: rows, inner: inner, outputs: outputs, to: result)
    }
  }

  private func sharedProduct(
    _ matrix: UnsafeMutablePointer<T>, isTransposed: Bool, rows: Int, inner: Int, _ b: UnsafeMutablePointer<T>,
    spacing: Int, to c: UnsafeMutablePointer<T>, spacing cSpacing: Int
  ) {
    for start in stride(from: 0, to: columns, by: BatchedExecutor.productColumns) {
      T.matrixProduct(
        rows: rows, columns: BatchedExecutor.productColumns, inner: inner, matrix, isTransposed: isTransposed,
        b + start,
        spacing: spacing, to: c + start, spacing: cSpacing)
    }
  }

  /// Smaller matrices are multiplied faster by plain loops.
  private static var leastExtent: Int { 4 }

  private func plainProduct(_ a: Array, _ b: Array, rows: Int, inner: Int, outputs: Int, to result: Array) {
    let (columns, step) = result.isShared ? (1, 1) : (columns, width)
    for row in 0..<rows {
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
