import Archive
import Differentiation
import Dynamics
import Execution
import Foundation
import Programs
import Sampling

/// Everything that is settled before a sweep runs: the program, the members, and what the results look like.
///
/// A plan is a function of the job file and the tables it names, so it is the same on every rank.
public struct SweepPlan: Sendable {
  public let document: JobDocument
  /// Names of what varies, one a column of the design, as the job writes them.
  public let varied: [VariedName]
  public let design: Design
  public let program: Program
  public let precision: Precision
  public let saveTimes: [Double]
  public private(set) var layout: ResultsLayout
  /// Everything that the results depend on.
  public let definition: JobDefinition
  /// Where each variable of the layout comes from.
  let sources: [Source]
  let results: [SweepProgram.Result]
  /// The states that are watched for staying small.
  let watched: WatchedStates
  /// The derivatives that are computed too, if any.
  public let derivatives: SweepDerivatives?
  /// What a user should know before the job runs; in the layout, too.
  public let notes: [SweepNote]

  /// Where a variable's values come from.
  enum Source: Equatable {
    /// A column of the design.
    case varied(Int)
    /// A program output, one number a member.
    case output(Int)
    /// Some rows of the series, each a component of the state over time.
    case series(Int, rows: Range<Int>, isArray: Bool)
    /// A program output of several numbers a member.
    case array(Int)
    /// A program output of small whole numbers.
    case whole(Int)
  }

  /// Plans a job.
  ///
  /// - Parameters:
  ///   - tables: the contents of the table files that the job names, by the names in the job.
  ///   - attributes: of the whole file, besides those that describe the job: host, backend, versions.
  /// - Throws: `InvalidJob`, `InvalidTable`, `DesignProblem`, `ProgramError` with messages for the user.
  public init(
    _ document: JobDocument, models: ModelRegistry = ModelRegistry(), tables: [String: [UInt8]] = [:],
    attributes: [Attribute] = []
  ) throws {
    let (document, model) = try document.resolved(models)
    self.document = document
    let defaults = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    var used: [(file: String, points: TablePoints)] = []
    let sampled = try SweepDesign(document) { reference in
      let file = reference.file.value
      let points =
        try tables[file].map { try document.points(of: reference, bytes: $0) } ?? document.points(of: reference)
      used.append((file, points))
      return points
    } base: { varied in
      switch varied {
      case .parameter(let name): defaults[name] ?? .nan
      case .start(let state): model.startValue(of: state)
      }
    }
    (varied, design) = (sampled.varied, sampled.design)
    precision = document.precision
    let (from, until) = (document.solve.from, document.solve.until)
    saveTimes = document.solve.save?.times.values(from: from, until: until) ?? []
    let kept = document.solve.save?.states.map { Set($0.map(\.value)) }
    let saved = saveTimes.isEmpty ? [] : model.states.filter { kept?.contains($0.name) ?? true }
    let (names, times) = (varied, saveTimes)
    let states = WatchedStates(document, model, saved: saved)
    watched = states
    derivatives = try document.gradient.map {
      try SweepDerivatives($0, document, model, varied: names, saveTimes: times, saved: saved, watched: states)
    }
    let sweep =
      try derivatives.map { try $0.program($0.first) }
      ?? SweepProgram(document, model, varied: varied, saveTimes: saveTimes, saved: saved, watched: states)
    (program, results) = (sweep.program, sweep.results)
    let description = SweepLayout(
      document: document, model: model, varied: varied, design: design, sweep: sweep, saveTimes: saveTimes,
      saved: saved, derivatives: derivatives, watched: states, precision: precision)
    let (plain, origins) = try description.layout(attributes: attributes)
    let switches =
      derivatives.map { derivatives in
        Self.notesOnSwitches(
          document, outputs: derivatives.outputs.map { document.outputs[$0].name.value } + derivatives.states.sorted(),
          names: derivatives.names, hasUnsearchedJumps: derivatives.hasUnsearchedJumps)
      } ?? []
    var conditions: [SweepNote] = []
    if case .equations(let equations) = document.model {
      conditions = equations.notesOnConditions(from: from, until: until)
    }
    notes = (derivatives?.notes ?? []) + switches + model.notes(from: from, until: until) + conditions
    (layout, sources) = (try plain.noting(notes), origins)
    definition = document.definition(tables: used, program: program)
  }

