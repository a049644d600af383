import Execution
import Programs

/// Reads the parts of a job, each as far as it can, so that several problems are told at once.
struct JobReading {
  let reader: FieldReader

  /// What was read; parts with problems are absent.
  struct Parts {
    var version = 1
    var name: Located<String>?
    var description: String?
    var model: ModelDescription?
    var names: ModelNames?
    var solve: SolveDescription?
    var vary: [Variation] = []
    var designs: [DesignDescription] = []
    var outputs: [OutputDescription] = []
    var gradient: GradientDescription?
    var precision = Precision.double
    var chunk: Located<Int>?
    var results: String?
    var backend = Backend.auto
  }

  func read(_ root: Field) -> Parts? {
    guard let fields = reader.fields(root, .section(JobKeys.job)) else { return nil }
    var parts = Parts()
    readLabels(fields, &parts)
    if let model = fields["model"] {
      var reading = ModelReading(reader: reader)
      (parts.model, parts.names) = reading.read(model)
    }
    if let solve = fields["solve"] {
      var constants: [String: Double] = [:]
      if case .equations(let equations)? = parts.model { constants = equations.constants }
      parts.solve = SolveReading(
        reader: reader, precision: parts.precision, names: parts.names, constants: constants
      ).read(solve)
    }
    if case .equations(let equations)? = parts.model, let solve = parts.solve {
      EventReading.checkTimes(of: equations.events, within: solve, reader)
    }
    parts.vary = fields.named("vary", role: "something that varies").compactMap(VariationReading(reader: reader).read)
    // With something wrong under 'vary', counts and groups would only be guessed at.
    let varyIsWhole = parts.vary.count == fields["vary"]?.entries.count ?? 0
    readDesigns(fields, &parts, varyIsWhole: varyIsWhole)
    let outputs = OutputReading(reader: reader, solve: parts.solve, names: parts.names)
    parts.outputs = fields.named("outputs", role: "an output").compactMap(outputs.read)
    if fields["outputs"]?.entries.isEmpty ?? true, let solve = parts.solve, solve.save == nil {
      reader.report(.nothingKept, at: root.location)
    }
    checkOutputNames(parts)
    parts.gradient = fields["gradient"].flatMap(GradientReading(reader: reader).read)
    if let gradient = parts.gradient, gradient.of == nil, fields["outputs"]?.entries.isEmpty ?? true {
      reader.report(.noOutputs(key: "gradient.of"), at: gradient.location)
    }
    if let names = parts.names {
      let checks = NameChecks(names: names, problems: reader.problems)
      Self.checkNames(
        checks, vary: parts.vary, designs: parts.designs, solve: parts.solve, outputs: parts.outputs,
        gradient: parts.gradient)
    }
    return parts
  }

  private func readLabels(_ fields: Fields, _ parts: inout Parts) {
    if let version = fields.integer("version") {
      parts.version = version.value
      if version.value != 1 { reader.report(.unknownVersion(version.value), at: version.location) }
    }
    parts.name = fields.text("name")
    if let name = parts.name, !Self.isFileName(name.value) {
      reader.report(
        .notAllowed(
          key: "name", rule: "made of letters, digits, '-', '_' and '.', and begin with a letter or digit",
          found: "'\(name.value.shortened)'"),
        at: name.location)
    }
    parts.description = fields.text("description")?.value
    parts.precision = fields.choice("precision", Precision.self)?.value ?? .double
    parts.backend = fields.choice("backend", Backend.self)?.value ?? .auto
    parts.chunk = fields.integer("chunk")
    if let results = fields.text("results") {
      parts.results = results.value
      if results.value.isEmpty || results.value.unicodeScalars.contains("\0") {
        reader.report(.notAllowed(key: "results", rule: "the path of a folder", found: "''"), at: results.location)
      }
    }
  }

  private func readDesigns(_ fields: Fields, _ parts: inout Parts, varyIsWhole: Bool) {
    guard varyIsWhole else { return }
    let reading = DesignReading(reader: reader, variations: parts.vary)
    if let design = fields["design"] {
      parts.designs = reading.read(design)
      var count = 1
      if case .list(let nodes) = design.node.content { count = nodes.count }
      // A design that could not be read may be one that uses what varies.
      if parts.designs.count == count { reading.reportUnused(parts.designs) }
    } else {
      // The grid that is meant has no place of its own; 'vary' is what it comes from.
      let place = fields["vary"]?.location ?? fields.location
      let grid = Field(
        TextNode(content: .mapping([]), line: place.line, column: place.column), keyPath: "design")
      parts.designs = reading.read(grid)
    }
  }

  private func checkOutputNames(_ parts: Parts) {
    guard let names = parts.names else { return }
    for output in parts.outputs {
      let role: String
      switch names[output.name.value]?.role {
      case .parameter: role = "a parameter"
      case .state: role = "a state"
      case .let, .time, nil: continue
      }
      reader.report(
        .nameTaken(
          output.name.value, role: "an output", by: role, line: line(of: output.name.value, in: parts.model) ?? 1),
        at: output.name.location)
    }
  }

  private func line(of name: String, in model: ModelDescription?) -> Int? {
    guard case .equations(let equations)? = model else { return nil }
    let declared = equations.parameters.map(\.name) + equations.states.map(\.name)
    return declared.first { $0.value == name }?.location.line
  }

  /// Checks all that names things in the model.
  static func checkNames(
    _ checks: NameChecks, vary: [Variation], designs: [DesignDescription], solve: SolveDescription?,
    outputs: [OutputDescription], gradient: GradientDescription?
  ) {
    for variation in vary { checks.checkVariation(variation.name, in: "vary") }
    for case .table(let table, _) in designs {
      for column in table.columns ?? [] { checks.checkVariation(column.varied, in: "design.columns") }
    }
    for state in solve?.save?.states ?? [] { checks.checkSavedState(state) }
    if let solve { checks.checkSolve(solve) }
    for output in outputs { checks.checkOutput(output) }
    // Without a reading of 'solve' it is not known what is saved.
    if let gradient, let solve { checks.checkGradient(gradient, outputs: outputs, save: solve.save) }
  }

  private static func isFileName(_ name: String) -> Bool {
    let letters = name.unicodeScalars
    guard let first = letters.first, first.isASCII, letters.count <= 200 else { return false }
    let isLetterOrDigit = { (scalar: Unicode.Scalar) in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }
    return isLetterOrDigit(first) && letters.allSatisfy { isLetterOrDigit($0) || "-_.".unicodeScalars.contains($0) }
  }
}
