import Programs

extension Program {
  /// The program in which a callee that was traced for shared arguments gives way to one that was traced for members' own, where
  /// both are called: one C function is enough. The rates of a model are such, evaluated at the start, whose time all members
  /// share, and at every stage of a step.
  func sharingCallees() -> Program {
    var callees: Set<Program> = []
    collectCallees(&callees)
    var wider: [Program: Program] = [:]
    for callee in callees where callee.inputs.contains(where: { $0.type.extent == .shared }) {
      if let widened = callee.widened, callees.contains(widened) { wider[callee] = widened }
    }
    return wider.isEmpty ? self : replacingCallees { wider[$0] ?? $0 }
  }

  private func collectCallees(_ callees: inout Set<Program>) {
    for operation in instructions.map(\.operation) {
      if case .call(let callee) = operation, !callees.insert(callee).inserted { continue }
      for region in operation.regions { region.collectCallees(&callees) }
    }
  }

  /// The program with other callees in its own instructions and in its loops.
  private func replacingCallees(_ other: (Program) -> Program) -> Program {
    var copy = self
    for position in copy.instructions.indices {
      copy.instructions[position].operation = copy.instructions[position].operation.mapRegions(
        { $0.replacingCallees(other) }, callee: other)
    }
    return copy
  }
}
