import Compiled
import Execution
import Programs
import Testing

/// Every elementary function against its definition in `Programs`, for every vector library and both precisions.
@Suite struct ElementaryTests {
  /// The distance of two numbers in units in the last place of the first, 0 for two NaN or equal numbers of one sign.
  private func distance<T: BinaryFloatingPoint>(_ expected: T, _ found: T) -> Double {
    if expected.isNaN && found.isNaN { return 0 }
    if expected == found { return expected == 0 && expected.sign != found.sign ? 0.5 : 0 }
    guard expected.isFinite, found.isFinite else { return .infinity }
    // Libraries may flush results below the normal numbers to zero.
    if abs(expected) < T.leastNormalMagnitude * 4, abs(found) < T.leastNormalMagnitude * 4 { return 0 }
    return Double(abs(expected - found) / max(expected.ulp, T.leastNormalMagnitude))
  }

  private func expectUnary(_ executor: any Executor, _ precision: Precision, exact: Bool, _ comment: String) throws {
    let functions = UnaryFunction.allCases
    let program = try Program.trace("unary", inputs: functions.map { .init($0.rawValue, ValueType()) }) { inputs in
      zip(functions, inputs).map { ($0.rawValue, staged($0, $1)) }
    }
    let members = functions.map(\.arguments.count).max()!
    let ensemble = Ensemble(
      members: members,
      inputs: functions.map { function in
        (0..<members).map { [function.arguments[min($0, function.arguments.count - 1)]] }
      })
    let outputs = try executor.outputs(program, ensemble, precision: precision)
    for (position, function) in functions.enumerated() {
      for member in 0..<members {
        let x = ensemble.inputs[position][member][0]
        let found = outputs[position][member][0]
        let error =
          precision == .double
          ? distance(function.value(x), found) : distance(function.value(Float(x)), Float(found))
        if error > (exact ? 0.5 : max(function.tolerance, 0.5)) {
          Issue.record("\(function)(\(x)) = \(found), \(comment)")
        }
      }
    }
  }

  private func expectBinary(_ executor: any Executor, _ precision: Precision, exact: Bool, _ comment: String) throws {
    let functions = BinaryFunction.allCases
    let program = try Program.trace("binary", inputs: [.init("a", ValueType()), .init("b", ValueType())]) { inputs in
      functions.map { ($0.rawValue, staged($0, inputs[0], inputs[1])) }
    }
    let arguments = BinaryFunction.power.arguments
    let ensemble = Ensemble(members: arguments.count, inputs: [arguments.map { [$0.0] }, arguments.map { [$0.1] }])
    let outputs = try executor.outputs(program, ensemble, precision: precision)
    for (position, function) in functions.enumerated() {
      for (member, (a, b)) in arguments.enumerated() {
        let found = outputs[position][member][0]
        let error =
          precision == .double
          ? distance(function.value(a, b), found) : distance(function.value(Float(a), Float(b)), Float(found))
        if error > (exact ? 0.5 : max(function.tolerance, 0.5)) {
          Issue.record("\(function)(\(a), \(b)) = \(found), \(comment)")
        }
      }
    }
  }

  @Test(arguments: VectorLibrary.allCases, Precision.allCases)
  func vectorLibrariesComeWithinTheirUlps(library: VectorLibrary, precision: Precision) throws {
    let executor = try CompiledExecutor(
      library: library, vectorsPerTile: 1, environment: TestCache.quickEnvironment)
    try expectUnary(executor, precision, exact: false, "\(library), \(precision)")
    try expectBinary(executor, precision, exact: false, "\(library), \(precision)")
  }

  @Test(arguments: Precision.allCases) func batchedExecutorIsTheDefinition(precision: Precision) throws {
    try expectUnary(Engine.batched.executor(), precision, exact: true, "batched, \(precision)")
    try expectBinary(Engine.batched.executor(), precision, exact: true, "batched, \(precision)")
  }

  @Test(arguments: Engine.allCases) func minimumAndMaximumOfNaNAreNaN(engine: Engine) throws {
    let program = try Program.trace("nan", inputs: [.init("a", ValueType()), .init("b", ValueType())]) { inputs in
      [("min", min(inputs[0], inputs[1])), ("max", max(inputs[0], inputs[1]))]
    }
    let ensemble = Ensemble(members: 4, inputs: [[[.nan], [1], [0], [-0.0]], [[2], [.nan], [-0.0], [0]]])
    let outputs = try engine.executor().outputs(program, ensemble)
    for output in outputs {
      #expect(output[0][0].isNaN && output[1][0].isNaN)
      // Zeros of either sign are equal, so neither is less.
      #expect(output[2][0].sign == .minus && output[3][0].sign == .plus)
    }
  }
}

private func staged(_ function: UnaryFunction, _ x: Staged) -> Staged {
  switch function {
  case .negate: -x
  case .absolute: abs(x)
  case .sign: sign(x)
  case .floor: floor(x)
  case .ceiling: ceil(x)
  case .squareRoot: sqrt(x)
  case .exp: exp(x)
  case .expm1: expm1(x)
  case .log: log(x)
  case .log1p: log1p(x)
  case .log2: log2(x)
  case .log10: log10(x)
  case .sin: sin(x)
  case .cos: cos(x)
  case .tan: tan(x)
  case .asin: asin(x)
  case .acos: acos(x)
  case .atan: atan(x)
  case .sinh: sinh(x)
  case .cosh: cosh(x)
  case .tanh: tanh(x)
  case .asinh: asinh(x)
  case .acosh: acosh(x)
  case .atanh: atanh(x)
  case .erf: erf(x)
  case .logGamma: lgamma(x)
  }
}

private func staged(_ function: BinaryFunction, _ a: Staged, _ b: Staged) -> Staged {
  switch function {
  case .add: a + b
  case .subtract: a - b
  case .multiply: a * b
  case .divide: a / b
  case .power: pow(a, b)
  case .minimum: min(a, b)
  case .maximum: max(a, b)
  case .atan2: atan2(a, b)
  }
}
