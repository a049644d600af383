import Archive
import Dynamics
import Execution
import Foundation
import Programs
import Sampling

/// Works out how a sweep's results are laid out in files.
struct SweepLayout {
  let document: JobDocument
  let model: Model
  let varied: [VariedName]
  let design: Design
  let sweep: SweepProgram
  let saveTimes: [Double]
  let saved: [Model.State]
  let derivatives: SweepDerivatives?
  let watched: WatchedStates
  let precision: Precision

  /// The variables in the order of the file, each with its source.
  func layout(attributes: [Attribute]) throws -> (ResultsLayout, [SweepPlan.Source]) {
    var axes: [Archive.Axis] = []
    if !saveTimes.isEmpty {
      axes.append(Archive.Axis(name: "time", coordinate: saveTimes, attributes: [Attribute("long_name", "time")]))
    }
    var variables: [(Variable, SweepPlan.Source)] = []
    for (column, name) in varied.enumerated() {
      variables.append((coordinate(name), .varied(column)))
    }
    for (position, result) in sweep.results.enumerated() {
      switch result {
      case .output(let number):
        let output = document.outputs[number]
        variables.append(
          (
            Variable(
              name: output.name.value, elementType: real,
              attributes: description(output.units, output.description ?? output.specification.text)),
            .output(position)
          ))
      case .series:
        variables += series(position, &axes) { ($0.name, description($0.units, $0.description)) }
      case .status: variables.append((status, .whole(position)))
      case .acceptedSteps: variables.append((counter("steps", "accepted steps"), .whole(position)))
      case .limitedSteps:
        variables.append((counter("limited", "accepted steps kept short for the derivatives"), .whole(position)))
      case .smallStates:
        let variable = Variable(
          name: WatchedStates.variable, elementType: watched.elementType, attributes: watched.attributes)
        variables.append((variable, .whole(position)))
      case .rejectedSteps: variables.append((counter("rejected", "rejected steps"), .whole(position)))
      case .derivative(let number, let name):
        let output = document.outputs[number]
        let axis = axis(of: name)
        if let axis { Self.add(axis, to: &axes) }
        let label = derivative(of: output.name.value, output.units, output.description, by: name)
        variables.append(
          (
            Variable(
              name: label.name, elementType: real, innerAxes: axis.map { [$0.name] } ?? [], attributes: label.attributes
            ),
            axis == nil ? .output(position) : .array(position)
          ))
      case .derivativeOfSeries(let name):
        let all = series(position, &axes) { derivative(of: $0.name, $0.units, $0.description, by: name) }
        variables += zip(all, saved).filter { derivatives?.states.contains($1.name) ?? false }.map { $0.0 }
      case .tapeFull: break
      }
    }
    try checkStarts(variables.map(\.0.name))
    try checkDerivatives(variables.map(\.0.name))
    let chunkSize = chunkSize(variables.map(\.0), axes)
    try checkSize(bytes: bytes(variables.map(\.0), axes), chunkSize: chunkSize)
    let layout = try ResultsLayout(
      memberCount: design.count, chunkSize: chunkSize, axes: axes,
      variables: variables.map(\.0), attributes: jobAttributes + attributes)
    return (layout, variables.map(\.1))
  }

  private var real: ElementType { precision == .double ? .float64 : .float32 }

  /// The variables that hold the components of the state over time, state by state.
  private func series(
    _ position: Int, _ axes: inout [Archive.Axis], label: (Model.State) -> (name: String, attributes: [Attribute])
  ) -> [(Variable, SweepPlan.Source)] {
    var next = 0
    return saved.map { state in
      if let axis = state.axis { Self.add(axis, to: &axes) }
      defer { next += state.count }
      let (name, attributes) = label(state)
      return (
        Variable(
          name: name, elementType: real, innerAxes: ["time"] + (state.axis.map { [$0.name] } ?? []),
          attributes: attributes),
        .series(position, rows: next..<next + state.count, isArray: state.axis != nil)
      )
    }
  }

  /// The job itself, so that results explain themselves.
  private var jobAttributes: [Attribute] {
    [
      Attribute("title", document.description ?? document.name.value),
      Attribute("flowmap_job_name", document.name.value),
      Attribute("flowmap_job", document.text),
      Attribute("flowmap_design", design.method),
      Attribute("flowmap_precision", precision.rawValue),
      Attribute("flowmap_method", document.solve.method.value.rawValue),
    ]
  }

  private func label(of name: VariedName) -> (units: String?, text: String?) {
    switch name {
    case .parameter(let parameter):
      model.parameters.first { $0.name == parameter }.map { ($0.units, $0.description) } ?? (nil, nil)
    case .start(let state):
      model.states.first { $0.name == state }.map { ($0.units, "\($0.description ?? $0.name) at the start") }
        ?? (nil, nil)
    }
  }

  private func axis(of name: VariedName) -> Model.Axis? {
    guard case .start(let state) = name else { return nil }
    return model.states.first { $0.name == state }?.axis
  }

  /// The name and the description of a derivative.
  private func derivative(of output: String, _ units: String?, _ text: String?, by name: VariedName) -> (
    name: String, attributes: [Attribute]
  ) {
    let by = label(of: name)
    let both = units.flatMap { units in by.units.map { Units.quotient(units, $0) } }
    return (
      Self.derivative(of: output, by: name.description),
      description(both, "derivative of \(text ?? output) by \(by.text ?? name.description)")
    )
  }

