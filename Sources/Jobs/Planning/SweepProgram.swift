import Dynamics
import Programs

/// The program that computes one member of a sweep, and what each of its outputs is.
struct SweepProgram {
  let program: Program
  /// What the program's outputs are, in order.
  let results: [Result]
  /// Whether something jumps where no step ends for it.
  var hasUnsearchedJumps = false

  enum Result: Equatable {
    /// An output of the job, by its place there.
    case output(Int)
    /// The saved components of the state `[components, times]`.
    case series
    case status, acceptedSteps, rejectedSteps
    /// Accepted steps that were kept short for the derivatives' sake.
    case limitedSteps
    /// Which states stayed below their absolute tolerances: a bit each.
    case smallStates
    /// The derivative of an output.
    case derivative(ofOutput: Int, by: VariedName)
    /// The derivative of the series.
    case derivativeOfSeries(by: VariedName)
    /// Whether the tape of reverse mode was too short.
    case tapeFull

    /// Whether it is saved components over time, `[components, times]`.
    var isSeries: Bool {
      switch self {
      case .series, .derivativeOfSeries: true
      case .output, .status, .acceptedSteps, .rejectedSteps, .limitedSteps, .smallStates, .derivative, .tapeFull: false
      }
    }

    /// What it is the derivative of, if it is one.
    var differentiated: Result? {
      switch self {
      case .derivative(let output, _): .output(output)
      case .derivativeOfSeries: .series
      case .output, .series, .status, .acceptedSteps, .rejectedSteps, .limitedSteps, .smallStates, .tapeFull: nil
      }
    }
  }

  /// The name of the series among the program's outputs; no user's name can be the same.
  static let series = "saved states"

  init(program: Program, results: [Result]) { (self.program, self.results) = (program, results) }

  /// - Parameters:
  ///   - varied: what differs by member; an input each, in this order.
  ///   - fixed: what is an input besides, to be differentiated by: parameters, and changes of starts.
  ///   - saved: the states that are kept over time.
  ///   - watched: the states that are watched for staying small.
  ///   - isDifferentiated: whether derivatives are taken of the program.
  /// - Throws: `ProgramError` if a registered model's shapes do not fit.
  init(
    _ document: JobDocument, _ model: Model, varied: [VariedName], fixed: [VariedName] = [], saveTimes: [Double],
    saved: [Model.State], watched: WatchedStates, isDifferentiated: Bool = false
  ) throws {
    var results: [Result] = []
    var jumps = false
    let inputs = (varied + fixed).map { Program.Input($0.description, ValueType(.real, model.shape(of: $0), .member)) }
    program = try Program.trace(document.name.value, inputs: inputs, place: Place(document.path)) { inputs in
      let given = Dictionary(uniqueKeysWithValues: zip(varied + fixed, inputs))
      let values = Model.Values(
        Dictionary(
          uniqueKeysWithValues: model.parameters.map { ($0.name, given[.parameter($0.name)] ?? Staged($0.value)) }),
        "parameter")
      let vector = StateVector(model.states)
      let start = vector.packed(
        model.states.map { state in
          let name = VariedName.start(ofState: state.name)
          guard let input = given[name] else { return state.start(values) }
          if fixed.contains(name) { return state.start(values) + input }
          return state.axis == nil ? input : input.broadcast(to: [state.count])
        })
      let outputs = SweepOutputs(document.outputs.map(\.specification), model, values, vector)
      let solve = document.solve
      let problem = model.problem(
        from: solve.fromExpression.map { outputs.time(.expression($0.value)) } ?? Staged(solve.from),
        until: solve.untilExpression.map { outputs.time(.expression($0.value)) } ?? Staged(solve.until), start: start,
        values, vector)
      var options = SolveOptions()
      options.endsStepsAtBranches = solve.endsStepsAtSwitches
      options.nonnegative = solve.nonnegative.flatMap { vector.components(of: $0.value) }
      options.guarded = document.guardedStates.flatMap { vector.components(of: $0) }
      options.watchedForSize = watched.states.map { vector.components(of: $0.name) }
      let events = model.events.map(\.name)
      options.timedEvents = outputs.timedEvents(events)
      let solution = problem.solve(
        solve.method.value.tableau, solve.dynamicsStepping(vector, isDifferentiated: isDifferentiated),
        saveAt: saveTimes, saving: saved.flatMap { vector.components(of: $0.name) },
        observations: outputs.observations, options: options)
      var traced = outputs.values(of: solution, events: events, timed: options.timedEvents).enumerated().map {
        position, value in
        results.append(.output(position))
        return (name: document.outputs[position].name.value, value: value)
      }
      jumps = solution.hasUnsearchedJumps
      if let series = solution.series {
        results.append(.series)
        traced.append((Self.series, series))
      }
      results += [.status, .acceptedSteps, .rejectedSteps]
      traced += [
        ("status", solution.status), ("steps", solution.acceptedSteps), ("rejected", solution.rejectedSteps),
      ]
      if let limited = solution.limitedSteps {
        results.append(.limitedSteps)
        traced.append(("limited", limited))
      }
      if !watched.isEmpty {
        results.append(.smallStates)
        traced.append((WatchedStates.variable, watched.mask(solution.areSmall)))
      }
      return traced
    }
    self.results = results
    hasUnsearchedJumps = jumps
  }
}

/// The states of a model as one vector, one after the other.
struct StateVector {
  private let states: [(name: String, isArray: Bool, range: Range<Int>)]

