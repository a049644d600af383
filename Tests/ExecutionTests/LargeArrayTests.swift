import Batched
import Compiled
import Execution
import Programs
import Testing

/// Arrays that are looped over: pieces of others that are never joined, values computed again where they are read, and
/// loops that are put off. Random programs of such operations, in and after a loop, mean the same in both executors.
@Suite struct LargeArrayTests {
  /// Arrays of one length and scalars, to draw from.
  private struct Pool {
    let count: Int
    var generator: SplitMix
    var arrays: [Staged]
    var scalars: [Staged]

    mutating func array() -> Staged { arrays[generator.below(arrays.count)] }
    mutating func scalar() -> Staged { scalars[generator.below(scalars.count)] }

    mutating func add(_ operations: Int) {
      for _ in 0..<operations { addOne() }
    }

    private mutating func addOne() {
      let (a, b, s) = (array(), array(), scalar())
      switch generator.below(12) {
      case 0, 1:
        let cut = 1 + generator.below(count - 1)
        arrays.append(.concatenate([a[cut..<count], a[0..<cut]]))
      case 2:
        let cut = 1 + generator.below(count - 1)
        arrays.append(.concatenate([a[0..<cut], b[cut..<count]]))
      case 3:
        // Zeros around a part, as the cotangent of a slice has them.
        let (start, length) = (generator.below(count / 2), 1 + generator.below(count / 2))
        let (before, after) = (Staged(0).broadcast(to: [start]), Staged(0).broadcast(to: [count - start - length]))
        arrays.append(.concatenate([before, a[start..<start + length], after]))
      case 4: arrays.append(-a)
      case 5: arrays.append(s * a)
      case 6: arrays.append(select(s .< 0.5, a, 0))
      case 7: arrays.append(0.5 * (a + b))
      case 8: arrays.append(0.5 * (a - s * b))
      case 9: arrays.append(sin(a))
      case 10: scalars.append((a * b).sum() / Staged(Double(count)))
      default: scalars.append(0.5 * (s + a[generator.below(count)]))
      }
    }
  }

  private func program(seed: Int) throws -> Program {
    var generator = SplitMix(seed: seed)
    let count = [33, 40, 47, 64][generator.below(4)]
    let isShared = generator.chance(20)
    let inputs: [Program.Input] = [
      .init("x", ValueType(.real, [count])), .init("s", ValueType(.real, .scalar, isShared ? .shared : .member)),
    ]
    return try Program.trace("large\(seed)", inputs: inputs) { inputs in
      let ramp = Staged((0..<count).map { Double($0 % 5) / 5 })
      var pool = Pool(count: count, generator: generator, arrays: [inputs[0], ramp], scalars: [inputs[1], 0.25])
      pool.add(8)
      let outer = pool
      let turns = floor(abs(pool.scalar() * 4))
      let end = whileLoop("turns", [pool.array(), pool.array(), 0, pool.scalar()]) { carry in
        (carry[2] .< turns) .& (carry[2] .< 7)
      } body: { carry in
        var inner = outer
        inner.arrays = outer.arrays.suffix(3) + [carry[0], carry[1]]
        inner.scalars = outer.scalars.suffix(2) + [carry[3]]
        inner.add(14)
        let shifted = Staged.concatenate([carry[1][1..<count], carry[0][0..<1]])
        let isTaken = inner.scalar() .< 0.4
        let kept = select(isTaken, inner.array(), carry[0])
        inner.add(6)
        return [kept, inner.generator.chance(30) ? shifted : inner.array(), carry[2] + 1, inner.scalar()]
      }
      pool.arrays = [end[0], end[1], inputs[0]]
      pool.scalars = [end[3], inputs[1]]
      pool.add(10)
      return [("kept", end[0]), ("a", pool.array()), ("b", pool.arrays.last!), ("s", pool.scalars.last!)]
    }
  }