  private func coordinate(_ name: VariedName) -> Variable {
    let (units, text) = label(of: name)
    return Variable(name: stored(name), attributes: description(units, text), isCoordinate: true)
  }

  /// The name in files. A dot is legal in NetCDF, but not in the attribute access that xarray offers.
  private func stored(_ name: VariedName) -> String { Self.stored(name.description) }
  private static func stored(_ name: String) -> String { name.split(separator: ".").joined(separator: "_") }

  /// The name in files of an output's derivative by a parameter or start, given as jobs write it.
  static func derivative(of output: String, by name: String) -> String { "d_\(output)_d_\(stored(name))" }

  /// A start is stored under a name that the user did not choose, so it can meet one that they did.
  private func checkStarts(_ names: [String]) throws {
    for case .start(let state) in varied {
      let name = VariedName.start(ofState: state)
      guard names.count(where: { $0 == stored(name) }) > 1 else { continue }
      let place = document.vary.first { $0.name.value == name }?.name.location ?? document.name.location
      throw DesignProblem(
        path: document.path, line: place.line, key: "vary.\(name)",
        reason: "is stored as '\(stored(name))', but something else in the results has that name. Rename the other")
    }
  }

  /// So is a derivative.
  private func checkDerivatives(_ names: [String]) throws {
    guard let gradient = document.gradient else { return }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw DesignProblem(
        path: document.path, line: gradient.location.line, key: "gradient",
        reason: "a derivative is stored as '\(name)', but something else in the results has that name. Rename the other"
      )
    }
  }

  private func description(_ units: String?, _ text: String?) -> [Attribute] {
    [text.map { Attribute("long_name", $0) }, units.map { Attribute("units", $0) }].compactMap { $0 }
  }

  private var status: Variable {
    Variable(
      name: "status", elementType: .int8,
      attributes: [
        Attribute("long_name", "how the solution ended"),
        Attribute("flag_values", .integers(Status.allCases.map(\.rawValue))),
        Attribute("flag_meanings", Status.allCases.map(\.name).joined(separator: " ")),
      ])
  }

  private func counter(_ name: String, _ meaning: String) -> Variable {
    Variable(name: name, elementType: .int32, attributes: [Attribute("long_name", meaning), Attribute("units", "1")])
  }

  private static func add(_ axis: Model.Axis, to axes: inout [Archive.Axis]) {
    if !axes.contains(where: { $0.name == axis.name }) {
      axes.append(Archive.Axis(name: axis.name, length: axis.length))
    }
  }

  /// Bytes that a member's results take.
  private func bytes(_ variables: [Variable], _ axes: [Archive.Axis]) -> Int {
    variables.reduce(0) { sum, variable in
      sum
        + variable.innerAxes.reduce(variable.elementType.size) { size, name in
          size * (axes.first { $0.name == name }?.length ?? 1)
        }
    }
  }

  /// Chunk numbers have 31 bits, and sizes of files 63. No memory holds a chunk of a terabyte.
  private func checkSize(bytes: Int, chunkSize: Int) throws {
    if let chunk = document.chunk, chunkSize > 1 << 40 / bytes {
      throw DesignProblem(
        path: document.path, line: chunk.location.line, key: "chunk",
        reason: "of \(chunkSize) members of \(bytes) bytes each is more than a terabyte. Choose fewer")
    }
    let isCountable = (design.count - 1) / chunkSize < 1 << 31 - 1
    guard !isCountable || design.count.multipliedReportingOverflow(by: bytes).overflow else { return }
    let size = Double(design.count) * Double(bytes) / 1e12
    throw DesignProblem(
      path: document.path, line: document.designs.first?.location.line ?? 1, key: "design",
      reason: """
        makes \(design.count) members of \(bytes) bytes each, \(String(format: "%.3g", size)) TB of results in \
        \((design.count - 1) / chunkSize + 1) chunks, which is too large to run
        """)
  }

  /// Members a chunk: the job's choice, or about 512 chunks, of no more results than half a second-level cache holds, so
  /// that they are still there when they are written. It never depends on the number of ranks, nor on the machine.
  ///
  /// Measured with 1,001 save times of Lorenz (24 kB a member), computing and writing 1.4 GB: 0.8–1.0 s with chunks of
  /// 16 to 64 members, 1.2–1.4 s with 256.
  private func chunkSize(_ variables: [Variable], _ axes: [Archive.Axis]) -> Int {
    let bytes = bytes(variables, axes)
    let wanted = (design.count / 512).roundedUpToPowerOfTwo
    let affordable = (1 << 20) / max(bytes, 1)
    // Whole tiles of lanes: 16 members are two vectors of doubles, or one of single precision.
    let bounded = min(wanted, 8192, affordable / 16 * 16)
    let fitting = max(bounded, Self.fewest(bytes: bytes))
    // Room for members that there are not would be wasted.
    return document.chunk.map { min($0.value, max(fitting, design.count)) } ?? fitting
  }

  /// The fewest members a chunk: what fills the lanes of one tile, or a single member where that takes 64 megabytes.
  private static func fewest(bytes: Int) -> Int { bytes * 16 > 64 << 20 ? 1 : bytes * 64 > 1 << 20 ? 16 : 64 }
}

extension Int {
  fileprivate var roundedUpToPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
