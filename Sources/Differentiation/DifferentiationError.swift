import Programs

/// Why a derivative cannot be had. Every case carries what its message needs.
public enum DifferentiationError: Error, Hashable, Sendable {
  case unknownInput(name: String, program: String, known: [String])
  case unknownOutput(name: String, program: String, known: [String])
  /// Derivatives are of numbers by numbers.
  case notANumber(name: String, program: String)
  /// A gradient is of one number.
  case notAScalar(output: String, shape: Shape)
  /// No output that was asked for depends on any of the inputs but through what has no derivative.
  case withoutDerivative(output: String, inputs: [String])
  /// The shared input is reached through members and also once for all: the two parts of its cotangent are summed
  /// differently.
  case mixedSum(input: String)
  /// A sum over members has a gradient by each member's inputs, but no Jacobian of one member.
  case sumOverMembers(output: String)
  /// A loop that is walked back in segments would have to be so again.
  case segments(program: String)
  /// Save times are fixed.
  case varyingTimes
  /// A derivative rule does not fit its function.
  case wrongRule(function: String, reason: String)
}

extension DifferentiationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownInput(let name, let program, let known):
      "program '\(program)' has no input '\(name)'; it has \(known.joined(separator: ", "))"
    case .unknownOutput(let name, let program, let known):
      "program '\(program)' has no output '\(name)'; it has \(known.joined(separator: ", "))"
    case .notANumber(let name, let program):
      "'\(name)' of program '\(program)' is true or false, which has no derivative"
    case .notAScalar(let output, let shape):
      "a gradient is that of one number, but '\(output)' has the shape \(shape); ask for a Jacobian"
    case .withoutDerivative(let output, let inputs):
      "'\(output)' has no derivative by \(inputs.joined(separator: ", ")): it does not depend on them, or only through "
        + "comparisons, floor, sign or stopGradient"
    case .mixedSum(let input):
      "the shared input '\(input)' acts on members and also on an output that all members share; differentiate these "
        + "outputs one by one"
    case .sumOverMembers(let output):
      "'\(output)' is a sum over members, so it belongs to none; ask for its gradient"
    case .segments(let program):
      "'\(program)' walks a loop back in segments, and reverse mode cannot walk that back once more; use forward mode, or "
        + "one segment"
    case .varyingTimes: "the times of a saved series cannot be differentiated by; only what is saved at them can"
    case .wrongRule(let function, let reason): "the derivative rule of '\(function)' \(reason)"
    }
  }
}
