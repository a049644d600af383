import Dynamics
import Testing

@testable import Jobs

/// Members that take more steps than a tape holds.
@Suite struct TapeTests {
  /// A damped oscillator whose steps grow with its frequency w: x(t) = exp(−t/10)·cos(wt) but for its own small terms.
  static func oscillator(mode: String = "reverse", chunk: Int = 7, w: String = "{from: 10, to: 130, count: 7}")
    -> String
  {
    """
    name: oscillator
    model:
      parameters: {w: 1, k: 0.2}
      states: {u: {start: 1, rate: v}, v: {start: 0, rate: -w^2*u - k*v}}
    solve: {until: 10, relative_tolerance: 1e-9, absolute_tolerance: 1e-9, maximum_steps: 300000}
    vary: {w: \(w)}
    chunk: \(chunk)
    outputs: {u_end: final(u), square: mean(u^2)}
    gradient: {of: all, with_respect_to: [k, u.start], mode: \(mode)}
    """
  }

  static let derivatives = ["d_u_end_d_k", "d_u_end_d_u_start", "d_square_d_k", "d_square_d_u_start"]

  static let reference = Result { try Engine.compiled.run(oscillator()) }

  @Test func membersThatTakeLongAreDifferentiatedInSegments() throws {
    let found = try Self.reference.get()
    let turns = zip(found["steps"], found["rejected"]).map { $0 + $1 }
    let tape = Double(found.plan.tape!.turns)
    #expect(found.repeated == turns.count { $0 > tape })
    #expect(turns.contains { $0 > tape } && turns.contains { $0 <= tape })
    #expect(found.statuses[0] == 7)
    let forward = try Engine.compiled.run(Self.oscillator(mode: "forward"))
    for name in Self.derivatives {
      for (a, b) in zip(found[name], forward[name]) {
        // Kernels of the two modes contract different products, so their steps differ within the tolerance.
        #expect(isNear(a, b, 1e-8), "\(name): reverse \(a), forward \(b)")
      }
    }
  }

  /// Whoever is computed together.
  @Test func companyChangesNoBit() throws {
    let whole = try Self.reference.get()
    let parts = try Engine.compiled.run(Self.oscillator(chunk: 2))
    let reversed = try Engine.compiled.run(Self.oscillator(w: "{values: [130, 110, 90, 70, 50, 30, 10]}"))
    for name in Self.derivatives + ["u_end", "square"] {
      #expect(parts[name] == whole[name] && reversed[name].reversed() == whole[name], "\(name)")
    }
  }

  /// As long as the tapes fit into it; below, one tape is not to be had, and segments round in other places.
  @Test func memoryChangesNoBit() throws {
    let whole = try Self.reference.get()
    let less = try Engine.compiled.run(Self.oscillator(), memory: MemoryBudget(bytes: 64 << 20))
    let short = try Engine.compiled.run(Self.oscillator(), memory: MemoryBudget(bytes: 1 << 20))
    for name in Self.derivatives {
      #expect(less[name] == whole[name])
      for (a, b) in zip(short[name], whole[name]) { #expect(isNear(a, b, 1e-8), "\(name): \(a), \(b)") }
    }
    #expect(short.statuses[0] == 7)
  }

  @Test func withoutMemoryMembersHaveTheirValuesAndAStatus() throws {
    let whole = try Self.reference.get()
    let found = try Engine.compiled.run(Self.oscillator(), memory: MemoryBudget(bytes: 40_000))
    let isFull = found["status"].map { $0 == Double(Status.tapeFull.rawValue) }
    #expect(isFull.contains(true))
    for member in 0..<7 {
      #expect(isNear(found["u_end"][member], whole["u_end"][member], 1e-8))
      for name in Self.derivatives { #expect(found[name][member].isNaN == isFull[member]) }
    }
  }

  /// Steps that are counted beforehand need no second run; these are the same in both modes but for rounding.
  @Test func aMillionStepsAgreeWithForwardMode() throws {
    func text(_ mode: String) -> String {
      """
      name: million
      model: {parameters: {k: 1}, states: {u: {start: 1, rate: -k*u*(1 + 0.1*cos(t))}}}
      solve: {until: 1, method: euler, step: 1e-6, maximum_steps: 2000000}
      vary: {k: {values: [0.5, 1, 2]}}
      outputs: {u_end: final(u)}
      gradient: {of: all, with_respect_to: all, mode: \(mode)}
      """
    }
    let reverse = try Engine.compiled.run(text("reverse"), memory: MemoryBudget(bytes: 16 << 20))
    let forward = try Engine.compiled.run(text("forward"))
    #expect(reverse["steps"] == [1e6, 1e6, 1e6] && reverse.statuses[0] == 3 && reverse.repeated == 0)
    for name in ["d_u_end_d_k", "d_u_end_d_u_start"] {
      // A million roundings of 1e-16 add up to 1e-13 as a random walk.
      #expect(zip(reverse[name], forward[name]).allSatisfy { isNear($0, $1, 1e-11) }, "\(name)")
    }
  }

  @Test(arguments: [("64MB", 64_000_000), ("1.5 GiB", 3 << 29), ("800", 800), ("2k", 2000)])
  func budgetsAreRead(text: String, bytes: Int) { #expect(MemoryBudget(text)?.bytes == bytes) }

  @Test(arguments: ["", "much", "-3MB", "0", "1e30GB", "nanMB"]) func otherBudgetsAreNot(text: String) {
    #expect(MemoryBudget(text) == nil)
  }
}
