import Dynamics
import Programs

extension Model {
  /// A part of a solution in which some states have other rates.
  public struct Phase: Sendable {
    public let name: String
    /// The rates that differ from the model's own, of the states' shapes.
    public let rates: Evaluation

    public init(_ name: String, rates: @escaping Evaluation = { _, _, _ in [:] }) {
      (self.name, self.rates) = (name, rates)
    }
  }

  /// Something that happens at an instant of a solution; see `Dynamics.Event`.
  public struct Event: Sendable {
    public enum Trigger: Sendable {
      /// A scalar passes through zero.
      case crossing(
        Dynamics.Event.Direction,
        @Sendable (_ time: Staged, _ states: Values, _ parameters: Values) -> Staged)
      /// A boolean scalar becomes true.
      case becomesTrue(@Sendable (_ time: Staged, _ states: Values, _ parameters: Values) -> Staged)
      /// These times.
      case times([Double])
      /// Times that may differ by member, from its parameters.
      case at(@Sendable (_ parameters: Values) -> [Staged])
      /// Times this far apart, from the parameters; the first and the last are those of the solution if nil.
      case every(@Sendable (_ parameters: Values) -> (interval: Staged, from: Staged?, until: Staged?))
    }

    public enum Action: Sendable {
      case stop
      /// New values of states, of their shapes, by name, and the phase that begins, if any.
      case proceed(set: Evaluation?, next: String?)
    }

    public let name: String
    public let trigger: Trigger
    public let action: Action
    /// The names of the phases that the event belongs to; nil for all.
    public let phases: [String]?
    /// Whether a condition that is true at the start makes it happen there.
    public var happensAtStart = false
    /// Of events of one time the one with the largest number goes first; zero if nil.
    public var priority: (@Sendable (_ time: Staged, _ states: Values, _ parameters: Values) -> Staged)?
    /// Whether it happens even if its condition is no longer true when its turn comes.
    public var isPersistent = true
    /// The time between trigger and action.
    public var delay: (@Sendable (_ time: Staged, _ states: Values, _ parameters: Values) -> Staged)?
    /// Whether a delayed event sets the values from the time of its trigger; then the states that it sets must be numbers.
    public var takesValuesFromTrigger = false
    /// The states that it sets, where that must be known.
    public var setStates: [String] = []

    public init(_ name: String, _ trigger: Trigger, _ action: Action, during phases: [String]? = nil) {
      (self.name, self.trigger, self.action, self.phases) = (name, trigger, action, phases)
    }
  }

  /// The model as an initial-value problem over all its states in one vector.
  func problem(from: Staged, until: Staged, start: Staged, _ parameters: Values, _ vector: StateVector)
    -> InitialValueProblem
  {
    /// The values of all states, those not given from the states themselves or the model.
    func packed(_ given: [String: Staged], else other: (String) -> Staged?, _ what: String) -> Staged {
      vector.packed(
        states.map { state in
          guard let value = given[state.name] ?? other(state.name) else {
            preconditionFailure("the model gives no \(what) of '\(state.name)'")
          }
          return value
        })
    }
    func rates(_ own: Evaluation?) -> (Staged, Staged) -> Staged {
      { time, state in
        let values = vector.unpacked(state)
        let own = own?(time, values, parameters) ?? [:]
        let common = states.allSatisfy { own[$0.name] != nil } ? [:] : self.rates(time, values, parameters)
        return packed(own, else: { common[$0] }, "rate")
      }
    }
    let happenings = events.map { event -> Dynamics.Event in
      let trigger: Dynamics.Event.Trigger =
        switch event.trigger {
        case .times(let times): .times(times)
        case .at(let times): .at(times(parameters))
        case .every(let times):
          { .every($0.interval, from: $0.from, until: $0.until) }(times(parameters))
        case .becomesTrue(let condition):
          .becomesTrue { condition($0, vector.unpacked($1), parameters) }
        case .crossing(let direction, let condition):
          .crossing(direction) { condition($0, vector.unpacked($1), parameters) }
        }
      let action: Dynamics.Event.Action =
        switch event.action {
        case .stop: .stop
        case .proceed(let set, let next):
          .proceed(
            change: set.map { set in
              { time, state in
                let values = vector.unpacked(state)
                return packed(set(time, values, parameters), else: { values[$0] }, "new value")
              }
            }, next: next)
        }
      var happening = Dynamics.Event(event.name, trigger, action, during: event.phases)
      happening.happensAtStart = event.happensAtStart
      happening.isPersistent = event.isPersistent
      happening.priority = event.priority.map { priority in
        { priority($0, vector.unpacked($1), parameters) }
      }
      happening.delay = event.delay.map { delay in
        Dynamics.Event.Delay(
          valuesFromTrigger: event.takesValuesFromTrigger ? event.setStates.flatMap(vector.components) : nil
        ) { delay($0, vector.unpacked($1), parameters) }
      }
      return happening
    }
    return InitialValueProblem(
      from: from, until: until, start: start,
      phases: phases.isEmpty
        ? [Dynamics.Phase("whole", rates: rates(nil))] : phases.map { Dynamics.Phase($0.name, rates: rates($0.rates)) },
      events: happenings)
  }
}
