import Foundation
import Programs
import Testing

/// Every function of expressions has one meaning: as a constant, and as a member's value on either executor.
@Suite struct KnownFunctionTests {
  /// Of special values and ordinary ones, small and large.
  private static let numbers: [Double] = [
    0, -0.0, 0.5, -0.5, 1, -1, 2.5, -2.5, 3, 5, 12, 64, -27, 0.1, 1e-10, -1e10, 1e300, -1e300, 3e200, 4e200, 1e-300,
    4e-170,
    .leastNonzeroMagnitude, .infinity, -.infinity, .nan,
  ]
  private static let pairs = numbers.flatMap { x in numbers.map { (x, $0) } }

  /// Calls over x and y. The exponent of a power is written out: a known whole one makes products.
  private static func calls(_ function: KnownFunction) -> [String] {
    switch function.arity {
    case _ where function == .pow: ["pow(x, 3)", "x^-2", "pow(x, 0.5)", "x^2.5", "pow(x, 17)", "x^(1/3)"]
    case .exactly(1): ["\(function)(x)"]
    case .exactly: ["\(function)(x, y)"]
    case .atLeast: ["\(function)(x, y)", "\(function)(x)", "\(function)(x, 1, y)"]
    case .piecewise: ["piecewise(x > y, x, x == y, y, 1/4)"]
    }
  }

  private static let texts = KnownFunction.allCases.flatMap(calls)

  /// The texts' values for all pairs, as a job computes them from parameters that vary.
  private static func members(_ engine: Engine) throws -> [[Double]] {
    let expressions = try texts.map { try Expression.parse($0) }
    let program = try Program.trace("functions", inputs: [.init("x", ValueType()), .init("y", ValueType())]) { inputs in
      let environment = Environment(["x": inputs[0], "y": inputs[1]])
      return zip(texts, expressions).map { ($0, environment.value(of: $1)) }
    }
    let ensemble = Ensemble(members: pairs.count, inputs: [pairs.map { [$0.0] }, pairs.map { [$0.1] }])
    return try engine.executor().outputs(program, ensemble).map { $0.map { $0[0] } }
  }

  private static func constant(_ text: String, _ x: Double, _ y: Double) throws -> Double {
    try Expression.parse(text).evaluated(constants: ["x": x, "y": y])
  }

  @Test func constantsHaveTheBitsOfTheBatchedExecutor() throws {
    for (text, found) in zip(Self.texts, try Self.members(.batched)) {
      for ((x, y), value) in zip(Self.pairs, found) {
        let expected = try Self.constant(text, x, y)
        #expect(bits(value) == bits(expected), "\(text) at x = \(x), y = \(y): \(value), as a constant \(expected)")
      }
    }
  }

  /// Six units in the last place, as for each function alone (`ElementaryTable`); of what is a difference, those of the larger part.
  @Test func theCompiledExecutorComesCloseToConstants() throws {
    for (text, found) in zip(Self.texts, try Self.members(.compiled)) {
      for ((x, y), value) in zip(Self.pairs, found) {
        let expected = try Self.constant(text, x, y)
        if bits(value) == bits(expected) || value == expected { continue }
        var scale = abs(expected)
        if text.hasPrefix("mod") { scale = max(scale, abs(x)) }
        if text.hasPrefix("lgamma") { scale = max(scale, 1) }
        // Libraries may flush results below the normal numbers to zero.
        let isClose = abs(value - expected) <= 6 * max(scale, .leastNormalMagnitude * 4).ulp
        #expect(isClose, "\(text) at x = \(x), y = \(y): \(value), as a constant \(expected)")
      }
    }
  }

  /// An exponent that varies is no product, so the last bits are those of `pow`.
  @Test(arguments: Engine.allCases) func powersWhoseExponentVariesAreAsClose(engine: Engine) throws {
    let program = try Program.trace("powers", inputs: [.init("x", ValueType()), .init("y", ValueType())]) { inputs in
      [("y", Environment(["x": inputs[0], "y": inputs[1]]).value(of: try Expression.parse("x^y")))]
    }
    let exponents: [Double] = [-16, -3, 0, 1, 2, 7, 16, 17, 40]
    let pairs = [2.5, -2.5, 0.1, 3, 1e10].flatMap { (x: Double) in exponents.map { (x, $0) } }
    let ensemble = Ensemble(members: pairs.count, inputs: [pairs.map { [$0.0] }, pairs.map { [$0.1] }])
    for ((x, y), found) in zip(pairs, try engine.executor().outputs(program, ensemble)[0]) {
      let expected = try Self.constant("x^y", x, y)
      // Four squarings of what is rounded, and a quotient.
      #expect(found[0] == expected || abs(found[0] - expected) <= 20 * expected.ulp, "\(x) to the \(y): \(found[0])")
    }
  }

  @Test(arguments: Engine.allCases) func wholeNumbersAreTheRootsOfTheirCubes(engine: Engine) throws {
    let program = try Program.trace("roots", inputs: [.init("x", ValueType())]) { [("y", cbrt($0[0]))] }
    // The cubes of up to 2^17 have no more than 51 bits.
    let whole = Array(stride(from: 1.0, through: 2000, by: 1)) + Array(stride(from: 2001, through: 131_072, by: 13))
    let roots = [1, -1, 0x1p-200, 0x1p+121].flatMap { scale in whole.map { scale * $0 } }
    let found = try engine.executor().outputs(
      program, Ensemble(members: roots.count, inputs: [roots.map { [$0 * $0 * $0] }]))[0]
    let wrong = zip(roots, found).filter { $0 != $1[0] }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test func oneUnitBoundsTheErrorOfOtherCubeRoots() throws {
    for x in [2.0, 10, 0.1, 0x1p-1030, 1.7e308, 3e-200, 12345.678] {
      let (found, expected) = (try Self.constant("cbrt(x)", x, 0), Foundation.cbrt(x))
      #expect(abs(found - expected) <= expected.ulp, "\(x)")
    }
  }

  @Test func lengthsNeitherOverflowNorUnderflow() throws {
    let known: [(String, Double)] = [
      ("hypot(3e200, 4e200)", 5e200), ("hypot(3e-200, -4e-200)", 5e-200), ("hypot(3, 4)", 5), ("hypot(5, 12)", 13),
      ("hypot(0, -0.0)", 0), ("hypot(inf, 1)", .infinity), ("hypot(-inf, inf)", .infinity),
      ("hypot(0, -7e-300)", 7e-300),
    ]
    for (text, value) in known {
      let found = try Expression.parse(text).evaluated()
      #expect(found == value || abs(found - value) <= value.ulp, "\(text) is \(found)")
    }
    #expect(try Self.constant("hypot(x, y)", .infinity, .nan).isNaN)
  }
}
