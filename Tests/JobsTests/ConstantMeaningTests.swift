import Programs
import Testing

@testable import Jobs

/// An expression has one meaning in a job, whether it is a constant of the file or what members compute.
@Suite struct ConstantMeaningTests {
  private static let numbers = [0, -0.0, 0.25, -0.75, 1, -8, 64, 2.5, 1e-300, 3e200, -1e308]

  /// Calls of each function over x; LARGE is infinite where x is large, and NONE is not a number there.
  private static func calls(_ function: KnownFunction) -> [String] {
    switch function.arity {
    case _ where function == .pow: ["pow(x, 3)", "x^0.5", "x^2.5"]
    case .exactly(1): ["\(function)(x)", "\(function)(LARGE)", "\(function)(NONE)"]
    case .exactly: ["\(function)(x, 2.5)", "\(function)(4e200, x)", "\(function)(NONE, x)", "\(function)(x, NONE)"]
    case .atLeast: ["\(function)(x, 0.5)", "\(function)(NONE, x)", "\(function)(x, NONE)"]
    case .piecewise: ["piecewise(x > 0.5, x, x == 0, 7, 1/x)"]
    }
  }

  private static let texts = KnownFunction.allCases.flatMap(calls).map {
    $0.replacing("LARGE", with: "(1e200*x)").replacing("NONE", with: "(1e200*x - 1e200*x)")
  }

  /// A job with each text as a let of the parameter x, which varies.
  private static let job: String = {
    let lets = texts.enumerated().map { "    f\($0.offset): \"\($0.element)\"" }
    let outputs = texts.indices.map { "  o\($0): final(f\($0))" }
    return """
      name: meaning
      model:
        parameters: {x: 1}
        let:
      \(lets.joined(separator: "\n"))
        states: {s: {start: 0, rate: 0}}
      solve: {until: 1}
      vary:
        x: {values: [\(numbers.map { "\($0)" }.joined(separator: ", "))]}
      outputs:
      \(outputs.joined(separator: "\n"))
      """
  }()

  /// The same texts as constants, with the number in the place of x: the values of a job's parameters have to be finite.
  private static func constant(_ text: String, _ number: Double) throws -> Double {
    let expression = try Expression.parse(text).replacing { part -> Expression? in
      if case .name("x", let range) = part { return .number(number, at: range) }
      return nil
    }
    return try expression.evaluated()
  }

  @Test(arguments: Engine.allCases) func constantsAndMembersAgreeOnEveryFunction(engine: Engine) throws {
    let found = try engine.run(Self.job)
    for (position, text) in Self.texts.enumerated() {
      let values = found["o\(position)"]
      for (member, x) in Self.numbers.enumerated() {
        let (value, expected) = (values[member], try Self.constant(text, x))
        if value == expected || (value.isNaN && expected.isNaN) { continue }
        let scale = text.hasPrefix("mod") ? max(abs(expected), abs(x), 4e200) : abs(expected)
        let isClose = engine == .compiled && abs(value - expected) <= 6 * max(scale, .leastNormalMagnitude * 4).ulp
        #expect(isClose, "\(engine): \(text) at \(x) is \(value), as a constant \(expected)")
      }
    }
  }

  @Test func parametersOfTheFileAreWhatMembersWouldCompute() throws {
    let text = """
      name: parameters
      model:
        parameters: {x: 64, root: cbrt(64), length: "hypot(3e200, 4e200)", third: 0.7^3}
        let: {of_x: cbrt(x), power: (x/64*0.7)^3}
        states: {s: {start: 0, rate: 0}}
      solve: {until: 1}
      vary: {x: {values: [64]}}
      outputs: {root_of_x: final(of_x), power_of_x: final(power)}
      """
    guard case .equations(let model) = try JobDocument(text: text, path: "jobs/test.yaml").model else { return }
    let values = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name.value, $0.value) })
    #expect(values["root"] == 4 && abs(values["length"]! / 5e200 - 1) < 1e-15)
    for engine in Engine.allCases {
      let found = try engine.run(text)
      #expect(found["root_of_x"] == [4])
      if engine == .batched { #expect(found["power_of_x"] == [values["third"]!]) }
    }
  }
}
