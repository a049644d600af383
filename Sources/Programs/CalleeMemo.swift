/// What a pass has made of the programs that are called so far: the rates of a model are called at every stage of a step, and
/// rewriting them once is enough.
final class CalleeMemo {
  private var known: [Program: Program] = [:]

  func callAsFunction(_ callee: Program, _ make: (Program) -> Program) -> Program {
    if let program = known[callee] { return program }
    let program = make(callee)
    known[callee] = program
    return program
  }
}