  @Test(arguments: 0..<12) func executorsAgree(batch: Int) throws {
    let compiled = try CompiledExecutor(environment: TestCache.quickEnvironment)
    for seed in batch * 10..<batch * 10 + 10 {
      let program = try program(seed: seed)
      let count = program.inputs[0].type.shape.count
      var generator = SplitMix(seed: seed + 1_000_000)
      func number() -> Double { Double(generator.below(2001) - 1000) / 1000 }
      let shared = program.inputs[1].type.extent == .shared
      let ensemble = Ensemble(
        members: 11,
        inputs: [
          (0..<11).map { _ in (0..<count).map { _ in number() } }, (0..<(shared ? 1 : 11)).map { _ in [number()] },
        ])
      let expected = try BatchedExecutor().outputs(program, ensemble)
      let found = try compiled.outputs(program, ensemble)
      for (a, b) in zip(expected.joined().joined(), found.joined().joined()) {
        #expect(abs(a - b) <= 1e-11 * Swift.max(1, abs(a)), "seed \(seed): \(a) is not \(b)")
      }
    }
  }

  /// Next carries of two lengths that read each other's old values, in place, shifted, under conditions, or round in a circle.
  @Test(arguments: 0..<16) func nextCarriesAreMadeOfOldOnes(variant: Int) throws {
    let inputs: [Program.Input] = [
      .init("p", ValueType(.real, [40])), .init("q", ValueType(.real, [80])), .init("turns", ValueType()),
    ]
    let program = try Program.trace("carries", inputs: inputs) { x in
      func joined(_ a: Staged, _ b: Staged) -> Staged { .concatenate([a, b]) }
      let end = whileLoop("turns", [x[0], x[1], sin(x[0]), 0]) {
        $0[3] .< x[2]
      } body: { carry in
        let (p, q, r) = (carry[0], carry[1], carry[2])
        let isTaken = p[3] .< r[7]
        // Of p's new value: another run's carry in place, shifted, nothing of it, its own shifted.
        let newP = [0.5 * p + q[0..<40], 0.5 * p - sin(q[3..<43]), cos(p) * r, 0.9 * joined(p[1..<40], p[0..<1])][
          variant % 4]
        // Of q's: nothing else, the others, itself shifted.
        let newQ = variant / 4 % 2 == 0 ? 0.9 * q + 0.1 : 0.5 * (q + joined(r, p)) - 0.1 * joined(q[7..<80], q[0..<7])
        let newR = variant % 3 == 0 ? 0.25 * q[40..<80] + r : sin(p + r)
        return [
          newP, variant < 8 ? newQ : select(isTaken, newQ, q), variant % 5 < 3 ? newR : select(isTaken, newR, r),
          carry[3] + 1,
        ]
      }
      return end.enumerated().map { ("carry\($0.offset)", $0.element) }
    }
    var generator = SplitMix(seed: variant)
    func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in Double(generator.below(2001) - 1000) / 1000 } }
    let ensemble = Ensemble(
      members: 11,
      inputs: [(0..<11).map { _ in numbers(40) }, (0..<11).map { _ in numbers(80) }, (0..<11).map { [Double($0 % 6)] }])
    let expected = try BatchedExecutor().outputs(program, ensemble)
    let found = try CompiledExecutor(environment: TestCache.quickEnvironment).outputs(program, ensemble)
    for (a, b) in zip(expected.joined().joined(), found.joined().joined()) {
      #expect(abs(a - b) <= 1e-13 * Swift.max(1, abs(a)), "variant \(variant): \(a) is not \(b)")
    }
  }

  /// Long constants go to the compiled executor's assembler as bits, past the C compiler.
  @Test(arguments: [Precision.double, .single]) func longConstantsKeepTheirBits(precision: Precision) throws {
    var numbers = (0..<5000).map { Double($0).squareRoot() * ($0 % 2 == 0 ? 1 : -1) }
    (numbers[7], numbers[8], numbers[9]) = (-0.0, .infinity, .leastNonzeroMagnitude)
    let program = try Program.trace("table", inputs: [.init("x", ValueType())]) { inputs in
      [("entry", Staged(numbers).gather(inputs[0])), ("all", Staged(numbers) + 0 * inputs[0])]
    }
    let places = [0, 7, 8, 9, 4096, 4999].map { [Double($0)] }
    let ensemble = Ensemble(members: places.count, inputs: [places])
    let found = try Engine.allCases.map { bits(try $0.executor().outputs(program, ensemble, precision: precision)) }
    #expect(found[0] == found[1])
    let expected = places.map { place in
      let number = numbers[Int(place[0])]
      return [bits(precision == .double ? number : Double(Float(number)))]
    }
    #expect(found[0][0] == expected)
  }
}
