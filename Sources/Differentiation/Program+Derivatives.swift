import Programs

/// What is differentiated, and how.
public struct DerivativeOptions: Hashable, Sendable {
  /// The outputs to differentiate; all that are numbers and have a derivative if nil.
  public var outputs: [String]?
  /// The inputs to differentiate by; all that are numbers if nil.
  public var inputs: [String]?
  /// How many turns of each while loop the tape of reverse mode holds.
  public var tapeCapacity: Int
  /// How many tapes follow each other. Reverse mode walks back `tapeCapacity` × `tapeSegments` turns of each while loop,
  /// in memory for one tape and the loop's carry a segment; with more than one segment every turn is computed once more.
  /// Members that take more turns have NaN for derivatives and true for the output `tapeFull`; their values are right.
  public var tapeSegments: Int
  /// Whether an output that none of the inputs moves is a mistake; else its derivatives are zeros.
  public var isStrict: Bool

  public init(
    of outputs: [String]? = nil, withRespectTo inputs: [String]? = nil, tapeCapacity: Int = 1024, tapeSegments: Int = 1,
    isStrict: Bool = true
  ) {
    precondition(tapeCapacity > 0 && tapeSegments > 0, "a tape holds at least one turn")
    self.outputs = outputs
    self.inputs = inputs
    self.tapeCapacity = tapeCapacity
    self.tapeSegments = tapeSegments
    self.isStrict = isStrict
  }

  var tape: TapeSize { TapeSize(turns: tapeCapacity, segments: tapeSegments) }
}

extension Program {
  /// The name of the output that tells members whose loops took more turns than the tape holds.
  public static let tapeFull = "tapeFull"

  /// Forward mode: how the outputs change along a direction of the inputs, at about the cost of the program once more.
  ///
  /// - Returns: a program with an input `tangent.x` more for each input x, of its type, and an output `tangent.y` more for
  ///   each output y that has a derivative.
  /// - Throws: `DifferentiationError`, `ProgramError`
  public func jacobianVectorProduct(_ options: DerivativeOptions = .init()) throws -> Program {
    try pushed(try DerivativePlan(self, options))
  }

  /// Forward mode along one direction.
  func pushed(_ plan: DerivativePlan) throws -> Program {
    let tangents = plan.inputs.map { Input("tangent." + inputs[$0].name, inputs[$0].type) }
    return try Program.trace(name + ".jvp", inputs: inputs + tangents) { staged in
      let directions = Dictionary(uniqueKeysWithValues: zip(plan.inputs, staged.dropFirst(inputs.count)))
      let pushed = try ForwardMode(directions: 1).push(
        plan.program, Array(staged.prefix(inputs.count)), inputs.indices.map { directions[$0].map { [$0] } })
      return plan.values(pushed.values)
        + plan.outputs.map { output in
          let value = plan.program.outputs[output].value.number
          let tangent = pushed.tangents[value]?[0] ?? .zero(like: pushed.values[value])
          return (
            "tangent." + outputs[output].name, plan.program.finished(tangent, of: Value(value), pushed.values)
          )
        }
    }.simplified()
  }

  /// What is summed over members, where the value is such a sum; else the value itself.
  func term(of value: Value) -> Value {
    guard let maker = maker(of: value), maker.operation == .sumOverMembers else { return value }
    return maker.operands[0]
  }

  private func maker(of value: Value) -> Instruction? {
    firstResults.lastIndex { $0 <= value.number }.map { instructions[$0] }
  }

  /// An output's tangent: not a number where the output is none.
  ///
  /// A sum over members can be used for nothing else. A table stays where a loop has written it, and so does its tangent, which
  /// is not a number where the table began as none and was not written.
  func finished(_ tangent: Staged, of value: Value, _ values: [Staged]) -> Staged {
    switch maker(of: value)?.operation {
    case .whileLoop where values[value.number].shape.rank == 2, .sumOverMembers:
      return tangent.asWide(as: values[value.number])
    default: return tangent.derivative(of: values[value.number])
    }
  }

  /// Reverse mode: the cotangents of the inputs from those of the outputs, at a cost that does not grow with the inputs.
  ///
  /// The cotangent of an input that all members share is the sum over members.
  /// - Returns: a program with an input `cotangent.y` more for each output y that is differentiated, and outputs
  ///   `cotangent.x` for each input x, and `tapeFull` where the program has while loops.
  /// - Throws: `DifferentiationError`, `ProgramError`
  public func vectorJacobianProduct(_ options: DerivativeOptions = .init()) throws -> Program {
    let plan = try DerivativePlan(self, options)
    let types = outputTypes
    let seeds = plan.outputs.map { Input("cotangent." + outputs[$0].name, types[$0]) }
    return try Program.trace(name + ".vjp", inputs: inputs + seeds) { staged in
      let results = try plan.pull(
        Array(staged.prefix(inputs.count)), [Array(staged.dropFirst(inputs.count))], tape: options.tape)
      return plan.values(results.values)
        + zip(plan.inputs, results.cotangents[0]).map { ("cotangent." + inputs[$0].name, $1) } + results.flag
    }.simplified()
  }

  /// The value of a scalar output and its gradient, by reverse mode.
  ///
  /// Each member has its own gradient by the inputs that differ by member. An input that all members share has the sum of
  /// all members' gradients, which is the gradient of an output that is a sum over members.
  /// - Returns: a program with the outputs of this one and, for each input x, the output `gradient.x` of its shape; and
  ///   `tapeFull` where the program has while loops.
  /// - Throws: `DifferentiationError`, `ProgramError`
  public func valueWithGradient(
    of output: String, withRespectTo inputs: [String]? = nil, tapeCapacity: Int = 1024, tapeSegments: Int = 1
  ) throws -> Program {
    let options = DerivativeOptions(
      of: [output], withRespectTo: inputs, tapeCapacity: tapeCapacity, tapeSegments: tapeSegments)
    let plan = try DerivativePlan(self, options)
    let type = outputTypes[plan.outputs[0]]
    guard type.shape.isScalar else { throw DifferentiationError.notAScalar(output: output, shape: type.shape) }
    return try Program.trace(name + ".gradient", inputs: self.inputs) { staged in
      let results = try plan.pull(staged, [[1]], tape: options.tape)
      return plan.values(results.values)
        + zip(plan.inputs, results.cotangents[0]).map { ("gradient." + self.inputs[$0].name, $1) } + results.flag
    }.simplified()
  }

  /// The gradient of a scalar output alone; see `valueWithGradient`.
  public func gradient(
    of output: String, withRespectTo inputs: [String]? = nil, tapeCapacity: Int = 1024, tapeSegments: Int = 1
  ) throws -> Program {
    var program = try valueWithGradient(
      of: output, withRespectTo: inputs, tapeCapacity: tapeCapacity, tapeSegments: tapeSegments)
    program.outputs.removeFirst(outputs.count)
    return try program.simplified()
  }
}
