import Execution
import Programs

/// A program as a C file: one function that computes it for any number of members, a tile of lanes at a time, and returns
/// the turns of its loops over lanes, counted for every lane.
///
/// Inputs and outputs are laid out as `Buffer`s. Shared values are computed once, before the loop over tiles. Members are
/// begun as the feed grants them (`MemberFeed`).
public struct KernelSource: Sendable {
  public let text: String
  public let vectorsPerTile: Int
  /// Whether the program is so large that time to compile counts for more than the last tenths of speed.
  public let isLarge: Bool

  /// The kernel's entry.
  static let entry = "flowmap_kernel"

  /// - Parameters:
  ///   - program: simplified.
  ///   - outputOrders: the order of each output's buffer.
  ///   - library: where elementary functions of vectors come from.
  ///   - vectorsPerTile: interleaved vectors, or nil to choose by the program's size.
  ///   - refillsLanes: whether lanes take another member when theirs has ended, where the program allows.
  public init(
    _ program: Program, precision: Precision, outputOrders: [Buffer.Order], library: VectorLibrary,
    vectorsPerTile: Int? = nil, refillsLanes: Bool = true
  ) {
    self.init(
      program, precision: precision, outputOrders: outputOrders, library: library, vectorsPerTile: vectorsPerTile,
      refillsLanes: refillsLanes, cutter: BlockCutter())
  }

  /// - Parameter cutter: makes functions of long blocks.
  init(
    _ whole: Program, precision: Precision, outputOrders: [Buffer.Order], library: VectorLibrary,
    vectorsPerTile: Int? = nil, refillsLanes: Bool = true, cutter: BlockCutter
  ) {
    isLarge = whole.statementCount > cutter.programLimit
    let program = isLarge ? cutter.cut(CallPacker().packed(whole.sharingCallees())) : whole
    let vectors = vectorsPerTile ?? (isLarge ? 1 : program.suggestedVectorsPerTile)
    precondition([1, 2, 4].contains(vectors), "a tile is 1, 2 or 4 vectors, so that it divides a buffer's stride")
    self.vectorsPerTile = vectors
    let renderer = Renderer(precision: precision, library: library, vectorsPerTile: self.vectorsPerTile)
    let body = renderer.captured { renderer.kernel(program, outputOrders, refillsLanes) }
    var parts = ["// \(program.name), \(precision) precision: written by Flowmap"]
    let passes = Self.passesLeftOut(isLarge: isLarge, choices: program.sharedChoiceCount)
    if !passes.isEmpty {
      let names = passes.map { "\"no-\($0)\"" }.joined(separator: ", ")
      parts.append("#if !defined(__clang__)\n#pragma GCC optimize(\(names))\n#endif")
    }
    parts.append(Prelude.text(precision))
    parts.append(renderer.functions.declarations)
    if renderer.usesTabulation { parts.append(Prelude.tabulation) }
    if renderer.usesRefill { parts.append(Prelude.refill) }
    if renderer.usesLinearAlgebra { parts.append(Prelude.linearAlgebra(precision)) }
    parts += renderer.marks.enumerated().map { "#define WORKSPACE\($0.element) \($0.offset * renderer.workspace.size)" }
    // Bytes of memory that a running thread needs, and bytes more for each member.
    parts.append(
      """
      const int flowmap_lanes = W * \(self.vectorsPerTile);
      const long flowmap_workspace = (long)sizeof(V) * \(self.vectorsPerTile) * \(max(renderer.workspace.size, 1));
      const long flowmap_member_workspace = (long)sizeof(T) * \(renderer.poolRows);

      """)
    parts += renderer.statics
    parts.append(body.joined(separator: "\n"))
    text = parts.joined(separator: "\n")
  }

  /// Passes of GCC that take long on such programs and find little in straight lines of arithmetic. None of them changes a number.
  ///
  /// Of many choices in a row GCC follows every path when it threads jumps: 25 events at given times took it 7.6 s, and 1.3
  /// without.
  private static func passesLeftOut(isLarge: Bool, choices: Int) -> [String] {
    if isLarge { return ["thread-jumps", "tree-dse", "dse"] }
    return choices > choiceLimit ? ["thread-jumps"] : []
  }

  /// The control of steps chooses a few numbers.
  private static let choiceLimit = 64
}

extension Program {
  /// Two vectors at a time hide the latency of a chain of dependent operations, as long as registers suffice.
  /// Measured on AVX-512 (32 registers): Lorenz 0.85 µs a member with two vectors, 1.17 with one.
  fileprivate var suggestedVectorsPerTile: Int {
    largestArray > Renderer.unrollLimit || scalarCarry > Self.interleaveLimit || largestSeries > Self.seriesLimit
      ? 1 : 2
  }

