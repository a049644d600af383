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
        guard let seed else { continue }
        mode.seed(output, seed, types[output].extent == .shared ? .once : .perMember, live: LiveComponents(of: seed))
      }
      try mode.run()
      if let flag = mode.overflow { overflow = overflow.map { $0 .| flag } ?? flag }
      var unknown = Unknown(once: mode.overflow, perMember: mode.overflow)
      for (output, seed) in zip(outputs, seeds) {
        guard let seed else { continue }
        // A sum over members can be used for nothing else: each member answers for its own part.
        let value = program.term(of: program.outputs[output].value)
        unknown.add(start.values[value.number].isUnknown(where: seed), program.types[value.number].extent)
      }
      return try inputs.map { try cotangent(of: $0, mode, unknown, isSummed) }
    }
    return Pulled(
      values: start.values, cotangents: cotangents,
      flag: overflow.map { [(Program.tapeFull, $0)] } ?? [])
  }

  /// Where derivatives are not numbers: because a tape was too short, or because what is differentiated is none.
  private struct Unknown {
    /// For what is computed once for all members.
    var once: Staged?
    var perMember: Staged?

    mutating func add(_ flag: Staged, _ extent: Extent) {
      if extent == .shared { once = once.map { $0 .| flag } ?? flag }
      perMember = perMember.map { $0 .| flag } ?? flag
    }
  }

  /// An input's cotangent, summed over members if it is one for all.
  private func cotangent(of input: Int, _ mode: ReverseMode, _ unknown: Unknown, _ isSummed: Bool) throws -> Staged {
    func known(_ value: Staged, _ unknown: Staged?) -> Staged {
      unknown.map { select($0, Staged(Double.nan), value) } ?? value
    }
    let (once, perMember) = (mode.cotangent(of: Value(input), .once), mode.cotangent(of: Value(input), .perMember))
    let type = program.inputs[input].type
    guard type.extent == .shared else {
      return known(perMember ?? .zero(type.shape), unknown.perMember).asWide(as: mode.values[input])
    }
    if once != nil && perMember != nil { throw DifferentiationError.mixedSum(input: program.inputs[input].name) }
    guard let perMember else { return known(once ?? .zero(type.shape), unknown.once) }
    let known = known(perMember, unknown.perMember)
    return isSummed ? known.sumOverMembers() : known
  }
}
