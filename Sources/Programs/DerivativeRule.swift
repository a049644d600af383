/// A derivative that stands beside a program instead of following from its instructions.
///
/// One rule serves both modes: forward mode applies it, reverse mode transposes it.
public indirect enum DerivativeRule: Hashable, Sendable {
  /// A program of the inputs, and then of a tangent for each input that is a number, whose outputs are the tangents of the
  /// outputs that are numbers; linear in the tangents.
  case tangents(Program)
  /// A rule that `Differentiation` knows by the function's name, and writes down when it is asked for.
  case known(RuledFunction)
}

extension Program {
  /// The program without derivative rules, so that what was called for its rule can be inlined: for execution.
  public var withoutRules: Program {
    var copy = self
    copy.derivative = nil
    for position in copy.instructions.indices {
      copy.instructions[position].operation = copy.instructions[position].operation.mapRegions { $0.withoutRules }
    }
    return copy
  }

  /// The program with the rule of another form of it.
  func ruled(as other: Program) -> Program {
    var copy = self
    copy.derivative = other.derivative
    return copy
  }

  /// The program as a repetition, if another form of it is one.
  package func repeating(as other: Program) -> Program { other.isRepetition ? asRepetition : self }

  package var asRepetition: Program {
    var copy = self
    copy.isRepetition = true
    return copy
  }
}
