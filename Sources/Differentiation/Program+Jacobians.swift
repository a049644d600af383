import Programs

/// Which of the two modes computes a Jacobian.
public enum JacobianMode: String, CaseIterable, Sendable {
  /// One tangent for each component of the inputs, all in one pass.
  case forward
  /// One walk back for each component of the outputs, after one pass forwards.
  case reverse
  /// Forward mode unless the inputs have more than `crossover` times the components of the outputs.
  case automatic

  /// How many times as many inputs as outputs forward mode bears. Measured (tsit5, tolerance 1e-8, compiled): both modes
  /// take as long at 1.5 to 1.7 inputs an output for the three states of Lorenz' model, at 4 to 5 for twelve coupled ones.
  public static let crossover = 2

  /// - Parameters: components of all inputs and of all outputs.
  public func isForward(inputs: Int, outputs: Int) -> Bool {
    switch self {
    case .forward: true
    case .reverse: false
    case .automatic: inputs <= Self.crossover * outputs
    }
  }
}

extension Program {
  /// The derivatives of each output by each input, for each member.
  ///
  /// Also by inputs that all members share the derivatives are those of each member.
  /// - Returns: a program with the outputs of this one and, for each differentiated output y and input x, the output
  ///   `jacobian.y.x` of y's shape followed by x's; and `tapeFull` where reverse mode went through while loops.
  /// - Throws: `DifferentiationError`, `ProgramError`
  public func jacobian(_ options: DerivativeOptions = .init(), mode: JacobianMode = .automatic) throws -> Program {
    let plan = try DerivativePlan(self, options)
    let types = outputTypes
    for output in plan.outputs where plan.program.isSumOverMembers(plan.program.outputs[output].value) {
      throw DifferentiationError.sumOverMembers(output: outputs[output].name)
    }
    let columns = plan.inputs.reduce(0) { $0 + inputs[$1].type.shape.count }
    let rows = plan.outputs.reduce(0) { $0 + types[$1].shape.count }
    let isForward = mode.isForward(inputs: columns, outputs: rows)
    return try Program.trace(name + ".jacobian", inputs: inputs) { staged in
      let (values, entries, flag) =
        isForward ? try forwardJacobian(plan, staged) : try reverseJacobian(plan, staged, options.tape)
      var results = plan.values(values)
      for (output, row) in zip(plan.outputs, entries) {
        for (input, entry) in zip(plan.inputs, row) {
          results.append(("jacobian.\(outputs[output].name).\(inputs[input].name)", entry))
        }
      }
      return results + flag
    }.simplified()
  }

  private typealias Entries = (values: [Staged], entries: [[Staged]], flag: [(name: String, value: Staged)])

  private func forwardJacobian(_ plan: DerivativePlan, _ staged: [Staged]) throws -> Entries {
    let counts = plan.inputs.map { inputs[$0].type.shape.count }
    let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
    let total = counts.reduce(0, +)
    var tangents: [ForwardMode.Tangents] = inputs.map { _ in nil }
    for (input, start) in zip(plan.inputs, starts) {
      let shape = inputs[input].type.shape
      tangents[input] = (0..<total).map { .unit($0 - start, shape) }
    }
    let pushed = try ForwardMode(directions: total).push(plan.program, staged, tangents)
    let entries = plan.outputs.map { output in
      let value = plan.program.outputs[output].value.number
      let shape = pushed.values[value].shape
      let directions = (pushed.tangents[value] ?? Array(repeating: .zero(shape), count: total))
        .map { plan.program.finished($0, of: Value(value), pushed.values) }
      return zip(plan.inputs, zip(starts, counts)).map { input, range in
        // The tangent itself, so that a series stays where its loop has written it.
        if inputs[input].type.shape.isScalar { return directions[range.0] }
        let columns = directions[range.0..<range.0 + range.1].map { $0.reshaped([shape.count]) }
        return Staged.stack(columns).transposed.reshaped(Shape(shape.dimensions + inputs[input].type.shape.dimensions))
      }
    }
    return (pushed.values, entries, [])
  }

  private func reverseJacobian(_ plan: DerivativePlan, _ staged: [Staged], _ tape: TapeSize) throws -> Entries {
    let shapes = plan.outputs.map { plan.program.outputTypes[$0].shape }
    let seeds = shapes.indices.flatMap { output in
      (0..<shapes[output].count).map { component in
        shapes.indices.map { $0 == output ? Staged.unit(component, shapes[output]) : nil }
      }
    }
    let pulled = try plan.pull(staged, seeds, tape: tape, isSummed: false)
    var next = 0
    let entries = shapes.map { shape in
      let rows = pulled.cotangents[next..<next + shape.count]
      next += shape.count
      return plan.inputs.indices.map { input in
        let own = inputs[plan.inputs[input]].type.shape
        return Staged.stack(rows.map { $0[input] }).reshaped(Shape(shape.dimensions + own.dimensions))
      }
    }
    return (pulled.values, entries, pulled.flag)
  }

  /// How the gradient of a scalar output changes along a direction of the inputs: the Hessian times that direction, by
  /// forward mode over reverse mode, at a cost that does not grow with the inputs.
  ///
  /// - Returns: a program with an input `tangent.x` more for each input x, and the outputs of `valueWithGradient` and, for
  ///   each input x, `hessianProduct.x`.
  /// - Throws: `DifferentiationError`, `ProgramError`
  public func hessianVectorProduct(of output: String, withRespectTo inputs: [String]? = nil, tapeCapacity: Int = 1024)
    throws -> Program
  {
    let gradient = try valueWithGradient(of: output, withRespectTo: inputs, tapeCapacity: tapeCapacity)
    let names = try DerivativePlan(self, .init(of: [output], withRespectTo: inputs)).inputs.map { self.inputs[$0].name }
    let plan = try DerivativePlan(
      gradient, .init(of: names.map { "gradient." + $0 }, withRespectTo: names, isStrict: false))
    var program = try gradient.pushed(plan)
    for position in program.outputs.indices.suffix(names.count) {
      program.outputs[position].name.replace("tangent.gradient.", with: "hessianProduct.", maxReplacements: 1)
    }
    return program
  }

  /// Whether a value is a sum over members.
  fileprivate func isSumOverMembers(_ value: Value) -> Bool {
    zip(instructions, firstResults).contains { $0.operation == .sumOverMembers && $1 == value.number }
  }
}

extension Staged {
  /// One in one component, zero in the others; zeros for a component that is not there.
  static func unit(_ component: Int, _ shape: Shape) -> Staged {
    Staged((0..<shape.count).map { $0 == component ? 1 : 0 }, shape: shape)
  }
}