  init(_ states: [Model.State]) {
    var next = 0
    self.states = states.map { state in
      defer { next += state.count }
      return (state.name, state.axis != nil, next..<next + state.count)
    }
  }

  /// How many numbers the vector has.
  var count: Int { states.last?.range.upperBound ?? 0 }

  func components(of name: String) -> [Int] { states.first { $0.name == name }.map { Array($0.range) } ?? [] }

  func packed(_ values: [Staged]) -> Staged {
    if states.allSatisfy({ !$0.isArray }) { return .stack(values) }
    return .concatenate(zip(states, values).map { $0.isArray ? $1 : $1.reshaped([1]) })
  }

  func unpacked(_ vector: Staged) -> Model.Values {
    Model.Values(
      Dictionary(
        uniqueKeysWithValues: states.map { ($0.name, $0.isArray ? vector[$0.range] : vector[$0.range.lowerBound]) }),
      "state")
  }
}

/// The outputs of a job as observations of the solution and arithmetic over them.
struct SweepOutputs {
  /// Each distinct reduction once, though several outputs use it.
  let observations: [Observation]
  private let specifications: [OutputSpecification]
  private let distinct: [Reduction]
  private let constants: [String: Staged]

  init(_ specifications: [OutputSpecification], _ model: Model, _ parameters: Model.Values, _ vector: StateVector) {
    self.specifications = specifications
    var distinct: [Reduction] = []
    for reduction in specifications.flatMap(\.reductions) where !distinct.contains(reduction) {
      distinct.append(reduction)
    }
    self.distinct = distinct
    let known = parameters.all.merging(model.constantDefinitions(parameters)) { given, _ in given }
    constants = known
    observations = distinct.compactMap { reduction in
      guard let function = reduction.function.observation else { return nil }
      let times = Environment(known)
      var observation = Observation("\(reduction.function.rawValue)", function) { time, state in
        let states = vector.unpacked(state)
        var environment = Environment(parameters.all)
        environment["t"] = time
        for (name, value) in states.all { environment[name] = value }
        let used = Set(reduction.expression.names.map(\.name))
        if !used.isSubset(of: Set(states.all.keys).union(parameters.all.keys).union(["t"])) {
          for (name, value) in model.definitions(time, states, parameters) { environment[name] = value }
        }
        return environment.value(of: reduction.expression)
      }
      observation.time = reduction.time.map { times.value(of: $0.expression) }
      observation.from = reduction.from.map { times.value(of: $0.expression) }
      observation.until = reduction.until.map { times.value(of: $0.expression) }
      return observation
    }
  }

  /// A time, from parameters and lets over them.
  func time(_ value: TimeValue) -> Staged { Environment(constants).value(of: value.expression) }

  /// The numbers of the events whose times are outputs.
  func timedEvents(_ events: [String]) -> [Int] {
    let names = distinct.filter { $0.function == .timeOf }.map(\.expression.description)
    return events.indices.filter { names.contains(events[$0]) }
  }

  /// The outputs in the order of the job.
  /// - Parameters:
  ///   - events: names of the solution's events, in its order.
  ///   - timed: those whose times were kept.
  func values(of solution: Solution, events: [String], timed: [Int]) -> [Staged] {
    var observed = solution.observations[...]
    let reduced = distinct.map { reduction -> Staged in
      if reduction.function.observation != nil { return observed.removeFirst() }
      guard let event = events.firstIndex(of: reduction.expression.description) else {
        preconditionFailure("the event '\(reduction.expression)' was not checked")
      }
      guard reduction.function == .timeOf, let place = timed.firstIndex(of: event) else {
        return solution.eventCounts[event]
      }
      return reduction.isLast ? solution.lastTimes[place] : solution.firstTimes[place]
    }
    return specifications.map { specification in
      var environment = Environment(constants)
      for (position, reduction) in specification.reductions.enumerated() {
        environment[OutputSpecification.placeholder(position)] = reduced[distinct.firstIndex(of: reduction)!]
      }
      return environment.value(of: specification.combination)
    }
  }
}

extension ReductionFunction {
  /// How the solver observes it; nil for what it counts anyway.
  var observation: Observation.Reduction? {
    switch self {
    case .final: .final
    case .initial: .initial
    case .maximum: .maximum
    case .minimum: .minimum
    case .mean: .mean
    case .integral: .integral
    case .timeOfMaximum: .timeOfMaximum
    case .timeOfMinimum: .timeOfMinimum
    case .at: .at
    case .count, .timeOf: nil
    }
  }
}

extension SolveDescription {
  /// - Parameter isDifferentiated: whether derivatives are taken of the steps.
  func dynamicsStepping(_ vector: StateVector, isDifferentiated: Bool) -> Dynamics.Stepping {
    switch stepping {
    case .fixed(let step): return .fixed(step: step)
    case .adaptive(let relative, let absolute, let first, let maximum):
      var control = StepControl(
        relativeTolerance: relative, absoluteTolerance: absolute, firstStep: first, maximumStep: maximum,
        maximumSteps: maximumSteps)
      control.followsState = followsState
      control.limitsGrowth = isDifferentiated
      if !absoluteTolerances.isEmpty {
        var tolerances = Array(repeating: absolute, count: vector.count)
        for (state, tolerance) in absoluteTolerances {
          for component in vector.components(of: state.value) { tolerances[component] = tolerance }
        }
        control.absoluteTolerances = tolerances
      }
      return .adaptive(control)
    }
  }
}
