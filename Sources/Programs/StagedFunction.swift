/// A Swift function that is traced once and called many times: the rates of a model, evaluated at every stage.
///
/// What the function captures from outer traces is passed along at each call.
public final class StagedFunction {
  private let name: String
  private let body: ([Staged]) -> [Staged]
  private var programs: [[ValueType]: (program: Program, captures: [Staged])] = [:]
  /// What was derived from these, by the types of arguments and of their tangents.
  private var derived: [[ValueType?]: Program] = [:]

  /// - Parameter body: a pure function of its arguments and of staged values known where it is called.
  public init(_ name: String, _ body: @escaping ([Staged]) -> [Staged]) {
    self.name = name
    self.body = body
  }

  /// Records a call; the function is traced at its first call with arguments of these types.
  public func callAsFunction(_ arguments: [Staged]) -> [Staged] {
    let (program, captures) = traced(for: arguments)
    return call(program, captures + arguments)
  }

  /// A program that is made of the function once for arguments and tangents of these types.
  package func derived(from arguments: [ValueType], _ tangents: [ValueType?], make: () -> Program) -> Program {
    let key = arguments + tangents
    if let known = derived[key] { return known }
    let made = make()
    derived[key] = made
    return made
  }

  /// The function as a program of its captures and then its arguments, and the captures.
  package func traced(for arguments: [Staged]) -> (program: Program, captures: [Staged]) {
    traced(types: arguments.map(\.type))
  }

  /// The same for arguments of these types.
  package func traced(types: [ValueType]) -> (program: Program, captures: [Staged]) {
    if let known = programs[types] { return known }
    let home = Trace.enclosing(name)
    let trace = Trace(name: name, parent: home, place: home.place)
    let inputs = types.enumerated().map { trace.addInput("argument\($0.offset)", $0.element) }
    let results = trace.recording { body(inputs) }
    for result in results { _ = trace.localValue(result) }
    var captures = CaptureList()
    captures.add(trace.captures)
    let program = trace.finish(
      outputs: results.enumerated().map { ("result\($0.offset)", $0.element) }, capturing: captures)
    programs[types] = (program, captures.values)
    return (program, captures.values)
  }
}
