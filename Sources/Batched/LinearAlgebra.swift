import Programs

/// What LAPACK does for one matrix, column by column in memory. Nothing is told of singular matrices: their zero pivots
/// divide as IEEE says.
protocol LAPACKReal {
  /// Replaces a matrix by its factors; the pivots count from 1.
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Self>, pivots: UnsafeMutablePointer<Int32>)
  /// Replaces the columns of a right-hand side by solutions.
  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Self>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Self>, columns: Int)
  /// Replaces a symmetric matrix by its eigenvectors.
  static func eigen(_ size: Int, _ matrix: UnsafeMutablePointer<Self>, values: UnsafeMutablePointer<Self>)
}

extension Interpreter {
  /// Computes an operation for one member after the other.
  func linearAlgebra(
    _ function: LinearAlgebra, _ operands: [Array], to results: [Array], _ mask: UnsafeMutablePointer<T>?
  ) {
    for column in 0..<(results[0].isShared ? 1 : columns) {
      if !results[0].isShared, let mask, mask[column] == 0 { continue }
      let numbers = operands.map { read($0, column) }
      for (array, values) in zip(results, function.computed(numbers)) { write(values, to: array, column) }
    }
  }

  private func read(_ array: Array, _ column: Int) -> [T] {
    let (start, step) = array.isShared ? (array.start, 1) : (array.start + column, width)
    return (0..<array.count).map { start[$0 * step] }
  }

  private func write(_ values: [T], to array: Array, _ column: Int) {
    let (start, step) = array.isShared ? (array.start, 1) : (array.start + column, width)
    for (component, value) in values.enumerated() { start[component * step] = value }
  }
}

extension LinearAlgebra {
  /// The results for one member, from its operands' components in row-major order.
  fileprivate func computed<T: BatchedReal>(_ operands: [[T]]) -> [[T]] {
    let matrix = operands[0]
    let size = Int(Double(matrix.count).squareRoot())
    switch self {
    case .triangularFactors:
      // What LAPACK makes of NaN is not specified.
      guard matrix.allSatisfy(\.isFinite) else {
        return [matrix.map { _ in .nan }, (0..<size).map { T($0) }]
      }
      var factors = transposed(matrix, rows: size)
      var pivots = [Int32](repeating: 0, count: size)
      T.factor(size, &factors, pivots: &pivots)
      return [transposed(factors, rows: size), pivots.map { T($0 - 1) }]
    case .solve(let isTransposed):
      var factors = transposed(operands[Self.factors], rows: size)
      var pivots = operands[Self.pivots].map { Int32($0) + 1 }
      let columns = operands[Self.rightHandSide].count / size
      var side = transposed(operands[Self.rightHandSide], rows: size)
      T.solve(size, factors: &factors, pivots: &pivots, isTransposed: isTransposed, &side, columns: columns)
      return [transposed(side, rows: columns)]
    case .symmetricEigen:
      guard matrix.allSatisfy(\.isFinite) else {
        return [Array(repeating: .nan, count: size), matrix.map { _ in .nan }]
      }
      var (vectors, values) = (matrix, [T](repeating: 0, count: size))
      T.eigen(size, &vectors, values: &values)
      for vector in 0..<size { orient(&vectors[vector * size..<(vector + 1) * size]) }
      return [values, transposed(vectors, rows: size)]
    }
  }

  /// Gives a vector the sign that is agreed.
  private func orient<T: BatchedReal>(_ vector: inout ArraySlice<T>) {
    let largest = vector.reduce(0) { Swift.max($0, $1.magnitude) }
    let leading = vector.first { $0.magnitude > T(Self.leadingShare) * largest } ?? 1
    if leading < 0 { for component in vector.indices { vector[component] = -vector[component] } }
  }

  private func transposed<T>(_ matrix: [T], rows: Int) -> [T] {
    let columns = matrix.count / rows
    return (0..<columns).flatMap { column in (0..<rows).map { matrix[$0 * columns + column] } }
  }
}
