import Programs

extension Interpreter {
  /// Blocks of all operands one after the other, `outer` times.
  func joined(_ operands: [Array], outer: Int, to result: Array) {
    var next = 0
    for block in 0..<outer {
      for operand in operands {
        let size = operand.count / outer
        copy(operand, block * size..<(block + 1) * size, to: result, at: next)
        next += size
      }
    }
  }

  func transposed(_ matrix: Array, _ shape: Shape, to result: Array) {
    let (rows, columns) = (shape.dimensions[0], shape.dimensions[1])
    for column in 0..<columns {
      for row in 0..<rows {
        let source = row * columns + column
        copy(matrix, source..<source + 1, to: result, at: column * rows + row)
      }
    }
  }

  /// The entry at the position's floor, kept within the table; the first entry for a NaN.
  func gathered(_ table: Array, length: Int, _ position: Array, to result: Array) {
    let (size, last) = (result.count, T(length - 1))
    func entry(_ position: T) -> Int {
      let floor = position.rounded(.down)
      return Int(floor > 0 ? (floor < last ? floor : last) : 0)
    }
    if position.isShared {
      let first = entry(position.start[0]) * size
      copy(table, first..<first + size, to: result, at: 0)
      return
    }
    for column in 0..<columns {
      let first = entry(position.start[column]) * size
      for component in 0..<size {
        result.start[component * width + column] =
          table.isShared ? table.start[first + component] : table.start[(first + component) * width + column]
      }
    }
  }

  /// Sums along an axis, first entry to last.
  func summed(_ array: Array, _ axes: Axes, to result: Array) {
    let (columns, step) = array.isShared ? (1, 1) : (columns, width)
    for outer in 0..<axes.outer {
      for inner in 0..<axes.inner {
        let target = result.start + (outer * axes.inner + inner) * step
        target.update(repeating: 0, count: columns)
        for entry in 0..<axes.length {
          let source = array.start + ((outer * axes.length + entry) * axes.inner + inner) * step
          for column in 0..<columns { target[column] += source[column] }
        }
      }
    }
  }
}
