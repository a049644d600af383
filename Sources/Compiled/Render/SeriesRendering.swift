import Programs

extension BlockRenderer {
  /// Memory in which a loop's series is written in place, a lane's times together.
  /// - Parameter isOpen: whether `close` will write the entries that were not reached.
  func seriesStorage(_ given: Held, _ type: ValueType, root: Int, target: Held.Form?, isOpen: Bool) -> Held {
    let initial = whole(given)
    let length = type.shape.dimensions[1]
    let (base, stride): (String, String)
    if case .series(let targetBase, let targetStride, _, _) = target {
      (base, stride) = (targetBase, targetStride)
    } else {
      let vectors = allocate(type, root: root)
      base = renderer.name("r", type)
      renderer.write("T *const \(base) = (T *)\(vectors);")
      stride = "\(length)L * W"
    }
    let storage = Held(type: type, form: .series(base: base, stride: stride, isOpen: isOpen))
    if isOpen { return storage }
    func lane(_ text: String) -> String { initial.type.extent == .member ? "(\(text))[l]" : text }
    if case .components(let texts) = initial.form {
      for component in 0..<type.shape.count {
        let (k, s) = component.quotientAndRemainder(dividingBy: length)
        let text = lane(texts.count == 1 ? texts[0] : texts[component])
        renderer.write("for (long l = 0; l < W; l++) \(base)[\(k) * \(stride) + l * \(length)L + \(s)] = \(text);")
      }
    } else {
      let text = lane(initial.component(counted: "(k * \(length) + s)", in: 0..<type.shape.count))
      renderer.open("for (long k = 0; k < \(type.shape.dimensions[0]); k++) for (long l = 0; l < W; l++)")
      renderer.write("for (long s = 0; s < \(length); s++) \(base)[k * \(stride) + l * \(length)L + s] = \(text);")
      renderer.close()
    }
    return storage
  }

  /// Writes the entries of an open series that no step reached: they are what they were before the loop. Done at the end,
  /// this touches almost nothing; done before the loop, it would write all of a series twice.
  func close(_ series: Held, initial: Held, from: Held, to: Held) {
    guard case .series(let base, let stride, isOpen: true, _) = series.form, case .uniform(let text) = initial.form
    else {
      return
    }
    renderer.usesTabulation = true
    func wide(_ text: String, _ value: Held) -> String { renderer.widened(text, value.type, to: .member) }
    let dimensions = series.type.shape.dimensions
    renderer.write(
      "CLOSE(\(base), \(stride), \(dimensions[1]), \(dimensions[0]), \(wide(from.component(0), from)), "
        + "\(wide(to.component(0), to)), \(wide(text, initial)));")
  }

  /// A finished series as an ordinary array.
  func components(ofSeries series: Held, root: Int) -> Held {
    guard case .series(let base, let stride, _, _) = series.form else { return series }
    let length = series.type.shape.dimensions[1]
    let target = allocate(series.type, root: root)
    renderer.open("for (long k = 0; k < \(series.type.shape.dimensions[0]); k++) for (long s = 0; s < \(length); s++)")
    renderer.open("for (long l = 0; l < W; l++)")
    renderer.write("\(target)[k * \(length) + s][l] = \(base)[k * \(stride) + l * \(length)L + s];")
    renderer.close()
    renderer.close()
    return Held(type: series.type, form: .memory(target)).unrolled
  }

  func tabulated(_ operands: [Held], _ results: [ValueType], at position: Int) -> [Held] {
    renderer.usesTabulation = true
    let type = results[Tabulation.series]
    let length = type.shape.dimensions[1]
    let first = firstResult(of: position)
    var series = operands[Tabulation.series]
    let isInPlace = series.isSeries
    if !isInPlace {
      let initial = Held(
        type: series.type, form: .memory(inMemory(series, series.type)))
      series = seriesStorage(initial, type, root: first, target: nil, isOpen: false)
    }
    guard case .series(let base, let stride, let isOpen, let lanes) = series.form else {
      preconditionFailure("made a series above")
    }
    let coefficients = operands[Tabulation.coefficients]
    let polynomial = coefficients.type.shape.dimensions
    let memory = inMemory(coefficients, coefficients.type.perMember)
    let times = inMemory(operands[Tabulation.times], operands[Tabulation.times].type)
    func scalar(_ operand: Int) -> String {
      renderer.widened(operands[operand].component(0), operands[operand].type, to: .member)
    }
    let mask = renderer.activeMask ?? "ALL"
    let cursor = renderer.declare(
      "v", results[Tabulation.cursor],
      "TABULATE(\(base), \(lanes), \(stride), \(length), \(scalar(Tabulation.cursor)), \(times), \(scalar(Tabulation.until)), "
        + "\(scalar(Tabulation.origin)), \(scalar(Tabulation.scale)), \(memory), \(polynomial[1]), "
        + "\(polynomial[0] - 1), \(isOpen ? 1 : 0), \(mask))")
    let after = isInPlace ? series : components(ofSeries: series, root: first)
    return [after, Held(type: results[Tabulation.cursor], form: .components([cursor]))]
  }
}

extension BlockRenderer {
  func moments(_ operands: [Held], _ degree: Int, _ type: ValueType, at position: Int) -> Held {
    renderer.usesTabulation = true
    let series = operands[Tabulation.series]
    let (count, length) = (series.type.shape.dimensions[0], series.type.shape.dimensions[1])
    let target = allocate(type, at: position)
    let table = inMemory(series, series.type.perMember)
    let times = inMemory(operands[Tabulation.times], operands[Tabulation.times].type)
    func scalar(_ operand: Int) -> String {
      renderer.widened(operands[operand].component(0), operands[operand].type, to: .member)
    }
    renderer.write(
      "MOMENTS(\(target), \(table), \(length), \(scalar(Tabulation.cursor)), \(times), "
        + "\(scalar(Tabulation.until)), \(scalar(Tabulation.origin)), \(scalar(Tabulation.scale)), \(count), \(degree), "
        + "\(renderer.activeMask ?? "ALL"));")
    return loaded(target, type)
  }
}

extension Held {
  /// Small arrays in memory as components.
  fileprivate var unrolled: Held {
    guard case .memory(let pointer) = form, count <= Renderer.unrollLimit else { return self }
    return Held(type: type, form: .components((0..<count).map { "\(pointer)[\($0)]" }))
  }
}
