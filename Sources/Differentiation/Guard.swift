import Programs

/// Conditions under all of which a cotangent counts: those of the selects that all of a value's influence passes through.
///
/// What a select does not take has the cotangent zero; but zero times the slope of what is infinite or not a number, such as
/// the root of a negative height in the rates of another phase, is not a number. So a cotangent goes into a select's
/// operands as it is, and is left out where it comes out of what was computed for that select alone.
struct Guard: Hashable {
  /// A condition by its value's number, and which way it must be.
  struct Term: Hashable, Comparable {
    var condition: Int
    var isMet: Bool
    /// Whether it is a condition for each component, which nothing but component-by-component operations keep in place.
    var isArray: Bool

    static func < (a: Term, b: Term) -> Bool {
      (a.condition, a.isMet ? 1 : 0) < (b.condition, b.isMet ? 1 : 0)
    }
  }

  /// Sorted.
  private(set) var terms: [Term] = []

  static let none = Guard()

  var isEmpty: Bool { terms.isEmpty }
  var scalars: Guard { Guard(terms: terms.filter { !$0.isArray }) }
  var arrays: Guard { Guard(terms: terms.filter(\.isArray)) }

  func with(_ term: Term?) -> Guard {
    guard let term, !terms.contains(term) else { return self }
    return Guard(terms: (terms + [term]).sorted())
  }

  func intersection(_ other: Guard) -> Guard { Guard(terms: terms.filter(other.terms.contains)) }
  func subtracting(_ other: Guard) -> Guard { Guard(terms: terms.filter { !other.terms.contains($0) }) }

  /// The one guard that holds where this does not, if this is a single condition.
  var opposite: Guard? {
    guard terms.count == 1 else { return nil }
    var term = terms[0]
    term.isMet.toggle()
    return Guard(terms: [term])
  }

  /// The value where all conditions hold, the other elsewhere.
  func selected(_ value: Staged, else other: Staged, _ values: [Staged]) -> Staged {
    guard let first = terms.first else { return value }
    if terms.count == 1 {
      return first.isMet
        ? select(values[first.condition], value, other) : select(values[first.condition], other, value)
    }
    let conditions = terms.map { $0.isMet ? values[$0.condition] : .!values[$0.condition] }
    return select(conditions.dropFirst().reduce(conditions[0]) { $0 .& $1 }, value, other)
  }
}

extension Instruction {
  /// Under which conditions a cotangent passes to an operand, from those of the results.
  ///
  /// A select between numbers and what is not a number sees to that itself: its derivative is not a number either.
  func guardPassed(to operand: Int, from results: Guard, _ values: [Staged]) -> Guard {
    let kept = operation.isComponentwise ? results : results.scalars
    guard operation == .select, operand > 0, !values[operands[3 - operand].number].isNotANumber else { return kept }
    let condition = operands[0].number
    return kept.with(
      Guard.Term(condition: condition, isMet: operand == 1, isArray: !values[condition].shape.isScalar))
  }
}

extension ReverseMode {
  /// The guard of each value that a cotangent reaches from the given ones; nil for the others. Inputs have none: nothing
  /// leaves it out for them any more.
  func guards(from seeded: [Int]) -> [Guard?] {
    var guards: [Guard?] = Array(repeating: nil, count: values.count)
    for number in seeded { guards[number] = Guard.none }
    for (instruction, first) in zip(program.instructions, program.firstResults).reversed() {
      let own = guards[first..<first + instruction.results.count].compactMap { $0 }
      guard let start = own.first else { continue }
      let results = own.dropFirst().reduce(start) { $0.intersection($1) }
      for (position, operand) in instruction.operands.enumerated() where varies[operand.number] {
        let shape = values[operand.number].shape
        var passed = instruction.guardPassed(to: position, from: results, values)
        if shape != instruction.results[0].shape { passed = passed.scalars }
        if operand.number < program.inputs.count { passed = .none }
        guards[operand.number] = guards[operand.number].map { $0.intersection(passed) } ?? passed
      }
    }
    return guards
  }
}
