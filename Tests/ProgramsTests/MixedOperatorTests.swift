import Programs
import Testing

/// Numbers of Swift beside staged values. That the formulas compile is a test too: without operators of both the compiler gave
/// up on them, after 20 seconds.
@Suite struct MixedOperatorTests {
  @Test func numbersStandBesideStagedValues() {
    let (u, k, dx) = (Staged([1, 2, 4]), 3.0, 0.5)
    #expect((k * u).literal == [3, 6, 12] && (u * k).literal == [3, 6, 12])
    #expect((2 * u).literal == [2, 4, 8] && (u / dx).literal == [2, 4, 8])
    #expect((k / u).literal == [3, 1.5, 0.75] && (k - u).literal == [2, 1, -1])
    #expect((u - k).literal == [-2, -1, 1] && (u + k).literal == (k + u).literal)
  }

  @Test func arraysOfNumbersAreVectors() {
    let (u, weights) = (Staged([1, 2, 4]), [2.0, 4, 8])
    #expect((weights * u).literal == [2, 8, 32] && (u * weights).literal == [2, 8, 32])
    #expect((weights / u).literal == [2, 2, 2] && (u / weights).literal == [0.5, 0.5, 0.5])
    #expect((weights - u).literal == [1, 2, 4] && (u - weights).literal == [-1, -2, -4])
    #expect((weights + Staged(1)).literal == [3, 5, 9])
  }

  @Test func wholeFormulasMixBoth() {
    let (u, v, k, dx, weights) = (Staged([1, 2]), Staged([3, 4]), 0.5, 0.1, [1.0, 2])
    let reaction = 1 + u * u * v - (k + 1) * u + 0.5 * k * (u - 2 * v + u) / (dx * dx)
    let expected = zip([1.0, 2], [3.0, 4]).map { u, v in
      let (growth, spread) = (1 + u * u * v - (k + 1) * u, 0.5 * k * (u - 2 * v + u))
      return growth + spread / (dx * dx)
    }
    #expect(reaction.literal == expected)
    let waves = -k * u + 2 * k * exp(-u / dx) - sin(2 * .pi * u / dx) * (1 - u) * (1 + u) / (2 * k)
    let weighted = weights * (k - u) + u - k * v * v * v / 6 + k * k / 2 - v * dx
    #expect(waves.shape == [2] && weighted.shape == [2])
  }
}
