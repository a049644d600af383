extension Shape {
  /// Whether it is `[n, n]` with n > 0.
  var isSquare: Bool { rank == 2 && dimensions[0] == dimensions[1] && dimensions[0] > 0 }
}

extension Staged {
  var symmetricPart: Staged { 0.5 * (self + transposed) }

  /// 0, 1, …, count − 1.
  static func counting(_ count: Int) -> Staged { Staged((0..<count).map(Double.init)) }

  /// A known matrix `[n, n]` from its entries by row and column.
  package static func matrix(_ size: Int, _ entry: (Int, Int) -> Double) -> Staged {
    Staged((0..<size).flatMap { row in (0..<size).map { entry(row, $0) } }, shape: [size, size])
  }

  package static func identity(_ size: Int) -> Staged { matrix(size) { $0 == $1 ? 1 : 0 } }

  /// A vector `[n]` as every column of `[n, n]`.
  package var asColumns: Staged {
    let size = shape.count
    return matrixProduct(reshaped([size, 1]), Staged(Array(repeating: 1, count: size), shape: [1, size]))
  }
}
