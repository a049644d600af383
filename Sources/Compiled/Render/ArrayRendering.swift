import Programs

extension BlockRenderer {
  /// Writes an instruction that is not computed component by component; its results, in order.
  func arrays(_ instruction: Instruction, at position: Int) -> [Held] {
    let type = instruction.results[0]
    let operands = instruction.operands.map { self[$0] }
    switch instruction.operation {
    case .concatenate(axis: 0) where type.shape.count > Renderer.unrollLimit:
      if let joined = joined(operands, type, at: position) { return [joined] }
      return [concatenated(operands, 0, type, at: position)]
    case .constant(let values): return [constant(values, type)]
    case .stack: return [stack(operands, type, root: instruction, at: position)]
    case .index(let entry):
      return [part(operands[0], from: entry * type.shape.count, type)]
    case .slice(axis: 0, let start, _):
      return [part(operands[0], from: start * operands[0].type.shape.element.count, type)]
    case .reshape: return [Held(type: type, form: operands[0].form)]
    case .broadcast:
      return [Held(type: type, form: .uniform(widened(operands[0], 0, type.extent)))]
    case .slice(let axis, let start, let count):
      let axes = Axes(operands[0].type.shape, around: axis)
      let sources = (0..<axes.outer).flatMap { Array(axes.range($0, start..<start + count)) }
      return [selected(operands[0], sources, type, at: position)]
    case .transpose: return [transposed(operands[0], type, at: position)]
    case .concatenate(let axis): return [concatenated(operands, axis, type, at: position)]
    case .gather: return [gathered(operands[0], operands[1], type, at: position)]
    case .sum(let axis): return [summed(operands[0], axis, type, at: position)]
    case .matrixProduct: return [product(operands[0], operands[1], type, at: position)]
    case .linearAlgebra(let function): return linearAlgebra(function, operands, instruction.results, at: position)
    case .sumOverMembers: return [Held(type: operands[0].type, form: operands[0].form)]
    case .whileLoop(let loop): return renderWhile(loop, operands, at: position)
    case .scan(let scan): return renderScan(scan, operands, instruction.results, at: position)
    case .call(let callee): return renderCall(callee, operands, instruction.results, at: position)
    case .tabulate: return tabulated(operands, instruction.results, at: position)
    case .moments(let degree): return [moments(operands, degree, type, at: position)]
    case .unary, .binary, .compare, .logic, .not, .select, .stopGradient:
      preconditionFailure("\(instruction.operation.name) is computed component by component")
    }
  }

  private func widened(_ value: Held, _ component: Int, _ extent: Extent) -> String {
    renderer.widened(value.component(component), value.type, to: extent)
  }

  func element(_ type: ValueType) -> ValueType { ValueType(type.kind, .scalar, type.extent) }

  /// Memory for the first result of an instruction.
  func allocate(_ type: ValueType, at position: Int, result: Int = 0) -> String {
    allocate(type, root: firstResult(of: position) + result)
  }

  private func constant(_ values: [Double], _ type: ValueType) -> Held {
    if values.count > Renderer.unrollLimit, Set(values.map(\.bitPattern)).count == 1 {
      return Held(type: type, form: .uniform(Renderer.literal(values[0], type.kind)))
    }
    if values.count > Self.initializerLimit, type.kind == .real { return assembled(values, type) }
    let texts = values.map { Renderer.literal($0, type.kind) }
    if values.count <= Renderer.unrollLimit { return Held(type: type, form: .components(texts)) }
    let name = renderer.name("c")
    renderer.statics.append("static const \(type.cType) \(name)[] = {\(texts.joined(separator: ", "))};")
    return Held(type: type, form: .memory(name))
  }

  /// Longer arrays of numbers go past the C compiler to the assembler: a million numbers take it 0.5 s, as an initializer 4 s.
  private static let initializerLimit = 4096

  /// An array of numbers as data for the assembler, by their bits.
  private func assembled(_ values: [Double], _ type: ValueType) -> Held {
    let name = renderer.name("c")
    let isDouble = renderer.precision == .double
    let words = values.map {
      "0x" + (isDouble ? String($0.bitPattern, radix: 16) : String(Float($0).bitPattern, radix: 16))
    }
    let lines = stride(from: 0, to: words.count, by: 8).map { start in
      "\"\(isDouble ? ".quad" : ".long") \(words[start..<min(start + 8, words.count)].joined(separator: ","))\\n\""
    }
    renderer.statics.append(
      """
      extern const T \(name)[] __attribute__((visibility("hidden")));
      __asm__(".section .rodata\\n.balign 64\\n\(name):\\n"
      \(lines.joined(separator: "\n"))
      ".previous\\n");
      """)
    return Held(type: type, form: .memory(name))
  }

