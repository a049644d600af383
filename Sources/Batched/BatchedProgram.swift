import Execution
import Programs

/// A planned program and the memory of its past runs.
///
/// Not generic itself: a generic type's conformance would be called through unspecialised code, a hundred times slower.
struct BatchedProgram: PreparedProgram {
  let precision: Precision
  let outputOrders: [Buffer.Order]
  private let signature: RunSignature
  private let plan: Plan
  /// Where each input is copied to, in rows as long as a block.
  private let inputPlaces: [Int]
  /// The value of each output; for a sum over members, the value that is summed.
  private let results: [(value: Int, isReduced: Bool)]
  private let frames: FramePool

  var program: Program { plan.program }
  var summary: String {
    "batched, \(precision) precision, \(plan.width) members a block, factors of matrices by OpenBLAS (\(LAPACK.kernels))"
  }

  init(_ plan: Plan, _ precision: Precision, _ outputOrders: [Buffer.Order]) {
    self.plan = plan
    self.precision = precision
    self.outputOrders = outputOrders
    signature = RunSignature(plan.program, precision: precision, outputOrders: outputOrders)
    var arena = Arena(granule: Plan.granule)
    inputPlaces = plan.program.inputs.map { input in
      plan.size + arena.allocate(input.type.shape.count * (input.type.extent == .member ? plan.width : 1)).lowerBound
    }
    results = plan.program.outputs.map { output in
      let sum = plan.steps.first {
        $0.instruction.operation == .sumOverMembers && $0.firstResult == output.value.number
      }
      return (sum?.instruction.operands[0].number ?? output.value.number, sum != nil)
    }
    frames = FramePool(byteCount: (plan.size + arena.size) * precision.byteCount)
  }

  var workspaceBytes: Int { frames.byteCount }

  func run(members: Int, from feed: MemberFeed?, inputs: [Buffer], outputs: [Buffer]) throws -> Int {
    try signature.check(members: members, inputs: inputs, outputs: outputs)
    switch precision {
    case .double: return try run(Double.self, members: members, from: feed, inputs: inputs, outputs: outputs)
    case .single: return try run(Float.self, members: members, from: feed, inputs: inputs, outputs: outputs)
    }
  }

  private func run<T: BatchedReal>(
    _: T.Type, members: Int, from feed: MemberFeed?, inputs: [Buffer], outputs: [Buffer]
  ) throws(ExecutionError) -> Int {
    let memory = try frames.take()
    defer { frames.giveBack(memory) }
    let frame = memory.start.assumingMemoryBound(to: T.self)
    let places = inputPlaces.map { frame + $0 }
    for (input, place) in zip(inputs, places) where input.type.extent == .shared { load(input, from: 0, 1, to: place) }
    for (output, result) in zip(outputs, results) where result.isReduced {
      output.address.assumingMemoryBound(to: T.self).update(repeating: 0, count: output.type.shape.count)
    }
    Interpreter<T>(width: plan.width, columns: 1).run(plan, .hoisted, frame: frame, inputs: places, mask: nil)
    var (start, granted) = (0, feed == nil ? members : 0)
    while true {
      while granted < start + plan.width, let more = feed?.more(), more > 0 { granted += more }
      let columns = min(plan.width, granted - start)
      if columns <= 0 { return granted }
      for (input, place) in zip(inputs, places) where input.type.extent == .member {
        load(input, from: start, columns, to: place)
      }
      let interpreter = Interpreter<T>(width: plan.width, columns: columns)
      let values = interpreter.run(plan, .perBlock, frame: frame, inputs: places, mask: nil)
      for (output, result) in zip(outputs, results) {
        let source = Interpreter<T>.Array(values[result.value], plan.types[result.value])
        if result.isReduced {
          accumulate(source, columns, to: output)
        } else {
          store(source, columns, to: output, from: start)
        }
      }
      start += columns
    }
  }

  private func load<T: BatchedReal>(
    _ buffer: Buffer, from start: Int, _ columns: Int, to target: UnsafeMutablePointer<T>
  ) {
    let source = buffer.address.assumingMemoryBound(to: T.self)
    let step = buffer.type.extent == .member ? plan.width : 1
    for component in 0..<buffer.type.shape.count {
      let row = target + component * step
      if buffer.order == .componentMajor {
        row.update(from: source + component * buffer.stride + start, count: columns)
      } else {
        for column in 0..<columns { row[column] = source[buffer.offset(component: component, member: start + column)] }
      }
      if buffer.type.kind == .boolean {
        for column in 0..<columns { row[column] = row[column] != 0 ? 1 : 0 }
      }
    }
  }

  private func store<T: BatchedReal>(_ value: Interpreter<T>.Array, _ columns: Int, to buffer: Buffer, from start: Int)
  {
    let target = buffer.address.assumingMemoryBound(to: T.self)
    if value.isShared {
      target.update(from: value.start, count: value.count)
      return
    }
    for component in 0..<value.count {
      let row = value.start + component * plan.width
      if buffer.order == .componentMajor {
        (target + component * buffer.stride + start).update(from: row, count: columns)
      } else {
        for column in 0..<columns { target[buffer.offset(component: component, member: start + column)] = row[column] }
      }
    }
  }

  /// Adds the members in their order, so that the sum does not depend on the width of blocks.
  private func accumulate<T: BatchedReal>(_ value: Interpreter<T>.Array, _ columns: Int, to buffer: Buffer) {
    let target = buffer.address.assumingMemoryBound(to: T.self)
    for component in 0..<value.count {
      var total = target[component]
      for column in 0..<columns {
        total += value.isShared ? value.start[component] : value.start[component * plan.width + column]
      }
      target[component] = total
    }
  }
}
