import Differentiation
import Programs

/// The derivatives that a sweep computes besides its values, and the program that computes both.
public struct SweepDerivatives: Sendable {
  /// Whether all derivatives are computed along with the solution; else it is walked back.
  public let isForward: Bool
  /// How many numbers are differentiated, and by how many; a saved state counts once.
  public let counts: (outputs: Int, inputs: Int)
  /// What is differentiated by, in the order of the results.
  let names: [VariedName]
  /// Outputs by their place in the job.
  let outputs: [Int]
  /// Saved states that are differentiated at all saved times.
  let states: Set<String>
  let tape: SweepTape
  /// The tape with which the sweep begins.
  let first: SweepTape.Size
  private let base: SweepProgram
  private let variedCount: Int
  /// What the other inputs are.
  private let fixed: [[Double]]

  /// - Parameters:
  ///   - varied: what the design varies.
  ///   - watched: the states that are watched for staying small.
  /// - Throws: `ProgramError` if a registered model's shapes do not fit.
  init(
    _ gradient: GradientDescription, _ document: JobDocument, _ model: Model, varied: [VariedName], saveTimes: [Double],
    saved: [Model.State], watched: WatchedStates
  ) throws {
    names =
      gradient.withRespectTo?.map(\.value)
      ?? model.parameters.map { .parameter($0.name) }
      + model.states.filter { $0.axis == nil }.map { .start(ofState: $0.name) }
    let wanted = gradient.of?.map(\.value)
    outputs = document.outputs.indices.filter { wanted?.contains(document.outputs[$0].name.value) ?? true }
    states = Set(saved.map(\.name)).intersection(wanted ?? [])
    let others = names.filter { !varied.contains($0) }
    variedCount = varied.count
    let defaults = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    fixed = others.map { name in
      switch name {
      case .parameter(let parameter): [defaults[parameter] ?? .nan]
      case .start: Array(repeating: 0, count: model.shape(of: name).count)
      }
    }
    base = try SweepProgram(
      document, model, varied: varied, fixed: others, saveTimes: saveTimes, saved: saved, watched: watched,
      isDifferentiated: true)
    let inputs = names.reduce(0) { $0 + model.shape(of: $1).count }
    counts = (outputs.count + states.count, inputs)
    isForward =
      switch gradient.mode.value {
      case .forward: true
      case .reverse: false
      // Series are pushed forwards anyway, and then everything else comes with them.
      case .auto: !states.isEmpty || JacobianMode.automatic.isForward(inputs: inputs, outputs: outputs.count)
      }
    tape = SweepTape(document.solve, stateCount: model.states.reduce(0) { $0 + $1.count })
    first = tape.first(document.solve)
    outputNames = document.outputs.map(\.name.value)
  }

  private let outputNames: [String]

  private var targets: [String] {
    outputs.map { outputNames[$0] } + (states.isEmpty ? [] : [SweepProgram.series])
  }

  /// The values and derivatives of a member, and what each output is.
  /// - Parameter tape: of reverse mode.
  /// - Throws: `DifferentiationError` for a model whose own rules are wrong.
  func program(_ tape: SweepTape.Size) throws -> SweepProgram {
    let options = DerivativeOptions(
      of: targets, withRespectTo: names.map(\.description), tapeCapacity: tape.turns, tapeSegments: tape.segments,
      isStrict: false)
    let jacobian = try base.program.jacobian(options, mode: isForward ? .forward : .reverse)
    let types = base.program.inputs.dropFirst(variedCount).map(\.type.shape)
    let program = try Program.trace(base.program.name, inputs: Array(base.program.inputs.prefix(variedCount))) {
      staged in
      let values = jacobian.replayed(staged + zip(fixed, types).map { Staged($0, shape: $1) })
      return jacobian.outputs.map { ($0.name, values[$0.value.number]) }
    }
    var results = base.results
    for output in outputs { results += names.map { .derivative(ofOutput: output, by: $0) } }
    if !states.isEmpty { results += names.map { .derivativeOfSeries(by: $0) } }
    if program.outputs.count > results.count { results.append(.tapeFull) }
    return SweepProgram(program: program, results: results)
  }

  /// Whether the model jumps where no step ends for it.
  var hasUnsearchedJumps: Bool { base.hasUnsearchedJumps }

  /// Derivatives that are zero wherever they exist, though the output does depend on the name.
  var jumps: [(output: String, input: String)] {
    base.program.jumps(of: outputs.map { outputNames[$0] }, by: names.map(\.description))
  }
}

extension Model {
  /// The shape of a parameter or of a start.
  func shape(of name: VariedName) -> Shape {
    switch name {
    case .parameter: .scalar
    case .start(let state): states.first { $0.name == state }?.axis.map { [$0.length] } ?? .scalar
    }
  }
}
