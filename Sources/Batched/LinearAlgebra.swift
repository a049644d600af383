import Execution
import Programs

extension Interpreter {
  /// Computes an operation for one member after the other, in `MatrixRoom.count` numbers of scratch memory.
  func linearAlgebra(
    _ function: LinearAlgebra, _ operands: [Array], to results: [Array], scratch: UnsafeMutablePointer<T>,
    _ mask: UnsafeMutablePointer<T>?
  ) {
    let room = MatrixRoom(function, operands.map(\.count))
    let member = MemberMatrices(room, scratch)
    for column in 0..<(results[0].isShared ? 1 : columns) {
      if !results[0].isShared, let mask, mask[column] == 0 { continue }
      switch function {
      case .triangularFactors: factor(member, operands[0], to: results, column)
      case .solve(let isTransposed): solve(member, operands, isTransposed: isTransposed, to: results[0], column)
      case .symmetricEigen: eigen(member, operands[0], to: results, column)
      }
    }
  }

  private func factor(_ member: MemberMatrices<T>, _ matrix: Array, to results: [Array], _ column: Int) {
    let size = member.size
    read(matrix, column, to: member.matrix, columns: size)
    // What LAPACK makes of NaN is not specified.
    guard member.isFinite else {
      for entry in 0..<size * size { self[results[0], column, entry] = .nan }
      for row in 0..<size { self[results[1], column, row] = T(row) }
      return
    }
    T.factor(size, member.matrix, pivots: member.pivots)
    write(member.matrix, columns: size, to: results[0], column)
    for row in 0..<size { self[results[1], column, row] = T(member.pivots[row] - 1) }
  }

  private func solve(
    _ member: MemberMatrices<T>, _ operands: [Array], isTransposed: Bool, to result: Array, _ column: Int
  ) {
    let size = member.size
    read(operands[LinearAlgebra.factors], column, to: member.matrix, columns: size)
    for row in 0..<size { member.pivots[row] = Int32(self[operands[LinearAlgebra.pivots], column, row]) + 1 }
    read(operands[LinearAlgebra.rightHandSide], column, to: member.side, columns: member.sides)
    T.solve(
      size, factors: member.matrix, pivots: member.pivots, isTransposed: isTransposed, member.side,
      columns: member.sides)
    write(member.side, columns: member.sides, to: result, column)
  }

  private func eigen(_ member: MemberMatrices<T>, _ matrix: Array, to results: [Array], _ column: Int) {
    let size = member.size
    read(matrix, column, to: member.matrix, columns: size)
    guard member.isFinite else {
      for value in 0..<size { self[results[0], column, value] = .nan }
      for entry in 0..<size * size { self[results[1], column, entry] = .nan }
      return
    }
    T.eigen(size, member.matrix, values: member.side, workspace: member.workspace)
    for vector in 0..<size { LinearAlgebra.orient(member.matrix + vector * size, size) }
    for value in 0..<size { self[results[0], column, value] = member.side[value] }
    write(member.matrix, columns: size, to: results[1], column)
  }

  /// A component of a value for one member.
  private subscript(array: Array, column: Int, component: Int) -> T {
    get { array.start[array.isShared ? component : component * width + column] }
    nonmutating set { array.start[array.isShared ? component : component * width + column] = newValue }
  }

  /// Reads a matrix in row-major order, for LAPACK's in column-major order.
  private func read(_ array: Array, _ column: Int, to target: UnsafeMutablePointer<T>, columns: Int) {
    let rows = array.count / columns
    for entry in 0..<array.count { target[entry % columns * rows + entry / columns] = self[array, column, entry] }
  }

  private func write(_ source: UnsafeMutablePointer<T>, columns: Int, to array: Array, _ column: Int) {
    let rows = array.count / columns
    for entry in 0..<array.count { self[array, column, entry] = source[entry % columns * rows + entry / columns] }
  }
}

/// Where one member's matrices stand in scratch memory, each at a whole cache line.
struct MatrixRoom {
  let size: Int
  /// Columns of a right-hand side.
  let sides: Int
  /// Numbers in all.
  let count: Int
  fileprivate let side: Int
  fileprivate let pivots: Int
  fileprivate let workspace: Int

  /// - Parameter counts: the components of each operand.
  init(_ function: LinearAlgebra, _ counts: [Int]) {
    size = Int(Double(counts[0]).squareRoot())
    switch function {
    case .triangularFactors, .symmetricEigen: sides = 1
    case .solve: sides = size == 0 ? 0 : counts[LinearAlgebra.rightHandSide] / size
    }
    var arena = Arena(granule: Plan.granule)
    _ = arena.allocate(size * size)
    side = arena.allocate(size * sides).lowerBound
    pivots = arena.allocate(size).lowerBound
    workspace = arena.allocate(function == .symmetricEigen ? LAPACK.eigenWorkspace(size) : 0).lowerBound
    count = arena.size
  }
}

/// One member's matrices in memory, column by column.
private struct MemberMatrices<T: BatchedReal> {
  let size: Int
  let sides: Int
  let matrix: UnsafeMutablePointer<T>
  let side: UnsafeMutablePointer<T>
  let pivots: UnsafeMutablePointer<Int32>
  let workspace: UnsafeMutablePointer<T>

  init(_ room: MatrixRoom, _ scratch: UnsafeMutablePointer<T>) {
    precondition(Int(bitPattern: scratch) % 64 == 0, "a member's bits would depend on where its matrices stand")
    (size, sides, matrix) = (room.size, room.sides, scratch)
    (side, workspace) = (scratch + room.side, scratch + room.workspace)
    // Numbers are no smaller than pivots.
    pivots = UnsafeMutableRawPointer(scratch + room.pivots).assumingMemoryBound(to: Int32.self)
  }

  var isFinite: Bool { (0..<size * size).allSatisfy { matrix[$0].isFinite } }
}

extension LinearAlgebra {
  /// Gives a vector the sign that is agreed.
  fileprivate static func orient<T: BatchedReal>(_ vector: UnsafeMutablePointer<T>, _ size: Int) {
    let components = UnsafeMutableBufferPointer(start: vector, count: size)
    let largest = components.reduce(0) { Swift.max($0, $1.magnitude) }
    let leading = components.first { $0.magnitude > T(leadingShare) * largest } ?? 1
    if leading < 0 { for component in components.indices { components[component] = -components[component] } }
  }
}
