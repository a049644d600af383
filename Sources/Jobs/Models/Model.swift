import Programs

/// A dynamical model: parameters, states with their starts, and rates, whether written in a job file or in Swift.
///
/// A model in Swift computes with whole arrays:
///
///     let decay = Model(
///       "decay", parameters: [.init("rate", 0.5)],
///       states: [.init("u", axis: .init("cell", 64)) { _ in Staged(Array(repeating: 1, count: 64)) }]
///     ) { t, states, parameters in
///       ["u": -parameters["rate"] * states["u"]]
///     }
public struct Model: Sendable {
  public struct Parameter: Sendable {
    public let name: String
    public let value: Double
    public let units: String?
    public let description: String?

    public init(_ name: String, _ value: Double, units: String? = nil, description: String? = nil) {
      (self.name, self.value, self.units, self.description) = (name, value, units, description)
    }
  }

  /// A dimension of array states, named in results.
  public struct Axis: Sendable, Hashable {
    public let name: String
    public let length: Int

    /// - Precondition: `length` is positive.
    public init(_ name: String, _ length: Int) {
      precondition(length > 0, "an axis has at least one entry")
      (self.name, self.length) = (name, length)
    }
  }

  public struct State: Sendable {
    public let name: String
    /// The dimension of an array state; nil for a number.
    public let axis: Axis?
    public let units: String?
    public let description: String?
    /// The state at the start, from the parameters: a scalar, or `[length]` with an axis.
    public let start: @Sendable (Values) -> Staged

    public init(
      _ name: String, axis: Axis? = nil, units: String? = nil, description: String? = nil,
      start: @escaping @Sendable (Values) -> Staged
    ) {
      (self.name, self.axis, self.units, self.description, self.start) = (name, axis, units, description, start)
    }

    public var count: Int { axis?.length ?? 1 }
  }

  /// Staged values by name.
  public struct Values {
    private var values: [String: Staged]
    private let what: String

    init(_ values: [String: Staged], _ what: String) { (self.values, self.what) = (values, what) }

    /// - Precondition: the model has declared the name.
    public subscript(name: String) -> Staged {
      guard let value = values[name] else {
        preconditionFailure(
          "the model has no \(what) '\(name)'; it has \(values.keys.sorted().joined(separator: ", "))")
      }
      return value
    }

    var all: [String: Staged] { values }
  }

  /// From time, states and parameters to values by name.
  public typealias Evaluation = @Sendable (_ time: Staged, _ states: Values, _ parameters: Values) -> [String: Staged]

  public let name: String
  public let parameters: [Parameter]
  public let states: [State]
  /// The rate of every state, of the state's shape.
  public let rates: Evaluation
  /// The first is where a solution begins; empty if there is only the whole of it.
  public let phases: [Phase]
  public let events: [Event]
  /// Further names that outputs may use.
  public let definitions: Evaluation
  /// The names of `definitions` that depend on parameters alone.
  let constantDefinitions: @Sendable (Values) -> [String: Staged]

  /// - Parameters:
  ///   - definitions: intermediate values for outputs.
  ///   - rates: called a few times while a job is planned, never per member: it describes the computation.
  public init(
    _ name: String, parameters: [Parameter] = [], states: [State], phases: [Phase] = [], events: [Event] = [],
    definitions: @escaping Evaluation = { _, _, _ in [:] }, rates: @escaping Evaluation
  ) {
    self.init(
      name: name, parameters: parameters, states: states, phases: phases, events: events, definitions: definitions,
      constantDefinitions: { _ in [:] }, rates: rates)
  }

  init(
    name: String, parameters: [Parameter], states: [State], phases: [Phase], events: [Event],
    definitions: @escaping Evaluation,
    constantDefinitions: @escaping @Sendable (Values) -> [String: Staged], rates: @escaping Evaluation
  ) {
    (self.name, self.parameters, self.states) = (name, parameters, states)
    (self.phases, self.events) = (phases, events)
    (self.definitions, self.constantDefinitions, self.rates) = (definitions, constantDefinitions, rates)
  }

  /// The names for the checks of a job that runs this model.
  var names: ModelNames {
    ModelNames(
      parameters: parameters.map(\.name), states: states.map { ($0.name, $0.axis == nil ? .number : .array) },
      events: events.map(\.name))
  }
}

/// The models that a program offers to job files beside their own equations.
public struct ModelRegistry: Sendable {
  private var models: [String: Model] = [:]

  /// - Precondition: no two models share a name.
  public init(_ models: [Model] = []) {
    for model in models {
      precondition(self.models.updateValue(model, forKey: model.name) == nil, "two models are named \(model.name)")
    }
  }

  public subscript(name: String) -> Model? { models[name] }
  public var names: [String] { models.keys.sorted() }
}
