import Programs

/// Which states each output of a job depends on: what it is made of, what moves that, and so on.
struct StateDependence {
  private let equations: EquationsModel
  private let lets: [String: Expression]
  private let states: Set<String>
  /// Names that act on everything: those of events that stop a solution or change its phase.
  private var common: Set<String> = []
  /// By state, the names that act on it.
  private var sources: [String: Set<String>] = [:]

  /// - Returns: nil for models in Swift.
  init?(_ document: JobDocument) {
    guard case .equations(let equations) = document.model else { return nil }
    self.equations = equations
    lets = Dictionary(equations.lets.map { ($0.name.value, $0.expression.value) }) { first, _ in first }
    states = Set(equations.states.map(\.name.value))
    for state in equations.states { sources[state.name.value] = Self.names([state.rate.value]) }
    for rate in equations.phases.flatMap(\.rates) {
      sources[rate.state.value, default: []].formUnion(Self.names([rate.expression.value]))
    }
    for event in equations.events {
      let causes = Self.names(Self.causes(of: event))
      switch event.action {
      case .stop: common.formUnion(causes)
      case .proceed(let set, let next):
        if next != nil { common.formUnion(causes) }
        for change in set {
          sources[change.state.value, default: []].formUnion(causes.union(Self.names([change.expression.value])))
        }
      }
    }
  }

  /// The states that an output depends on.
  func states(of output: OutputSpecification) -> Set<String> {
    var names = common
    for reduction in output.reductions {
      if reduction.function.isOfEvent {
        let named = Self.names([reduction.expression])
        for event in equations.events where named.contains(event.name.value) {
          names.formUnion(Self.names(Self.causes(of: event)))
        }
      } else {
        names.formUnion(Self.names([reduction.expression]))
      }
    }
    return closure(names)
  }

  /// The states that a state depends on, and itself.
  func states(of state: String) -> Set<String> { closure(common.union([state])) }

  private func closure(_ names: Set<String>) -> Set<String> {
    var (seen, open) = (Set<String>(), Array(names))
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      if let definition = lets[name] { open += Self.names([definition]) }
      open += sources[name] ?? []
    }
    return seen.intersection(states)
  }

  private static func names(_ expressions: [Expression]) -> Set<String> {
    Set(expressions.flatMap { $0.names.map(\.name) })
  }

  /// What decides whether and when an event happens.
  private static func causes(of event: EventDescription) -> [Expression] {
    let trigger: [Expression] =
      switch event.trigger {
      case .crossing(let condition, _), .becomesTrue(let condition): [condition.value]
      case .at, .every: []
      }
    return trigger + [event.delay?.value, event.priority?.value].compactMap { $0 }
  }
}