  /// The values of series that two vectors of members may write: 512 kilobytes of a second-level cache. Measured on
  /// Lorenz, 1,000 save times (3,000 values): 1.8 µs a member with two vectors, 2.0 with one; 20 states (20,000 values):
  /// 17 with two, 15 with one.
  private static let seriesLimit = 4096

  /// The most values that a table holds.
  private var largestSeries: Int {
    instructions.map { instruction in
      let own = instruction.operation == .tabulate ? instruction.results[0].shape.count : 0
      return max(own, instruction.operation.regions.map(\.largestSeries).max() ?? 0)
    }.max() ?? 0
  }

  /// Components that the program's loops carry as variables.
  private var scalarCarry: Int {
    instructions.flatMap(\.operation.regions).map { region in
      let counts = region.inputs.map(\.type.shape.count).filter { $0 <= Renderer.unrollLimit }
      return max(counts.reduce(0, +), region.scalarCarry)
    }.max() ?? 0
  }

  private static let interleaveLimit = 24

  /// The largest array that an instruction works on, but for tables written in place.
  private var largestArray: Int {
    instructions.map { instruction in
      let own =
        instruction.operation.isComponentwise || instruction.operation.isOfMatrices
        ? instruction.results.map(\.shape.count).max() ?? 0 : 0
      return max(own, instruction.operation.regions.map(\.largestArray).max() ?? 0)
    }.max() ?? 0
  }
}

extension Operation {
  fileprivate var isOfMatrices: Bool {
    if case .ofMatrices = group { true } else { false }
  }
}

extension Renderer {
  fileprivate func kernel(_ program: Program, _ orders: [Buffer.Order], _ refillsLanes: Bool) {
    let types = program.types
    open(
      "long \(KernelSource.entry)(long members, long stride, const T *const *in, T *const *out, char *memory, Feed *feed)"
    )
    write("V *const base§ = (V *)memory + WORKSPACE§;")
    write("long turns = 0;")
    let inputs = program.inputs.enumerated().map { held(input: $0.offset, $0.element.type) }
    for (position, input) in program.inputs.enumerated() where input.type.extent == .shared {
      declare(input: position, input.type)
    }
    for (position, output) in program.outputs.enumerated() where program.isReduced(output.value) {
      write("for (long j = 0; j < \(types[output.value.number].shape.count); j++) out[\(position)][j] = 0;")
    }
    // The order of series outputs lets a loop write them where they end up.
    var targets: [Value: Held.Form] = [:]
    for (position, output) in program.outputs.enumerated()
    where orders[position] == .memberMajor && program.isSeries(output.value) && targets[output.value] == nil {
      let length = types[output.value.number].shape.dimensions[1]
      targets[output.value] = .series(
        base: "(out[\(position)] + m§ * \(length)L)", stride: "\(length)L * stride", isOpen: false)
    }
    let hoisted = program.memberFreeInstructions
    let block = BlockRenderer(self, program, inputs: inputs, seriesTargets: targets, kept: hoisted)
    block.render(where: hoisted.contains)
    let (early, late) = program.sharedOutputs(knownAfter: hoisted)
    for position in early { storeShared(block[program.outputs[position].value], to: position) }
    func openTiles(until end: String) {
      open("for (long m = 0; m < \(end); m += W * \(vectorsPerTile))")
      for (position, mark) in marks.enumerated() where vectorsPerTile > 1 {
        write("const long m\(mark) = m + \(position) * W;")
      }
      for (position, input) in program.inputs.enumerated() where input.type.extent == .member {
        declare(input: position, input.type)
      }
    }
    if refillsLanes, let refilled = RefilledLoop(program, hoisted: hoisted, targets: Set(targets.keys)) {
      block.render(refilled, openTiles: openTiles)
    } else {
      openTiles(until: "GRANTED(feed, m + W * \(vectorsPerTile))")
      block.render { !hoisted.contains($0) }
    }
    for position in late { storeShared(block[program.outputs[position].value], to: position) }
    for (position, output) in program.outputs.enumerated() {
      let value = block[output.value]
      if program.isReduced(output.value) {
        accumulate(value, to: position)
      } else if types[output.value.number].extent == .member {
        store(
          value, types[output.value.number], to: position, orders[position], isInPlace: targets[output.value] != nil)
      }
    }
    close()
    write("return turns * W * \(vectorsPerTile);")
    close()
  }

  /// The names of an input's components; `declare(input:)` declares them where the tile is known.
  private func held(input position: Int, _ type: ValueType) -> Held {
    if type.shape.count > Self.unrollLimit { return Held(type: type, form: .memory("in\(position)\(type.mark)")) }
    let texts = (0..<type.shape.count).map { "in\(position)_\($0)\(type.mark)" }
    return Held(type: type, form: .components(texts))
  }

