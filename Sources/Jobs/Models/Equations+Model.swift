import Programs

extension Model {
  /// The model that a job file's equations describe.
  ///
  /// - Parameters:
  ///   - solve: the times at which solutions start and end.
  init(_ equations: EquationsModel, name: String, _ solve: SolveDescription) {
    let (from, until) = (solve.from, solve.until)
    let fromExpression = solve.fromExpression?.value
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
    /// The values of times that use parameters.
    @Sendable func time(_ value: TimeValue, _ parameters: Values) -> Staged {
      environment(Staged(from), nil, parameters).value(of: value.expression)
    }
    self.init(
      name: name,
      parameters: equations.parameters.map {
        Parameter($0.name.value, $0.value, units: $0.units, description: $0.description)
      },
      states: states.map { state in
        State(state.name.value, units: state.units, description: state.description) { parameters in
          var begin = Staged(from)
          if let fromExpression { begin = environment(begin, nil, parameters).value(of: fromExpression) }
          return environment(begin, nil, parameters).value(of: state.start.value)
        }
      },
      phases: equations.phases.map { Phase($0.name.value, rates: values($0.rates)) },
      events: equations.events.map { event in
        let trigger: Event.Trigger =
          switch event.trigger {
          case .crossing(let condition, let direction):
            .crossing(direction) { environment($0, $1, $2).value(of: condition.value) }
          case .becomesTrue(let condition):
            .becomesTrue { environment($0, $1, $2).value(of: condition.value) }
          case .at(let times):
            if solve.hasOneStart, let numbers = event.trigger.times(from: from, until: until) {
              .times(numbers)
            } else {
              .at { parameters in times.map { time($0, parameters) } }
            }
          case .every(let interval, let first, let last):
            if solve.hasOneStart, solve.hasOneEnd, let numbers = event.trigger.times(from: from, until: until) {
              .times(numbers)
            } else {
              .every { parameters in
                (
                  time(interval.value, parameters), first.map { time($0, parameters) },
                  last.map { time($0, parameters) }
                )
              }
            }
          }
        let action: Event.Action =
          switch event.action {
          case .stop: .stop
          case .proceed(let set, let next): .proceed(set: set.isEmpty ? nil : values(set), next: next?.value)
          }
        var happening = Event(event.name.value, trigger, action, during: event.phases?.map(\.value))
        happening.happensAtStart = event.happensAtStart
        happening.isPersistent = event.isPersistent
        if let priority = event.priority {
          happening.priority = { environment($0, $1, $2).value(of: priority.value) }
        }
        if let delay = event.delay {
          happening.delay = { environment($0, $1, $2).value(of: delay.value) }
          happening.takesValuesFromTrigger = event.takesValuesFromTrigger
          if case .proceed(let set, _) = event.action { happening.setStates = set.map(\.state.value) }
        }
        return happening
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
