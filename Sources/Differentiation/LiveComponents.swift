import Programs

/// Which components of a value act on what is differentiated: one mark a component, or a single one for all.
///
/// The components of a state that an output does not depend on have the cotangent zero. That is zero by construction, and
/// must stay so whatever the slopes are that it meets: zero times infinity is not a number. A zero that came out of a
/// computation is another thing: beside an infinite slope the derivative is undecided, and is told to be so.
struct LiveComponents: Hashable {
  private let marks: [Bool]

  static let none = LiveComponents(marks: [false])
  static let all = LiveComponents(marks: [true])

  /// - Parameter marks: one for all components, or one for each.
  init(marks: [Bool]) {
    self.marks = marks.allSatisfy { $0 == marks.first } || marks.count > Self.limit ? [marks.contains(true)] : marks
  }

  /// What components there are, one by one: of a known cotangent those that are not zero.
  init(of cotangent: Staged) { self = cotangent.literal.map { LiveComponents(marks: $0.map { $0 != 0 }) } ?? .all }

  /// Larger arrays are taken as a whole.
  private static let limit = 4096

  var isAny: Bool { marks.contains(true) }
  var isAll: Bool { marks == [true] }

  /// A scalar that acts on any of the components.
  var joined: LiveComponents { isAny ? .all : .none }

  subscript(component: Int) -> Bool { marks.count == 1 ? marks[0] : marks[component] }

  func union(_ other: LiveComponents) -> LiveComponents {
    if isAll || !other.isAny { return self }
    if other.isAll || !isAny { return other }
    return LiveComponents(marks: marks.indices.map { marks[$0] || other.marks[$0] })
  }

  /// Of an array whose component k is the component `source(k)` of this one, or none.
  func mapped(_ count: Int, _ source: (Int) -> Int?) -> LiveComponents {
    if !isAny { return .none }
    if count > Self.limit { return .all }
    return LiveComponents(marks: (0..<max(count, 1)).map { source($0).map { self[$0] } ?? false })
  }

  /// The value with zeros in the other components.
  func masked(_ value: Staged) -> Staged {
    if marks.count == 1 { return marks[0] ? value : .zero(value.shape) }
    if value.shape.rank == 1, !value.shape.isLarge {
      return .stack(marks.enumerated().map { $1 ? value[$0] : 0 })
    }
    let taken = Staged(literal: marks.map { $0 ? 1 : 0 }, ValueType(.boolean, value.shape, .shared))
    return select(taken, value, .zero(value.shape))
  }
}

extension Program {
  /// The components of each value that act on the given ones of some values, with a derivative that is not zero by
  /// construction.
  func live(from given: [Int: LiveComponents]) -> [LiveComponents] {
    var live = types.indices.map { given[$0] ?? .none }
    let shapes = types.map(\.shape)
    for (instruction, first) in zip(instructions, firstResults).reversed() {
      let results = instruction.results.indices.map { live[first + $0] }
      guard results.contains(where: \.isAny) else { continue }
      let operands = instruction.live(results, instruction.operands.map { shapes[$0.number] })
      for (operand, more) in zip(instruction.operands, operands) {
        live[operand.number] = live[operand.number].union(more)
      }
    }
    return live
  }

  /// The same of the inputs, from the outputs.
  fileprivate func liveInputs(from given: [LiveComponents]) -> [LiveComponents] {
    Array(live(from: liveOutputs(given)).prefix(inputs.count))
  }

  /// By the outputs' values.
  func liveOutputs(_ given: [LiveComponents]) -> [Int: LiveComponents] {
    Dictionary(zip(outputs.map(\.value.number), given)) { $0.union($1) }
  }

  /// What of a loop's body acts on its results, turn after turn.
  ///
  /// - Parameters:
  ///   - results: of the loop: its carry, then its rows.
  ///   - carries: the body's inputs that are the carry.
  /// - Returns: of the body's outputs, and of the loop's operands.
  func liveTurn(_ results: [LiveComponents], carries: Range<Int>) -> (
    outputs: [LiveComponents], operands: [LiveComponents]
  ) {
    // Rows are stacked: a turn's is taken as a whole.
    var outputs = results.prefix(self.outputs.count).enumerated().map { $0 < carries.count ? $1 : $1.joined }
    while true {
      var inputs = liveInputs(from: outputs)
      var next = outputs
      for (output, input) in zip(outputs.indices, carries) { next[output] = next[output].union(inputs[input]) }
      if next == outputs {
        // A loop may end before its first turn.
        for (output, input) in zip(outputs.indices, carries) { inputs[input] = outputs[output] }
        return (outputs, inputs)
      }
      outputs = next
    }
  }
}

