import Archive
import Dynamics
import Programs

/// States with an absolute tolerance of the user's that a result depends on. A state that stays below it is computed to no
/// digit; the results say which did, in which member.
public struct WatchedStates: Sendable {
  /// By watched state, its absolute tolerance and the results that depend on it.
  let states: [(name: String, tolerance: Double, results: [String])]

  static let variable = "below_tolerance"
  /// A whole number of single precision has so many bits.
  private static let most = 24

  init(_ document: JobDocument, _ model: Model, saved: [Model.State]) {
    guard case .adaptive(_, let standard, _, _) = document.solve.stepping, !document.solve.followsState else {
      states = []
      return
    }
    let dependence = StateDependence(document)
    let all = Set(model.states.map(\.name))
    var results: [String: [String]] = [:]
    for output in document.outputs {
      for state in dependence?.states(of: output.specification) ?? all {
        results[state, default: []].append(output.name.value)
      }
    }
    for kept in saved {
      for state in dependence?.states(of: kept.name) ?? all { results[state, default: []].append(kept.name) }
    }
    let own = Dictionary(document.solve.absoluteTolerances.map { ($0.state.value, $0.value) }) { first, _ in first }
    let watched = model.states.compactMap { state in
      results[state.name].map { (name: state.name, tolerance: own[state.name] ?? standard, results: $0) }
    }
    states = Array(watched.filter { $0.tolerance > 0 }.prefix(Self.most))
  }

  /// Seven bits of eight are those of numbers that are not negative.
  var elementType: ElementType { states.count <= 7 ? .int8 : .int32 }

  var isEmpty: Bool { states.isEmpty }

  /// A whole number whose bits are the states that were small, of what the solver says of each.
  func mask(_ areSmall: [Staged]) -> Staged {
    zip(areSmall, 0...).reduce(Staged(0)) { $0 + Staged(Double(1 << $1.1)) * $1.0 }
  }

  var attributes: [Attribute] {
    [
      Attribute("long_name", "states below their absolute tolerance for more than half of the solution"),
      Attribute("flag_masks", .integers(states.indices.map { 1 << $0 })),
      Attribute("flag_meanings", states.map(\.name).joined(separator: " ")),
    ]
  }

  /// - Parameter members: by watched state, how many members it was small in.
  func notes(_ members: [Int]) -> [SweepNote] {
    zip(states, members).filter { $1 > 0 }.map { state, members in
      SweepNote(
        "'\(state.name)' stayed below its absolute tolerance of \(Expression.shortest(state.tolerance)) for most of the solution in "
          + "\(members == 1 ? "1 member" : "\(members) members"): no digit of it is controlled there. Give it a smaller one "
          + "(solve.absolute_tolerance: {\(state.name): …}), or leave the key out for one that follows the states",
        on: [Self.variable] + state.results)
    }
  }
}
