import Differentiation
import Dynamics
import Programs
import RealModule
import Testing

/// Loops that are walked back segment by segment.
@Suite struct SegmentTests {
  private static var observations: [Observation] {
    [
      Observation("a", .integral) { _, u in u[0] * u[2] }, Observation("b", .at, time: 0.43) { _, u in sin(u[1]) },
      Observation("c", .maximum) { _, u in u[0] + 0.1 * u[1] },
    ]
  }

  /// Members take between about 20 and 60 turns: some end within a segment, some at the end of one.
  @Test(arguments: Engine.allCases) func segmentsGiveTheGradientOfOneTape(engine: Engine) throws {
    let program = try lorenz(tolerance: 1e-6, saveAt: [0, 0.1, 0.11, 0.5, 1], observations: Self.observations)
    let x = LorenzTests.inputs(9)
    let names = LorenzTests.names.map { "gradient." + $0 }
    func gradients(of output: String, _ turns: Int, _ segments: Int) throws -> [[Double]] {
      let found = try engine.run(
        try program.gradient(of: output, tapeCapacity: turns, tapeSegments: segments), members: 9, x)
      #expect(found[Program.tapeFull]!.allSatisfy { $0 == [0] })
      return names.map { name in found[name]!.map { $0[0] } }
    }
    for output in ["saved", "observed1", "observed2"] {
      let whole = try gradients(of: output, 128, 1)
      let parts = try gradients(of: output, 16, 8)
      // Where segments are divided changes no bit.
      #expect(try gradients(of: output, 5, 25) == parts, "\(engine), \(output)")
      switch engine {
      case .batched: #expect(whole == parts, "\(output)")
      // The kernel of one tape contracts products and sums, that of segments does not.
      case .compiled:
        for (a, b) in zip(whole.joined(), parts.joined()) { #expect(isNear(a, b, 1e-12), "\(output): \(a), \(b)") }
      }
    }
  }

  @Test(arguments: Engine.allCases) func tooFewSegmentsAreFlaggedForTheirMembersOnly(engine: Engine) throws {
    let x = LorenzTests.inputs(9)
    let free = try engine.run(try lorenz().valueWithGradient(of: "x", tapeSegments: 2), members: 9, x)
    let turns = free["steps"]!.map { $0[0] }.sorted()
    let size = Int(turns[4] / 8 + 1)
    let tight = try engine.run(
      try lorenz().valueWithGradient(of: "x", tapeCapacity: 8, tapeSegments: size), members: 9, x)
    let flags = tight[Program.tapeFull]!.map { $0[0] }
    #expect(flags.contains(1) && flags.contains(0))
    #expect(tight["x"] == free["x"])
    for member in 0..<9 {
      let gradient = tight["gradient.rho"]![member]
      #expect(flags[member] == 1 ? gradient[0].isNaN : gradient == free["gradient.rho"]![member])
    }
  }

  @Test func segmentsAreNotWalkedBackTwice() throws {
    let gradient = try lorenz().gradient(of: "x", tapeCapacity: 8, tapeSegments: 8)
    #expect(throws: DifferentiationError.segments(program: "lorenz.gradient")) {
      try gradient.gradient(of: "gradient.rho")
    }
    _ = try gradient.jacobianVectorProduct(.init(of: ["gradient.rho"]))
  }
}
