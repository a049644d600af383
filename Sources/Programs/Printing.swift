extension Operation {
  /// The operation's word in printed programs and messages.
  public var name: String {
    switch self {
    case .constant: "constant"
    case .unary(let function): function.rawValue
    case .binary(let function): function.rawValue
    case .compare(let comparison): comparison.rawValue
    case .logic(let logic): logic.rawValue
    case .not: "not"
    case .select: "select"
    case .stack: "stack"
    case .index(let position): "index \(position)"
    case .slice(let axis, let start, let count): "slice axis \(axis) \(start)..<\(start + count)"
    case .concatenate(let axis): "concatenate axis \(axis)"
    case .reshape: "reshape"
    case .broadcast: "broadcast"
    case .transpose: "transpose"
    case .gather: "gather"
    case .sum(let axis): "sum axis \(axis)"
    case .matrixProduct: "matrixProduct"
    case .sumOverMembers: "sumOverMembers"
    case .linearAlgebra(let function): function.name
    case .whileLoop(let loop):
      loop.capacity.map { "while tape \($0)" + (loop.stride == 1 ? "" : " every \(loop.stride)") } ?? "while"
    case .scan(let scan): (scan.isBackward ? "scan back \(scan.length)" : "scan \(scan.length)")
    case .call(let program): "call \(program.name)"
    case .tabulate: "tabulate"
    case .moments(let degree): "moments \(degree)"
    case .stopGradient: "stopGradient"
    }
  }
}

extension Program: CustomStringConvertible {
  /// The program in readable form, one instruction a line, regions indented:
  ///
  ///     program decay (%0 y: member real, %1 rate: shared real)
  ///       %2 = negate %1 : shared real
  ///       %3 = multiply %2 %0 : member real
  ///       return dy: %3
  public var description: String { lines(keyword: "program").joined(separator: "\n") + "\n" }

  private func lines(keyword: String) -> [String] {
    let header = inputs.enumerated().map { "%\($0.offset) \($0.element.name): \($0.element.type)" }
    var lines = ["\(keyword) \(name) (\(header.joined(separator: ", ")))"]
    for (instruction, first) in zip(instructions, firstResults) {
      let results = instruction.results.indices.map { "%\(first + $0)" }.joined(separator: ", ")
      let types = instruction.results.map(\.description).joined(separator: ", ")
      var words = [instruction.operation.name] + instruction.operands.map(\.description)
      if case .constant(let values) = instruction.operation { words.append(Self.abbreviated(values)) }
      lines.append("  \(results) = \(words.joined(separator: " ")) : \(types)")
      for region in instruction.operation.regions {
        lines += region.lines(keyword: "region").map { "    " + $0 }
      }
    }
    lines.append("  return " + outputs.map { "\($0.name): \($0.value)" }.joined(separator: ", "))
    return lines
  }

  private static func abbreviated(_ values: [Double]) -> String {
    let shown = values.prefix(8).map { $0.description }.joined(separator: ", ")
    return values.count == 1 ? shown : "[\(shown)\(values.count > 8 ? ", … \(values.count) in all" : "")]"
  }
}