  /// Consecutive components of an array.
  private func part(_ array: Held, from start: Int, _ type: ValueType) -> Held {
    switch array.form {
    case .uniform(let text):
      return Held(
        type: type,
        form: type.shape.count <= Renderer.unrollLimit
          ? .components(Array(repeating: text, count: type.shape.count)) : .uniform(text))
    case .memory(let pointer) where type.shape.count > Renderer.unrollLimit:
      return Held(type: type, form: .memory("(\(pointer) + \(start))"))
    case .components, .memory:
      return Held(type: type, form: .components((0..<type.shape.count).map { read(array, start + $0) }))
    case .pieces(let pieces): return part(pieces, from: start, type)
    case .mapped(let source, let text):
      if type.shape.count <= Renderer.unrollLimit {
        return Held(type: type, form: .components((0..<type.shape.count).map { read(array, start + $0) }))
      }
      let shape = ValueType(source.type.kind, type.shape, source.type.extent)
      return Held(type: type, form: .mapped(part(source, from: start, shape), text: text))
    case .series: preconditionFailure("a series is read only when it is complete")
    }
  }

  /// Consecutive components of an array in pieces.
  private func part(_ pieces: [Held], from start: Int, _ type: ValueType) -> Held {
    let end = start + type.shape.count
    if type.shape.count <= Renderer.unrollLimit {
      let whole = Held(type: type, form: .pieces(pieces))
      return Held(type: type, form: .components((start..<end).map { read(whole, $0) }))
    }
    var found: [Held] = []
    var first = 0
    for piece in pieces {
      let (from, to) = (max(start, first), min(end, first + piece.count))
      if from < to {
        let shape = ValueType(piece.type.kind, [to - from], piece.type.extent)
        found.append(to - from == piece.count ? piece : Self.stretch(of: piece, from: from - first, shape))
      }
      first += piece.count
    }
    if found.count == 1, found[0].type.extent == type.extent { return Held(type: type, form: found[0].form) }
    return Held(type: type, form: .pieces(found))
  }

  /// A part of a piece, however small, without variables of its own.
  private static func stretch(of piece: Held, from start: Int, _ type: ValueType) -> Held {
    switch piece.form {
    case .memory(let pointer): return Held(type: type, form: .memory("(\(pointer) + \(start))"))
    case .uniform: return Held(type: type, form: piece.form)
    case .mapped(let source, let text):
      let shape = ValueType(source.type.kind, type.shape, source.type.extent)
      return Held(type: type, form: .mapped(stretch(of: source, from: start, shape), text: text))
    case .components, .pieces, .series: preconditionFailure("no piece has this form")
    }
  }

  /// A large concatenation as pieces, where few are enough: loops then read the parts where they are.
  private func joined(_ operands: [Held], _ type: ValueType, at position: Int) -> Held? {
    var pieces: [Held] = []
    for operand in operands where operand.count > 0 {
      switch operand.form {
      case .pieces(let parts): pieces += parts
      case .memory, .uniform: pieces.append(operand)
      case .mapped(let source, _) where source.seams.isEmpty: pieces.append(operand)
      case .mapped:
        pieces.append(
          Held(type: operand.type, form: .memory(inMemory(operand, operand.type, root: firstResult(of: position)))))
      case .components(let texts) where texts.count == 1:
        pieces.append(Held(type: operand.type, form: .uniform(texts[0])))
      case .components:
        let memory = inMemory(operand, operand.type, root: firstResult(of: position))
        pieces.append(Held(type: operand.type, form: .memory(memory)))
      case .series: return nil
      }
    }
    return pieces.count <= Self.pieceLimit ? Held(type: type, form: .pieces(pieces)) : nil
  }

  /// The most pieces: each makes a loop of its own of every loop that reads the array.
  private static let pieceLimit = 6

  /// A value that is read often or by lanes, in memory of its own if it was only described so far.
  func whole(_ value: Held) -> Held {
    switch value.form {
    case .pieces, .mapped: Held(type: value.type, form: .memory(inMemory(value, value.type)))
    case .components, .memory, .uniform, .series: value
    }
  }

