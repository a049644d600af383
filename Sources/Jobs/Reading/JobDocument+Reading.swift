import Foundation
import Programs

extension JobDocument {
  /// The largest file that is taken for a job, in bytes.
  public static let largestFile = 16 << 20

  /// Reads and checks the job file at `path`.
  ///
  /// - Throws: everything that is wrong with the file, in the order of its lines.
  public static func read(path: String) throws(InvalidJob) -> JobDocument {
    try JobDocument(bytes: try contents(of: path), path: path)
  }

  /// The bytes of a file, for another rank to check.
  ///
  /// - Throws: the system's reason why the file cannot be read.
  public static func contents(of path: String) throws(InvalidJob) -> [UInt8] {
    var status = stat()
    // What is no file may have no end, or wait for ever.
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      throw InvalidJob(path: path, problems: [JobProblem(.unreadable(reason: "it is not a file"), line: 0)])
    }
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      let reason = (error as NSError).userInfo[NSUnderlyingErrorKey].map { "\($0)" }
      throw InvalidJob(
        path: path, problems: [JobProblem(.unreadable(reason: FileReason.of(path) ?? reason ?? "\(error)"), line: 0)])
    }
  }

  /// Checks a job that another rank has read.
  ///
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - path: how the user named the file; tables are looked for beside it.
  public init(bytes: [UInt8], path: String) throws(InvalidJob) {
    guard bytes.count <= Self.largestFile else {
      throw InvalidJob(path: path, problems: [JobProblem(.tooLarge(bytes: bytes.count), line: 0)])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw InvalidJob(path: path, problems: [JobProblem(.notUTF8, line: Self.firstInvalidLine(bytes))])
    }
    try self.init(text: text, path: path)
  }

  /// Reads and checks the text of a job, YAML or JSON.
  public init(text: String, path: String) throws(InvalidJob) {
    let root: TextNode
    do {
      root = try TextNode.document(text)
    } catch {
      throw InvalidJob(path: path, problems: [error])
    }
    let problems = ProblemList()
    let parts = JobReading(reader: FieldReader(problems: problems)).read(Field(root, keyPath: ""))
    try problems.throwIfAny(path: path)
    guard let parts, let name = parts.name, let model = parts.model, let solve = parts.solve else {
      preconditionFailure("a job without problems lacks a part")
    }
    self.init(
      path: path, text: text, root: root, version: parts.version, name: name, description: parts.description,
      model: model,
      names: parts.names, solve: solve, vary: parts.vary, designs: parts.designs, outputs: parts.outputs,
      gradient: parts.gradient, precision: parts.precision, chunk: parts.chunk,
      results: parts.results ?? "results/\(name.value)",
      backend: parts.backend)
  }

  /// The same job, checked against the names of the registered model that it runs; nothing to do for equations.
  public func checked(against names: ModelNames) throws(InvalidJob) -> JobDocument {
    guard case .registered(let registered) = model else { return self }
    let problems = ProblemList()
    for parameter in registered.parameters where names[parameter.name.value]?.role != .parameter {
      let nearest = NearestName.to(parameter.name.value, among: names.names(.parameter))
      problems.report(
        .unknownParameter(name: parameter.name.value, model: registered.name.value, nearest: nearest),
        at: parameter.name.location)
    }
    JobReading.checkNames(
      NameChecks(names: names, problems: problems), vary: vary, designs: designs, solve: solve, outputs: outputs,
      gradient: gradient)
    try problems.throwIfAny(path: path)
    return JobDocument(
      path: path, text: text, root: root, version: version, name: name, description: description, model: model,
      names: names,
      solve: solve, vary: vary, designs: designs, outputs: outputs, gradient: gradient, precision: precision,
      chunk: chunk, results: results, backend: backend)
  }

  private static func firstInvalidLine(_ bytes: [UInt8]) -> Int {
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      // No UTF-8 sequence spans a line break.
      if String(validating: part, as: UTF8.self) == nil { return line }
      line += 1
    }
    return line
  }
}

/// The system's own words for why a file cannot be read.
enum FileReason {
  static func of(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    return Glibc.read(descriptor, &byte, 1) < 0 ? String(cString: strerror(errno)) : nil
  }
}