  private func declare(input position: Int, _ type: ValueType) {
    let source = type.extent == .member ? "LOAD(in[\(position)] + % * stride + m§)" : "in[\(position)][%]"
    func text(_ component: String) -> String {
      let number = source.replacing("%", with: component)
      guard type.kind == .boolean else { return number }
      return type.extent == .member ? "NE(\(number), BC(0))" : "(\(number) != 0)"
    }
    let held = held(input: position, type)
    guard case .memory(let pointer) = held.form else {
      for component in 0..<type.shape.count {
        write("const \(type.cType) \(held.component(component)) = \(text("\(component)"));")
      }
      return
    }
    if type.extent == .shared, type.kind == .real {
      write("const T *const \(pointer) = in[\(position)];")
    } else {
      let mark = type.extent == .member ? "§" : (vectorsPerTile == 1 ? "" : "a")
      let start = workspace.allocate(type.shape.count).lowerBound
      write("\(type.cType) *const \(pointer) = (\(type.cType) *)(base\(mark) + \(start));")
      open("for (long i = 0; i < \(type.shape.count); i++)")
      write("\(pointer)[i] = \(text("i"));")
      close()
    }
  }

  private func storeShared(_ value: Held, to output: Int) {
    if value.count > Self.unrollLimit {
      loop(over: 0..<value.count, reading: [value]) { segment in
        write("out[\(output)][i] = \(value.component(counted: "i", in: segment));")
      }
      return
    }
    for component in 0..<value.count { write("out[\(output)][\(component)] = \(value.component(component));") }
  }

  private func store(_ value: Held, _ type: ValueType, to output: Int, _ order: Buffer.Order, isInPlace: Bool) {
    if isInPlace { return }
    func real(_ text: String) -> String {
      let wide = widened(text, value.type, to: .member)
      return type.kind == .boolean ? "SEL(\(wide), BC(1), BC(0))" : wide
    }
    if order == .componentMajor {
      if value.count > Self.unrollLimit {
        loop(over: 0..<value.count, reading: [value]) { segment in
          write("STORE(out[\(output)] + i * stride + m§, \(real(value.component(counted: "i", in: segment))));")
        }
      } else {
        for component in 0..<value.count {
          write("STORE(out[\(output)] + \(component) * stride + m§, \(real(value.component(component))));")
        }
      }
      return
    }
    let length = type.shape.dimensions.last ?? 1
    func scatter(_ text: String, row: String, entry: String) {
      let lanes = declare("v", ValueType(), real(text))
      write(
        "for (long l = 0; l < W; l++) out[\(output)][(\(row) * stride + m§ + l) * \(length) + \(entry)] = \(lanes)[l];")
    }
    if value.count > Self.unrollLimit {
      loop(over: 0..<value.count, reading: [value]) { segment in
        scatter(value.component(counted: "i", in: segment), row: "i / \(length)", entry: "i % \(length)")
      }
      return
    }
    for component in 0..<value.count {
      open("")
      scatter(value.component(component), row: "\(component / length)", entry: "\(component % length)")
      close()
    }
  }

  /// Adds members in their order, without the lanes beyond the last: the sum does not depend on the vector width.
  private func accumulate(_ value: Held, to output: Int) {
    for component in 0..<value.count {
      let text = widened(value.component(component), value.type, to: .member)
      open("")
      let lanes = declare("v", ValueType(), text)
      for mark in marks {
        let (lane, start) = (lanes.replacing("§", with: mark), vectorsPerTile == 1 ? "m" : "m\(mark)")
        write("for (long l = 0; l < W && \(start) + l < feed->end; l++) out[\(output)][\(component)] += \(lane)[l];")
      }
      close()
    }
  }
}

extension Program {
  /// The outputs that all members share, those known before any member is computed apart from those that loops over
  /// members leave behind; each tile writes the same numbers for the latter.
  fileprivate func sharedOutputs(knownAfter hoisted: Set<Int>) -> (early: [Int], late: [Int]) {
    let types = types
    var early = Set(inputs.indices)
    for (position, first) in zip(instructions.indices, firstResults) where hoisted.contains(position) {
      early.formUnion(first..<first + instructions[position].results.count)
    }
    let shared = outputs.indices.filter {
      types[outputs[$0].value.number].extent == .shared && !isReduced(outputs[$0].value)
    }
    return (
      shared.filter { early.contains(outputs[$0].value.number) },
      shared.filter { !early.contains(outputs[$0].value.number) }
    )
  }

  /// Whether a value is a sum over members.
  func isReduced(_ value: Value) -> Bool {
    zip(instructions, firstResults).contains { $0.operation == .sumOverMembers && $1 == value.number }
  }

  /// Whether a value is a series that a while loop of this program writes in place.
  func isSeries(_ value: Value) -> Bool {
    for (instruction, first) in zip(instructions, firstResults) {
      guard case .whileLoop(let loop) = instruction.operation,
        instruction.results.indices.contains(value.number - first)
      else { continue }
      let uses = instructions.contains { $0.operands.contains(value) }
      return !uses && loop.isSeries(value.number - first)
    }
    return false
  }
}
