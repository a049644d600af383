/// The values of operations on known components, in double precision.
///
/// Also the plainest statement of what each operation means: the executors are tested against it.
enum ConstantFolding {
  typealias Array = (values: [Double], type: ValueType)

  /// The result's components in row-major order (booleans as 0 and 1), or nil for factorisations, control flow, calls, tables
  /// and sums over members, which have no value without an executor.
  static func evaluate(_ operation: Operation, _ operands: [Array], _ result: ValueType) -> [Double]? {
    switch operation {
    case .constant(let values): return values
    case .unary(let function): return operands[0].values.map { function.value($0) }
    case .binary(let function): return componentwise(operands, result) { function.value($0[0], $0[1]) }
    case .compare(let comparison): return componentwise(operands, result) { comparison.holds($0[0], $0[1]) ? 1 : 0 }
    case .logic(let logic): return componentwise(operands, result) { logic.holds($0[0] != 0, $0[1] != 0) ? 1 : 0 }
    case .not: return operands[0].values.map { $0 == 0 ? 1 : 0 }
    case .select: return componentwise(operands, result) { $0[0] != 0 ? $0[1] : $0[2] }
    case .stopGradient, .reshape: return operands[0].values
    case .stack: return operands.flatMap(\.values)
    case .broadcast(let shape): return Swift.Array(repeating: operands[0].values[0], count: shape.count)
    case .index(let position):
      let size = result.shape.count
      return Swift.Array(operands[0].values[position * size..<(position + 1) * size])
    case .gather:
      let size = result.shape.count
      let last = Double(operands[0].type.shape.dimensions[0] - 1)
      let position = operands[1].values[0].rounded(.down)
      let entry = Int(position > 0 ? (position < last ? position : last) : 0)
      return Swift.Array(operands[0].values[entry * size..<(entry + 1) * size])
    case .slice(let axis, let start, let count):
      let axes = Axes(operands[0].type.shape, around: axis)
      return (0..<axes.outer).flatMap { outer in
        operands[0].values[axes.range(outer, start..<start + count)]
      }
    case .concatenate(let axis):
      let outer = Axes(result.shape, around: axis).outer
      return (0..<outer).flatMap { outer in
        operands.flatMap { operand in
          let axes = Axes(operand.type.shape, around: axis)
          return operand.values[axes.range(outer, 0..<axes.length)]
        }
      }
    case .transpose:
      let (rows, columns) = (operands[0].type.shape.dimensions[0], operands[0].type.shape.dimensions[1])
      return (0..<columns).flatMap { column in (0..<rows).map { operands[0].values[$0 * columns + column] } }
    case .sum(let axis):
      let axes = Axes(operands[0].type.shape, around: axis)
      return (0..<axes.outer * axes.inner).map { position in
        let (outer, inner) = position.quotientAndRemainder(dividingBy: max(axes.inner, 1))
        return (0..<axes.length).reduce(0) { $0 + operands[0].values[(outer * axes.length + $1) * axes.inner + inner] }
      }
    case .matrixProduct: return matrixProduct(operands[0], operands[1])
    case .linearAlgebra, .sumOverMembers, .whileLoop, .scan, .call, .tabulate, .moments: return nil
    }
  }

  private static func componentwise(_ operands: [Array], _ result: ValueType, _ value: ([Double]) -> Double)
    -> [Double]
  {
    (0..<result.shape.count).map { component in
      value(operands.map { $0.values.count == 1 ? $0.values[0] : $0.values[component] })
    }
  }

  private static func matrixProduct(_ a: Array, _ b: Array) -> [Double] {
    let inner = a.type.shape.dimensions.last ?? 1
    let columns = b.type.shape.rank == 2 ? b.type.shape.dimensions[1] : 1
    let rows = a.type.shape.rank == 2 ? a.type.shape.dimensions[0] : 1
    return (0..<rows).flatMap { row in
      (0..<columns).map { column in
        (0..<inner).reduce(0) { $0 + a.values[row * inner + $1] * b.values[$1 * columns + column] }
      }
    }
  }
}

/// A shape seen around one axis: `outer` blocks of `length` entries of `inner` components.
public struct Axes: Hashable, Sendable {
  public let outer: Int
  public let length: Int
  public let inner: Int

  /// - Precondition: the shape has the axis.
  public init(_ shape: Shape, around axis: Int) {
    outer = shape.dimensions[..<axis].reduce(1, *)
    length = shape.dimensions[axis]
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
  }

  /// The components of some entries within one outer block.
  public func range(_ block: Int, _ entries: Range<Int>) -> Range<Int> {
    let start = block * length * inner
    return start + entries.lowerBound * inner..<start + entries.upperBound * inner
  }
}
