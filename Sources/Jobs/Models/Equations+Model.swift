import Programs

extension Model {
  /// The model that a job file's equations describe.
  init(_ equations: EquationsModel, name: String, startTime: Double) {
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
    self.init(
      name: name,
      parameters: equations.parameters.map {
        Parameter($0.name.value, $0.value, units: $0.units, description: $0.description)
      },
      states: states.map { state in
        State(state.name.value, units: state.units, description: state.description) { parameters in
          environment(Staged(startTime), nil, parameters).value(of: state.start.value)
        }
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
