import Differentiation
import Programs
import Testing

/// Random programs are read from their texts as they were, and so are their derivatives.
@Suite struct ProgramTextTests {
  private func expectReadAgain(_ program: Program, _ comment: String) throws {
    let text = program.text
    let read = try Program(text: text)
    #expect(read == program, "\(comment)")
    #expect(read.text == text, "\(comment)")
  }

  @Test(arguments: 0..<10) func randomProgramsAreReadAgain(batch: Int) throws {
    for seed in RandomProgram.seeds(60_000 + 10 * batch..<60_000 + 10 * (batch + 1)) {
      let (program, _) = try RandomProgram.batch(seeds: seed..<seed + 1, operations: 40)
      try expectReadAgain(program, "seed \(seed)")
      try expectReadAgain(try program.simplified(), "seed \(seed), simplified")
    }
  }

  @Test(arguments: 0..<4) func calledProgramsAreReadAgain(batch: Int) throws {
    let seeds = RandomProgram.seeds(61_000 + 10 * batch..<61_000 + 10 * (batch + 1))
    try expectReadAgain(try RandomProgram.callees(seeds: seeds, operations: 10).program, "seeds \(seeds)")
  }

  @Test(arguments: 0..<8) func derivativesAreReadAgain(batch: Int) throws {
    let seeds = RandomProgram.seeds(62_000 + 2 * batch..<62_000 + 2 * (batch + 1))
    let program = try RandomProgram.batch(seeds: seeds, operations: 10).program
    let outputs = zip(program.outputs, program.outputTypes).filter { $1.kind == .real && $1.extent == .member }
    let options = DerivativeOptions(of: outputs.map(\.0.name), tapeCapacity: 64, isStrict: false)
    let (forward, reverse) = (try program.jacobianVectorProduct(options), try program.vectorJacobianProduct(options))
    for (program, name) in [(forward, "forward"), (reverse, "reverse")] {
      try expectReadAgain(program, "seeds \(seeds), \(name)")
      try expectReadAgain(try program.simplified(), "seeds \(seeds), \(name), simplified")
    }
  }
}
