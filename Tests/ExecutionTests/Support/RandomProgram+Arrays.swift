import Programs

extension RandomProgram {
  /// Arrays grow no larger, so that programs stay quick to run.
  private static let largestCount = 64

  mutating func addConstant() {
    let shapes: [Shape] = [.scalar, [3], [2, 3], [5], [40], [6, 8]]
    let shape = shapes[generator.below(shapes.count)]
    let values = (0..<shape.count).map { _ in Double(generator.below(65) - 32) / 8 }
    append(Staged(values, shape: shape), 3)
  }

  mutating func addStack() {
    let item = pick { $0.value.shape.count * 3 <= Self.largestCount && $0.value.shape.rank < 3 }
    let parts = (0..<generator.below(3) + 1).map { _ in pick { $0.value.shape == item.value.shape } }
    append(.stack(parts.map(\.value)), joined(parts))
  }

  mutating func addIndex() {
    let item = pick { !$0.value.shape.isScalar && $0.value.shape.dimensions[0] > 0 }
    append(item.value[generator.below(item.value.shape.dimensions[0])], item.fineness)
  }

  mutating func addSlice() {
    let item = pick { !$0.value.shape.isScalar }
    let axis = generator.below(item.value.shape.rank)
    let length = item.value.shape.dimensions[axis]
    let start = generator.below(length)
    append(item.value.slice(start..<start + 1 + generator.below(length - start), axis: axis), item.fineness)
  }

  mutating func addConcatenation() {
    let item = pick { !$0.value.shape.isScalar && $0.value.shape.count * 2 <= Self.largestCount }
    let other = pick { $0.value.shape == item.value.shape }
    append(
      .concatenate([item.value, other.value], axis: generator.below(item.value.shape.rank)), joined([item, other]))
  }

  mutating func addReshape() {
    let item = pick()
    let count = item.value.shape.count
    let columns = (1...count).filter { count % $0 == 0 }
    let column = columns[generator.below(columns.count)]
    append(item.value.reshaped(generator.chance(50) ? [count] : [count / column, column]), item.fineness)
  }

  mutating func addBroadcast() {
    let item = pick { $0.value.shape.isScalar }
    let shapes: [Shape] = [[3], [2, 3], [5], [40], [6, 8]]
    append(item.value.broadcast(to: shapes[generator.below(shapes.count)]), item.fineness)
  }

  mutating func addTranspose() {
    let item = pick { $0.value.shape.rank == 2 }
    append(item.value.transposed, item.fineness)
  }

  mutating func addGather() {
    let table = pick { !$0.value.shape.isScalar && $0.value.shape.dimensions[0] > 0 }
    // Positions from below the table to beyond it.
    append(table.value.gather(pickExactScalar().value * 4), table.fineness)
  }

  mutating func addSum() {
    let item = pick { !$0.value.shape.isScalar }
    let axis = generator.below(item.value.shape.rank)
    append(item.value.sum(axis: axis) * Staged(1 / Double(item.value.shape.dimensions[axis])))
  }

  mutating func addProduct() {
    let a = pick { 1...2 ~= $0.value.shape.rank }
    let inner = a.value.shape.dimensions.last!
    let mates = reals.filter { 1...2 ~= $0.value.shape.rank && $0.value.shape.dimensions[0] == inner }
    if mates.isEmpty { return }
    let mate = mates[generator.below(mates.count)]
    let size = a.value.shape.dimensions.dropLast().reduce(1, *) * mate.value.shape.dimensions.dropFirst().reduce(1, *)
    guard size <= Self.largestCount else { return }
    append(matrixProduct(a.value, mate.value) * Staged(1 / Double(4 * inner)))
  }

  /// Matrices of up to four rows whose largest entries stand far above the others, away from the diagonal or not: so that
  /// rounding neither grows nor chooses a pivot, the order of eigenvalues or the sign of a vector.
  mutating func addLinearAlgebra(_ function: LinearAlgebra) {
    guard depth > 0 else { return }
    let size = generator.below(4) + 1
    let shift = generator.below(size)
    let entries = (0..<size * size).map { _ in pick { $0.value.shape.isScalar }.value }
    let small = Staged.stack(entries).reshaped([size, size]) * 0.25
    func known(_ entry: (Int, Int) -> Double) -> Staged {
      Staged((0..<size * size).map { entry($0 / size, $0 % size) }, shape: [size, size])
    }
    let matrix = small + known { ($0 + shift) % size == $1 ? 8 : 0 }
    switch function {
    case .triangularFactors:
      append(determinant(matrix) * Staged(1 / power(10, size)))
      append(cholesky(small + known { $0 == $1 ? 8 : 0 }))
    case .solve(let isTransposed):
      let side = generator.chance(50) ? Staged.stack((0..<size).map { entries[$0] }) : small
      append(linearSolve(matrix, side, transposed: isTransposed))
    case .symmetricEigen:
      let (values, vectors) = symmetricEigen(small + known { $0 == $1 ? 8 * Double($0) - 10 : 0 })
      append(values * 0.25)
      append(vectors)
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  mutating func addSumOverMembers() {
    if depth < Self.outermostDepth { return }
    sums.append(pick().value.sumOverMembers())
  }
}
