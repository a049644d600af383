extension Expression {
  /// The value of an expression over constants: numbers, ``constants`` and those given.
  ///
  /// It is what a member computes, with the definitions of `ConstantFolding` for each operation: the bits of the batched executor.
  ///
  /// - Parameter constants: further names with their values.
  /// - Returns: the number as IEEE 754 has it, so `1/0` is infinite and `0/0` is NaN: the caller decides about these.
  public func evaluated(constants: [String: Double] = [:]) throws(ExpressionError) -> Double {
    let kind = try kind(where: { constants[$0] == nil ? nil : .number })
    guard kind == .number else {
      throw ExpressionError(.notANumber(found: kind, text: description), at: range)
    }
    try checkFunctions()
    // Only what is used: there may be thousands of names, and as many expressions over a few of them.
    let used = Set(names.map(\.name)).compactMap { name in constants[name].map { (name, Staged($0)) } }
    let value = Environment(Dictionary(uniqueKeysWithValues: used)).value(of: self)
    guard let number = value.literal?.first else { preconditionFailure("'\(self)' of numbers alone is not known") }
    return number
  }

  /// An expression may also call what has no value by itself, such as the reductions of outputs.
  private func checkFunctions() throws(ExpressionError) {
    if case .call(let name, _, let range) = self, KnownFunction(rawValue: name) == nil {
      throw ExpressionError(.unknownFunction(name, nearest: nil), at: range)
    }
    for operand in operands { try operand.checkFunctions() }
  }
}
