import Batched
import Execution
import Programs
import Testing

@testable import Compiled

/// Large programs in pieces: the same numbers from functions of bounded size.
@Suite struct BlockCuttingTests {
  /// Every block of the program, with those of its loops and callees.
  private static func blocks(_ program: Program) -> [Program] {
    [program] + program.instructions.flatMap(\.operation.regions).flatMap(blocks)
  }

  private static func isPiece(_ program: Program) -> Bool { program.name.contains(".piece") }

  /// What the passes for large programs make of one.
  private static func cut(_ program: Program, _ cutter: BlockCutter) -> Program {
    cutter.cut(CallPacker().packed(program.sharingCallees()))
  }

  /// Programs of several kinds of operations, loops and calls.
  @Test(arguments: 0..<8) func piecesGiveTheSameBits(batch: Int) throws {
    let seeds = RandomProgram.seeds(40_000 + 4 * batch..<40_000 + 4 * (batch + 1))
    let (whole, _) = try RandomProgram.batch(seeds: seeds, operations: 60)
    let program = try (batch % 2 == 0 ? whole : whole.simplified())
    let cutter = BlockCutter(limit: 30, pieceLength: 12)
    let pieces = Self.cut(program, cutter)
    try pieces.check()
    #expect(Self.blocks(pieces).contains(where: Self.isPiece))
    // Without optimisation nothing is fused, so bits tell.
    let executor = try CompiledExecutor(
      vectorsPerTile: [1, 2][batch / 2 % 2], environment: TestCache.quickEnvironment)
    let ensemble = RandomProgram.ensemble(seed: batch, members: 21)
    let orders = program.outputs.map { _ in Buffer.Order.componentMajor }
    let expected = try executor.prepare(simple: program, precision: .double, outputOrders: orders).outputs(
      for: ensemble)
    let found = try executor.prepare(simple: program, precision: .double, outputOrders: orders, cutter: cutter)
      .outputs(for: ensemble)
    #expect(bits(expected) == bits(found))
    // The batched executor knows nothing of C; pieces are programs like any other.
    let batched = try BatchedExecutor().outputs(program, ensemble)
    #expect(bits(try BatchedExecutor().outputs(pieces, ensemble)) == bits(batched))
  }

  /// A chain of so many rates: long, and each of its numbers is used again much later.
  private static func chain(_ count: Int) throws -> Program {
    try Program.trace("chain", inputs: [.init("x", ValueType()), .init("k", ValueType(.real, [], .shared))]) { inputs in
      var values = [inputs[0], sin(inputs[0]) * inputs[1]]
      for position in 2..<count { values.append(values[position - 1] * 0.5 + cos(values[position / 2]) * inputs[1]) }
      return [("y", values[count - 1]), ("middle", values[count / 2])]
    }
  }

  @Test func noFunctionIsLongerThanItsPiece() throws {
    let program = try Self.chain(8_000).simplified()
    let cutter = BlockCutter()
    #expect(program.blockStatementCount > 2 * cutter.limit)
    let pieces = Self.cut(program, cutter)
    try pieces.check()
    for block in Self.blocks(pieces) where Self.isPiece(block) {
      // The last instruction may go beyond; here each is one statement.
      #expect(block.instructions.count { $0.operation.isComponentwise } <= cutter.pieceLength)
    }
    #expect(pieces.blockStatementCount <= cutter.limit)
    let source = KernelSource(
      program, precision: .double, outputOrders: [.componentMajor, .componentMajor], library: .scalar)
    #expect(source.isLarge && source.vectorsPerTile == 1)
    for function in source.text.components(separatedBy: "\n}\n") {
      #expect(function.split(separator: "\n").count < 2 * cutter.limit)
    }
  }

  @Test func smallProgramsStayAsTheyAre() throws {
    let program = try Self.chain(100).simplified()
    #expect(BlockCutter().cut(program) == program)
    let source = KernelSource(
      program, precision: .double, outputOrders: [.componentMajor, .componentMajor], library: .scalar)
    #expect(!source.isLarge && !source.text.contains("noinline)) void"))
  }

  /// Parameters go to every evaluation of a model's rates: they are written down once.
  @Test func callsWithTheSameNumbersShareOneArray() throws {
    let inputs = (0..<20).map { Program.Input("x\($0)", ValueType()) }
    let callee = try Program.trace("rates", inputs: inputs) { x in
      (0..<20).map { ("y\($0)", x[$0] * x[19 - $0] + sin(x[$0])) }
    }
    let program = try Program.trace("calls", inputs: inputs) { x in
      let (first, again) = (call(callee, x), call(callee, x))
      return [("y", call(callee, first)[3] + again[4])]
    }
    let packed = CallPacker().packed(program)
    try packed.check()
    #expect(packed.instructions.count { $0.operation == .stack } == 2)
    let ensemble = Ensemble(members: 1, inputs: [(0..<20).map { [Double($0) / 8] }])
    let batched = BatchedExecutor()
    let (expected, found) = (try batched.outputs(program, ensemble), try batched.outputs(packed, ensemble))
    #expect(bits(expected) == bits(found))
  }

  /// Of two callees that differ in what all members share, one does for both.
  @Test func calleesForSharedArgumentsGiveWayToThoseForMembers() throws {
    func rates(_ time: Extent) throws -> Program {
      let inputs = [Program.Input("t", ValueType(.real, [], time)), .init("x", ValueType())]
      return try Program.trace("rates", inputs: inputs) { [("rate", cos($0[0]) * $0[1])] }
    }
    let (shared, own) = (try rates(.shared), try rates(.member))
    let program = try Program.trace("both", inputs: [.init("x", ValueType())]) { x in
      [("y", call(shared, [Staged(2), x[0]])[0] + call(own, [x[0], x[0]])[0])]
    }
    let unified = program.sharingCallees()
    try unified.check()
    let callees = Set(unified.instructions.flatMap(\.operation.regions))
    #expect(callees == [own])
    let ensemble = Ensemble(members: 2, inputs: [[[0.5]], [[3]]])
    let (expected, found) = (
      try BatchedExecutor().outputs(program, ensemble), try BatchedExecutor().outputs(unified, ensemble)
    )
    #expect(bits(expected) == bits(found))
  }
}
