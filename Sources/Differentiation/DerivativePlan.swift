import Programs

/// A program made ready for differentiation, with what was asked for found in it.
struct DerivativePlan {
  let program: Program
  /// Positions of the inputs to differentiate by.
  let inputs: [Int]
  /// Positions of the outputs to differentiate.
  let outputs: [Int]

  /// - Throws: `DifferentiationError` for names that are not there or have no derivative.
  init(_ program: Program, _ options: DerivativeOptions) throws {
    // Small callees are taken in and common subexpressions merged before each value has a derivative of its own.
    let program = try program.simplified()
    self.program = program
    let known = (inputs: program.inputs.map(\.name), outputs: program.outputs.map(\.name))
    if let names = options.inputs {
      inputs = try names.map { name in
        guard let position = known.inputs.firstIndex(of: name) else {
          throw DifferentiationError.unknownInput(name: name, program: program.name, known: known.inputs)
        }
        guard program.inputs[position].type.kind == .real else {
          throw DifferentiationError.notANumber(name: name, program: program.name)
        }
        return position
      }
    } else {
      inputs = program.inputs.indices.filter { program.inputs[$0].type.kind == .real }
    }
    let wanted = inputs
    let varies = program.varyingOutputs(program.inputs.indices.map(wanted.contains))
    if let names = options.outputs {
      let types = program.outputTypes
      outputs = try names.map { name in
        guard let position = known.outputs.firstIndex(of: name) else {
          throw DifferentiationError.unknownOutput(name: name, program: program.name, known: known.outputs)
        }
        guard types[position].kind == .real else {
          throw DifferentiationError.notANumber(name: name, program: program.name)
        }
        guard varies[position] || !options.isStrict else {
          throw DifferentiationError.withoutDerivative(output: name, inputs: wanted.map { known.inputs[$0] })
        }
        return position
      }
    } else {
      outputs = program.outputs.indices.filter { varies[$0] }
    }
  }

  /// Which inputs are differentiated by.
  var varying: [Bool] { program.inputs.indices.map(inputs.contains) }

  /// The program's own outputs.
  func values(_ all: [Staged]) -> [(name: String, value: Staged)] {
    program.outputs.map { ($0.name, all[$0.value.number]) }
  }

  struct Pulled {
    /// Of the program, by number.
    var values: [Staged]
    /// Of the wanted inputs, for each set of seeds.
    var cotangents: [[Staged]]
    /// The output that tells of tapes too short, if there are tapes.
    var flag: [(name: String, value: Staged)]
  }

  /// Reverse mode from several sets of cotangents of the outputs, all of which share one run forwards.
  /// - Parameters:
  ///   - seeds: in each set a cotangent an output, nil for zero.
  ///   - isSummed: whether cotangents of inputs that all members share are summed over members.
  func pull(_ staged: [Staged], _ seeds: [[Staged?]], tape: TapeSize, isSummed: Bool = true) throws -> Pulled {
    let start = try ReverseMode(program, varying: varying, tape: tape, staged)
    let types = program.outputTypes
    var overflow = start.overflow
    let cotangents = try seeds.map { seeds in
      var mode = start
      for (output, seed) in zip(outputs, seeds) {
        if let seed { mode.seed(output, seed, types[output].extent == .shared ? .once : .perMember) }
      }
      try mode.run()
      if let flag = mode.overflow { overflow = overflow.map { $0 .| flag } ?? flag }
      return try inputs.map { try cotangent(of: $0, mode, isSummed) }
    }
    return Pulled(
      values: start.values, cotangents: cotangents,
      flag: overflow.map { [(Program.tapeFull, $0)] } ?? [])
  }

  /// An input's cotangent, summed over members if it is one for all; NaN for members whose tape was too short.
  private func cotangent(of input: Int, _ mode: ReverseMode, _ isSummed: Bool) throws -> Staged {
    let (once, perMember) = (mode.cotangent(of: Value(input), .once), mode.cotangent(of: Value(input), .perMember))
    let type = program.inputs[input].type
    func known(_ value: Staged) -> Staged { mode.overflow.map { select($0, Staged(Double.nan), value) } ?? value }
    guard type.extent == .shared else { return known(perMember ?? .zero(type.shape)).asWide(as: mode.values[input]) }
    if once != nil && perMember != nil { throw DifferentiationError.mixedSum(input: program.inputs[input].name) }
    guard let perMember else { return known(once ?? .zero(type.shape)) }
    return isSummed ? known(perMember).sumOverMembers() : known(perMember)
  }
}