  /// A component that stays what it is when the memory it comes from is used again.
  private func read(_ array: Held, _ component: Int) -> String {
    let text = array.component(component)
    switch array.form {
    case .components, .uniform, .series: return text
    case .memory, .pieces, .mapped:
      return renderer.declare("v", element(array.type), text)
    }
  }

  /// The components of an array at fixed positions.
  private func selected(_ array: Held, _ sources: [Int], _ type: ValueType, at position: Int) -> Held {
    if sources.count <= Renderer.unrollLimit {
      return Held(type: type, form: .components(sources.map { read(array, $0) }))
    }
    let target = allocate(type, at: position)
    var start = 0
    while start < sources.count {
      var end = start + 1
      while end < sources.count, sources[end] == sources[end - 1] + 1 { end += 1 }
      copy(array, from: sources[start], count: end - start, to: target, at: start, type)
      start = end
    }
    return Held(type: type, form: .memory(target))
  }

  private func transposed(_ matrix: Held, _ type: ValueType, at position: Int) -> Held {
    let (rows, columns) = (type.shape.dimensions[0], type.shape.dimensions[1])
    if type.shape.count <= Renderer.unrollLimit {
      let sources = (0..<rows).flatMap { row in (0..<columns).map { $0 * rows + row } }
      return selected(matrix, sources, type, at: position)
    }
    let (source, target) = (inMemory(matrix, matrix.type), allocate(type, at: position))
    renderer.open("for (long i = 0; i < \(rows); i++) for (long j = 0; j < \(columns); j++)")
    renderer.write("\(target)[i * \(columns) + j] = \(source)[j * \(rows) + i];")
    renderer.close()
    return Held(type: type, form: .memory(target))
  }

  private func stack(_ operands: [Held], _ type: ValueType, root: Instruction, at position: Int) -> Held {
    if type.shape.count <= Renderer.unrollLimit, !isPassedOn(firstResult(of: position)) {
      let texts = operands.flatMap { operand in (0..<operand.count).map { widened(operand, $0, type.extent) } }
      return Held(type: type, form: .components(texts))
    }
    let target = allocate(type, at: position)
    var start = 0
    for operand in operands {
      copy(operand, from: 0, count: operand.count, to: target, at: start, type)
      start += operand.count
    }
    return Held(type: type, form: .memory(target))
  }

  private func concatenated(_ operands: [Held], _ axis: Int, _ type: ValueType, at position: Int) -> Held {
    let outer = Axes(type.shape, around: axis).outer
    let isSmall = type.shape.count <= Renderer.unrollLimit
    let target = isSmall ? "" : allocate(type, at: position)
    var texts: [String] = []
    var start = 0
    for block in 0..<outer {
      for operand in operands {
        let range = Axes(operand.type.shape, around: axis)
        let components = range.range(block, 0..<range.length)
        if isSmall {
          texts += components.map { widened(operand, $0, type.extent) }
        } else {
          copy(operand, from: components.lowerBound, count: components.count, to: target, at: start, type)
        }
        start += components.count
      }
    }
    return Held(type: type, form: isSmall ? .components(texts) : .memory(target))
  }

  /// Writes components `from ..< from + count` of a value to memory.
  func copy(_ value: Held, from: Int, count: Int, to target: String, at start: Int, _ type: ValueType) {
    if case .components(let texts) = value.form {
      for offset in 0..<count {
        let text = renderer.widened(texts.count == 1 ? texts[0] : texts[from + offset], value.type, to: type.extent)
        renderer.write("\(target)[\(start + offset)] = \(text);")
      }
    } else {
      renderer.loop(over: from..<from + count, reading: [value]) { segment in
        let source = renderer.widened(value.component(counted: "i", in: segment), value.type, to: type.extent)
        renderer.write("\(target)[i + \(start - from)] = \(source);")
      }
    }
  }

  /// The value as a pointer to all its components, copied if it is not in memory yet.
  func inMemory(_ value: Held, _ type: ValueType, root: Int? = nil) -> String {
    if case .memory(let pointer) = value.form, value.type.extent == type.extent { return pointer }
    let target = allocate(type, root: root)
    copy(value, from: 0, count: value.count, to: target, at: 0, type)
    return target
  }

