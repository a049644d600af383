import Programs

extension Model {
  /// The model that a job file's equations describe.
  ///
  /// - Parameters:
  ///   - from: the time at which solutions start.
  ///   - until: the time at which they end.
  init(_ equations: EquationsModel, name: String, from: Double, until: Double) {
    let lets = equations.lets
    let states = equations.states
    /// Everything that expressions can use at a time and state; lets come in an order that lets them build on each other.
    @Sendable func environment(_ time: Staged, _ states: Values?, _ parameters: Values) -> Environment {
      var environment = Environment(parameters.all)
      environment["t"] = time
      for (name, value) in states?.all ?? [:] { environment[name] = value }
      for definition in lets where states != nil || definition.dependence < .states {
        environment[definition.name.value] = environment.value(of: definition.expression.value)
      }
      return environment
    }
    /// What expressions give to some of the states.
    @Sendable func values(_ expressions: [StateExpression]) -> Evaluation {
      { time, values, parameters in
        let environment = environment(time, values, parameters)
        return Dictionary(
          uniqueKeysWithValues: expressions.map { ($0.state.value, environment.value(of: $0.expression.value)) })
      }
    }
    self.init(
      name: name,
      parameters: equations.parameters.map {
        Parameter($0.name.value, $0.value, units: $0.units, description: $0.description)
      },
      states: states.map { state in
        State(state.name.value, units: state.units, description: state.description) { parameters in
          environment(Staged(from), nil, parameters).value(of: state.start.value)
        }
      },
      phases: equations.phases.map { Phase($0.name.value, rates: values($0.rates)) },
      events: equations.events.map { event in
        let trigger: Event.Trigger =
          switch event.trigger {
          case .crossing(let condition, let direction):
            .crossing(direction) { environment($0, $1, $2).value(of: condition.value) }
          case .at, .every: .times(event.trigger.times(from: from, until: until) ?? [])
          }
        let action: Event.Action =
          switch event.action {
          case .stop: .stop
          case .proceed(let set, let next): .proceed(set: set.isEmpty ? nil : values(set), next: next?.value)
          }
        return Event(event.name.value, trigger, action, during: event.phases?.map(\.value))
      },
      definitions: { time, states, parameters in
        let environment = environment(time, states, parameters)
        return Dictionary(uniqueKeysWithValues: lets.map { ($0.name.value, environment[$0.name.value]!) })
      },
      constantDefinitions: { parameters in
        var environment = Environment(parameters.all)
        var constants: [String: Staged] = [:]
        for definition in lets where definition.dependence == .parameters {
          let value = environment.value(of: definition.expression.value)
          environment[definition.name.value] = value
          constants[definition.name.value] = value
        }
        return constants
      },
      rates: { time, values, parameters in
        let environment = environment(time, values, parameters)
        return Dictionary(
          uniqueKeysWithValues: states.map { ($0.name.value, environment.value(of: $0.rate.value)) })
      })
  }
}