extension Instruction {
  /// The components of the operands that act on the given ones of the results.
  fileprivate func live(_ results: [LiveComponents], _ shapes: [Shape]) -> [LiveComponents] {
    let (y, shape) = (results[0], self.results[0].shape)
    let whole = results.contains(where: \.isAny) ? LiveComponents.all : .none
    switch operation {
    case .constant, .compare, .logic, .not, .stopGradient: return shapes.map { _ in .none }
    case .unary, .binary, .sumOverMembers: return shapes.map { $0 == shape ? y : y.joined }
    case .select: return [.none] + shapes.dropFirst().map { $0 == shape ? y : y.joined }
    case .stack:
      return shapes.enumerated().map { place, part in y.mapped(part.count) { place * part.count + $0 } }
    case .index(let entry):
      return [y.mapped(shapes[0].count) { $0 / max(shape.count, 1) == entry ? $0 % max(shape.count, 1) : nil }]
    case .slice(let axis, let start, let count):
      let (outer, inner) = (Axes(shapes[0], around: axis), Axes(shape, around: axis))
      return [
        y.mapped(shapes[0].count) { component in
          let (block, place) = outer.place(of: component)
          let entry = place.entry - start
          return 0..<count ~= entry ? inner.component(block, entry, place.inner) : nil
        }
      ]
    case .concatenate(let axis):
      let whole = Axes(shape, around: axis)
      var start = 0
      return shapes.map { part in
        let (axes, first) = (Axes(part, around: axis), start)
        start += axes.length
        return y.mapped(part.count) { component in
          let (block, place) = axes.place(of: component)
          return whole.component(block, first + place.entry, place.inner)
        }
      }
    case .reshape: return [y]
    case .broadcast: return [y.joined]
    case .transpose:
      let (rows, columns) = (shapes[0].dimensions[0], shapes[0].dimensions[1])
      return [y.mapped(shapes[0].count) { ($0 % columns) * rows + $0 / columns }]
    case .sum(let axis):
      let axes = Axes(shapes[0], around: axis)
      return [
        y.mapped(shapes[0].count) { component in
          let (block, place) = axes.place(of: component)
          return block * axes.inner + place.inner
        }
      ]
    case .gather: return [whole, .none]
    case .matrixProduct, .linearAlgebra: return shapes.map { _ in whole }
    case .tabulate:
      var operands = shapes.map { _ in LiveComponents.none }
      let length = shape.dimensions[1]
      operands[Tabulation.series] = y
      operands[Tabulation.origin] = y.joined
      operands[Tabulation.scale] = y.joined
      let rows = (0..<shape.dimensions[0]).map { row in y.mapped(length) { row * length + $0 }.isAny }
      operands[Tabulation.coefficients] = LiveComponents.each(shapes[Tabulation.coefficients]) { rows[$0 % rows.count] }
      return operands
    case .moments:
      var operands = shapes.map { _ in LiveComponents.none }
      let (powers, columns) = (shape.dimensions[0], shape.dimensions[1])
      let length = shapes[Tabulation.series].dimensions[1]
      operands[Tabulation.origin] = y.joined
      operands[Tabulation.scale] = y.joined
      let rows = (0..<columns).map { column in y.mapped(powers) { $0 * columns + column }.isAny }
      operands[Tabulation.series] = LiveComponents.each(shapes[Tabulation.series]) { rows[$0 / length] }
      return operands
    case .call(let callee):
      return callee.derivative == nil ? callee.liveInputs(from: results) : shapes.map { _ in whole }
    case .whileLoop(let loop):
      return loop.body.liveTurn(results, carries: loop.carries).operands
    case .scan(let scan):
      let carries = scan.carries
      let operands = scan.body.liveTurn(results, carries: carries).operands
      // Arrays of entries are taken as a whole.
      return operands.enumerated().map { $0 < carries.upperBound ? $1 : $1.joined } + (scan.isCounted ? [.none] : [])
    }
  }
}

extension LiveComponents {
  fileprivate static func each(_ shape: Shape, _ isLive: (Int) -> Bool) -> LiveComponents {
    if shape.count > limit || shape.count == 0 { return .all }
    return LiveComponents(marks: (0..<shape.count).map(isLive))
  }
}

extension Axes {
  /// Where a component stands: in which outer block, at which entry of the axis, where in the entry.
  fileprivate func place(of component: Int) -> (block: Int, (entry: Int, inner: Int)) {
    let (entries, inner) = component.quotientAndRemainder(dividingBy: max(self.inner, 1))
    let (block, entry) = entries.quotientAndRemainder(dividingBy: max(length, 1))
    return (block, (entry, inner))
  }

  fileprivate func component(_ block: Int, _ entry: Int, _ inner: Int) -> Int {
    (block * length + entry) * self.inner + inner
  }
}