  private func gathered(_ table: Held, _ index: Held, _ type: ValueType, at position: Int) -> Held {
    let length = table.type.shape.dimensions[0]
    let size = type.shape.count
    let memory = inMemory(table, table.type)
    let target = allocate(type, at: position)
    if index.type.extent == .shared {
      let entry = renderer.declare(
        "n", ValueType(.boolean, .scalar, .shared), "ENTRY(\(index.component(0)), \(length))")
      renderer.open("for (long i = 0; i < \(size); i++)")
      let source = renderer.widened("\(memory)[\(entry) * \(size) + i]", element(table.type), to: type.extent)
      renderer.write("\(target)[i] = \(source);")
      renderer.close()
    } else {
      renderer.open("for (int l = 0; l < W; l++) for (long i = 0; i < \(size); i++)")
      let lane = table.type.extent == .member ? "[l]" : ""
      renderer.write("\(target)[i][l] = \(memory)[ENTRY((\(index.component(0)))[l], \(length)) * \(size) + i]\(lane);")
      renderer.close()
    }
    return loaded(target, type)
  }

  private func summed(_ array: Held, _ axis: Int, _ type: ValueType, at position: Int) -> Held {
    let axes = Axes(array.type.shape, around: axis)
    let zero = renderer.widened("(T)0", ValueType(.real, .scalar, .shared), to: type.extent)
    if array.count <= Renderer.unrollLimit {
      let texts = (0..<type.shape.count).map { component in
        let (outer, inner) = component.quotientAndRemainder(dividingBy: max(axes.inner, 1))
        let terms = (0..<axes.length).map { array.component((outer * axes.length + $0) * axes.inner + inner) }
        return renderer.declare("v", element(type), terms.isEmpty ? zero : terms.joined(separator: " + "))
      }
      return Held(type: type, form: .components(texts))
    }
    let memory = inMemory(array, array.type)
    let target = allocate(type, at: position)
    renderer.open("for (long i = 0; i < \(axes.outer); i++) for (long k = 0; k < \(axes.inner); k++)")
    let total = renderer.name("v", type)
    renderer.write("\(type.cType) \(total) = \(zero);")
    let source = "\(memory)[(i * \(axes.length) + j) * \(axes.inner) + k]"
    renderer.open("for (long j = 0; j < \(axes.length); j++)")
    renderer.write("\(total) += \(source);")
    renderer.close()
    renderer.write("\(target)[i * \(axes.inner) + k] = \(total);")
    renderer.close()
    return loaded(target, type)
  }

  private func product(_ a: Held, _ b: Held, _ type: ValueType, at position: Int) -> Held {
    let inner = a.type.shape.dimensions.last!
    let rows = a.type.shape.rank == 2 ? a.type.shape.dimensions[0] : 1
    let columns = b.type.shape.rank == 2 ? b.type.shape.dimensions[1] : 1
    func widened(_ text: String, _ value: Held) -> String {
      renderer.widened(text, element(value.type), to: type.extent)
    }
    let zero = renderer.widened("(T)0", ValueType(.real, .scalar, .shared), to: type.extent)
    if a.count <= Renderer.unrollLimit, b.count <= Renderer.unrollLimit, type.shape.count <= Renderer.unrollLimit {
      let texts = (0..<rows * columns).map { component in
        let (row, column) = component.quotientAndRemainder(dividingBy: columns)
        let terms = (0..<inner).map {
          widened(a.component(row * inner + $0), a) + " * " + widened(b.component($0 * columns + column), b)
        }
        return renderer.declare("v", element(type), terms.isEmpty ? zero : terms.joined(separator: " + "))
      }
      return Held(type: type, form: .components(texts))
    }
    let (left, right) = (inMemory(a, a.type), inMemory(b, b.type))
    let target = allocate(type, at: position)
    renderer.open("for (long i = 0; i < \(rows); i++) for (long k = 0; k < \(columns); k++)")
    let total = renderer.name("v", type)
    renderer.write("\(type.cType) \(total) = \(zero);")
    renderer.open("for (long j = 0; j < \(inner); j++)")
    let term = widened("\(left)[i * \(inner) + j]", a) + " * " + widened("\(right)[j * \(columns) + k]", b)
    renderer.write("\(total) += \(term);")
    renderer.close()
    renderer.write("\(target)[i * \(columns) + k] = \(total);")
    renderer.close()
    return loaded(target, type)
  }

  /// A result that was written to memory: small ones are read back into variables.
  func loaded(_ pointer: String, _ type: ValueType) -> Held {
    if type.shape.count > Renderer.unrollLimit { return Held(type: type, form: .memory(pointer)) }
    let texts = (0..<type.shape.count).map { renderer.declare("v", element(type), "\(pointer)[\($0)]") }
    return Held(type: type, form: .components(texts))
  }
}
