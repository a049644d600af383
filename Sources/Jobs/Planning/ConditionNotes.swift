import Programs

import func Foundation.pow

extension EquationsModel {
  /// Events whose conditions are not numbers wherever they are tried: at 64 times and states of all sizes and signs, with
  /// the model's own parameters.
  func notesOnConditions(from start: Double, until end: Double) -> [SweepNote] {
    let points = (0..<64).map { point(number: $0, from: start, until: end) }
    return events.compactMap { event in
      let condition: Expression
      switch event.trigger {
      case .crossing(let expression, _), .becomesTrue(let expression): condition = expression.value
      case .at, .every: return nil
      }
      let part = Self.compared(in: condition).first { part in
        points.allSatisfy { (try? part.evaluated(constants: $0))?.isNaN ?? false }
      }
      return part.map {
        SweepNote(
          "event '\(event.name.value)' seems never to happen: '\($0.description)' is not a number, whatever the states are. "
            + "Write a condition that has a value")
      }
    }
  }

  /// The numbers that a condition compares, or itself.
  private static func compared(in condition: Expression) -> [Expression] {
    func parts(_ expression: Expression) -> [Expression] {
      if case .binary(let operation, let one, let other, _) = expression, operation.isComparison {
        return [one, other]
      }
      return expression.operands.flatMap(parts)
    }
    let found = parts(condition)
    return found.isEmpty ? [condition] : found
  }

  /// A time and values of all states, from a thousandth of a thousandth to a million, and what follows from them.
  private func point(number: Int, from start: Double, until end: Double) -> [String: Double] {
    func share(_ place: Int) -> Double {
      let product = Double(number + 1) * Double(place + 1) * 0.618_033_988_749_895 + 0.37 * Double(place)
      return product - product.rounded(.down)
    }
    var values = constants
    values["t"] = start + (end - start) * share(0)
    for (place, state) in states.enumerated() {
      let size = pow(10, 12 * share(place + 1) - 6)
      values[state.name.value] = (number >> (place % 6)) % 2 == 0 ? size : -size
    }
    for definition in lets where definition.kind == .number && values[definition.name.value] == nil {
      values[definition.name.value] = try? definition.expression.value.evaluated(constants: values)
    }
    return values
  }
}
