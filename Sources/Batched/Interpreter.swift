import Programs

/// Computes a plan for the members of one block, instruction by instruction.
struct Interpreter<T: BatchedReal> {
  /// Rows in memory are this long, however many members are computed.
  let width: Int
  /// The members of the block.
  let columns: Int

  /// A value where it stands: component c at `start + c·width`, or at `start + c` if it is shared.
  struct Array {
    var start: UnsafeMutablePointer<T>
    var count: Int
    var isShared: Bool

    init(_ start: UnsafeMutablePointer<T>, _ type: ValueType) {
      self.start = start
      count = type.shape.count
      isShared = type.extent == .shared
    }
  }

  /// Which instructions of the outermost program to compute.
  enum Part {
    case hoisted
    case perBlock
    case all
  }

  /// - Parameters:
  ///   - inputs: a place an input, of the plan's own types.
  ///   - mask: a row that is 1 for the members whose results matter, if it is not all of them.
  /// - Returns: where each value stands, by number.
  @discardableResult
  func run(
    _ plan: Plan, _ part: Part = .all, frame: UnsafeMutablePointer<T>, inputs: [UnsafeMutablePointer<T>],
    mask: UnsafeMutablePointer<T>?
  ) -> [UnsafeMutablePointer<T>] {
    var values: [UnsafeMutablePointer<T>] = []
    values.reserveCapacity(plan.places.count)
    for place in plan.places {
      switch place {
      case .input(let position): values.append(inputs[position])
      case .frame(let offset): values.append(frame + offset)
      case .view(let source, let skipping): values.append(values[source] + skipping)
      }
    }
    for step in plan.steps {
      switch part {
      case .hoisted where !step.isHoisted, .perBlock where step.isHoisted: continue
      case .hoisted, .perBlock, .all: execute(step, plan, values, frame, mask)
      }
    }
    return values
  }

  private func execute(
    _ step: Plan.Step, _ plan: Plan, _ values: [UnsafeMutablePointer<T>], _ frame: UnsafeMutablePointer<T>,
    _ mask: UnsafeMutablePointer<T>?
  ) {
    let instruction = step.instruction
    let operands = instruction.operands.map { Array(values[$0.number], plan.types[$0.number]) }
    let result = Array(values[step.firstResult], instruction.results[0])
    func shape(_ operand: Int) -> Shape { plan.types[instruction.operands[operand].number].shape }
    switch instruction.operation {
    case .constant(let components):
      for (component, number) in components.enumerated() { result.start[component] = T(number) }
    case .unary, .binary, .compare, .logic, .not, .select: elementwise(instruction.operation, operands, to: result)
    case .index, .reshape, .stopGradient, .slice(axis: 0, _, _): break  // views
    case .stack: joined(operands, outer: 1, to: result)
    case .concatenate(let axis): joined(operands, outer: Axes(shape(0), around: axis).outer, to: result)
    case .slice(let axis, let start, let count):
      let axes = Axes(shape(0), around: axis)
      for block in 0..<axes.outer {
        let sources = axes.range(block, start..<start + count)
        copy(operands[0], sources, to: result, at: block * sources.count)
      }
    case .broadcast:
      for component in 0..<result.count { copy(operands[0], 0..<1, to: result, at: component) }
    case .transpose: transposed(operands[0], shape(0), to: result)
    case .gather: gathered(operands[0], length: shape(0).dimensions[0], operands[1], to: result)
    case .sum(let axis): summed(operands[0], Axes(shape(0), around: axis), to: result)
    case .matrixProduct:
      product(operands[0], shape(0), operands[1], shape(1), to: result, scratch: frame + step.scratch)
    case .linearAlgebra(let function):
      let results = instruction.results.enumerated().map { Array(values[step.firstResult + $0], $1) }
      linearAlgebra(function, operands, to: results, scratch: frame + step.scratch, mask)
    case .sumOverMembers: break  // the runtime adds the operand's members when they are all known
    case .whileLoop(let loop): repeatWhile(loop, step, plan, values, frame, mask)
    case .scan(let scan): repeatScan(scan, step, plan, values, frame, mask)
    case .call: call(step, plan, values, frame, mask)
    case .moments(let degree): moments(operands, degree, to: result, mask)
    case .tabulate:
      let cursor = Array(values[step.firstResult + Tabulation.cursor], instruction.results[Tabulation.cursor])
      tabulated(operands, to: result, cursor, isInPlace: step.isInPlace, mask)
    }
  }

  /// Writes consecutive components, widening a shared value for members.
  func copy(_ source: Array, _ components: Range<Int>, to target: Array, at first: Int) {
    if target.isShared {
      (target.start + first).update(from: source.start + components.lowerBound, count: components.count)
      return
    }
    for (offset, component) in components.enumerated() {
      let row = target.start + (first + offset) * width
      if source.isShared {
        row.update(repeating: source.start[component], count: columns)
      } else {
        row.update(from: source.start + component * width, count: columns)
      }
    }
  }

  func copy(_ source: Array, to target: Array) { copy(source, 0..<source.count, to: target, at: 0) }
}