  /// The plan with its members laid out as a folder of results has them.
  func laidOut(as layout: ResultsLayout) -> SweepPlan {
    var plan = self
    plan.layout = layout
    return plan
  }

  /// The plan with one more attribute of the whole file, such as what has turned out to be the backend.
  public func recording(_ attribute: Attribute) throws -> SweepPlan {
    var plan = self
    plan.layout = try ResultsLayout(
      memberCount: layout.memberCount, chunkSize: layout.chunkSize, axes: layout.axes, variables: layout.variables,
      attributes: layout.attributes + [attribute])
    return plan
  }

  /// The order of each program output's buffer: series keep a member's times together, as files do.
  public var outputOrders: [Buffer.Order] {
    zip(results, program.outputTypes).map { $0.isSeries && $1.extent == .member ? .memberMajor : .componentMajor }
  }

  /// Of reverse mode: the turns that a tape holds, how many tapes follow each other, and the bytes that this takes for each
  /// member that is being computed; nil without reverse mode.
  public var tape: (turns: Int, segments: Int, bytes: Int)? {
    guard let derivatives, !derivatives.isForward else { return nil }
    return (
      derivatives.first.turns, derivatives.first.segments, program.tapeComponents * precision.byteCount
    )
  }

  /// Bytes that one worker needs for the inputs and outputs of a chunk.
  public var chunkBytes: Int {
    let types = program.inputs.map(\.type) + program.outputTypes
    return types.reduce(0) { $0 + $1.shape.count } * layout.chunkSize * precision.byteCount
      + layout.memberBytes * layout.chunkSize
  }

  /// Bytes of all results.
  public var resultBytes: Int { layout.memberBytes * layout.memberCount }
}

extension JobDocument {
  /// The job checked against its model, and the model with the job's parameter values.
  fileprivate func resolved(_ models: ModelRegistry) throws -> (JobDocument, Model) {
    switch model {
    case .equations(let equations):
      return (self, Model(equations, name: name.value, solve))
    case .registered(let registered):
      guard let found = models[registered.name.value] else {
        throw UnknownModel(path: path, name: registered.name, known: models.names)
      }
      let checked = try checked(against: found.names)
      let given = Dictionary(uniqueKeysWithValues: registered.parameters.map { ($0.name.value, $0.value) })
      return (checked, found.with(given))
    }
  }
}

extension Model {
  /// The model with other values of some parameters.
  fileprivate func with(_ given: [String: Double]) -> Model {
    Model(
      name: name,
      parameters: parameters.map {
        Parameter($0.name, given[$0.name] ?? $0.value, units: $0.units, description: $0.description)
      },
      states: states, phases: phases, events: events, definitions: definitions,
      constantDefinitions: constantDefinitions, rates: rates)
  }

  /// The start of a state at the model's own parameters; NaN for arrays.
  fileprivate func startValue(of name: String) -> Double {
    guard let state = states.first(where: { $0.name == name }), state.axis == nil else { return .nan }
    let values = Values(Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, Staged($0.value)) }), "parameter")
    return state.start(values).literal?.first ?? .nan
  }
}

/// A job asks for a model that the program does not have.
public struct UnknownModel: Error, Sendable, CustomStringConvertible {
  public let path: String
  public let name: Located<String>
  public let known: [String]

  public var description: String {
    let advice: String
    if let nearest = NearestName.to(name.value, among: known) {
      advice = "Did you mean '\(nearest)'?"
    } else if known.isEmpty {
      advice = "this program has no models of its own; write equations, or register a model in Swift"
    } else {
      advice = "this program has \(known.joined(separator: ", "))"
    }
    return "\(path):\(name.location.line): no model is named '\(name.value)'. \(advice)"
  }
}
