import Foundation

/// A small generator with a seed, for tests that must repeat.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// A normal deviate by Box and Muller.
  mutating func normal() -> Double {
    let (radius, angle) = (Double.random(in: 1e-12..<1, using: &self), Double.random(in: 0..<1, using: &self))
    return (-2 * log(radius)).squareRoot() * cos(2 * .pi * angle)
  }
}
