import Archive
import Cluster
import Foundation
import KnownEnsemble
import Testing

/// Shards that were damaged at random: whatever it was, it is noticed or does no harm, and a run repairs it.
@Suite struct DamageTests {
  private let scratch: Scratch
  private let ensemble: KnownEnsemble
  private let shard: Data
  private let merged: Data

  init() throws {
    scratch = try Scratch()
    ensemble = try KnownEnsemble(members: 203, chunkSize: 20)
    try ensemble.run(into: scratch("r"), workers: 1, on: .init())
    try ResultsFolder(reading: scratch("r")).merge(to: scratch("whole.h5"), on: .init())
    shard = try contents(scratch("r/shard-0001-node0000.h5"))
    merged = try contents(scratch("whole.h5"))
  }

  /// A folder whose only shard has these bytes gives the right file, after what is missing was computed.
  /// - Returns: how many members were found missing.
  private func repair(_ bytes: Data, _ comment: Comment) throws -> Int {
    let path = scratch(UUID().uuidString)
    try FileManager.default.copyItem(atPath: scratch("r"), toPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try bytes.write(to: URL(fileURLWithPath: path + "/shard-0001-node0000.h5"))
    let folder = try ResultsFolder(reading: path)
    let census = try folder.census(on: .init())
    if census.missing.isEmpty {
      #expect(census.damage.isEmpty, comment)
    } else {
      #expect(!census.damage.isEmpty || census.missing.count < 11, comment)
      #expect(throws: ArchiveError.self, comment) { try folder.merge(to: path + "/out.h5", on: .init()) }
      #expect(!FileManager.default.fileExists(atPath: path + "/out.h5"), comment)
      try ensemble.run(folder, workers: 1, on: .init())
    }
    try folder.merge(to: path + "/out.h5", on: .init())
    #expect(try contents(path + "/out.h5") == merged, comment)
    return census.missingMembers.reduce(0) { $0 + $1.count }
  }

  @Test func aHundredFlippedBitsAreNoticedOrDoNoHarm() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    var noticed = 0
    for _ in 0..<100 {
      var bytes = shard
      let (byte, bit) = (Int.random(in: 0..<bytes.count, using: &random), Int.random(in: 0..<8, using: &random))
      bytes[byte] ^= 1 << UInt8(bit)
      if try repair(bytes, "bit \(bit) of byte \(byte), seed \(seed)") > 0 { noticed += 1 }
    }
    // Most of a shard is data and marks; the rest is room that HDF5 leaves unused.
    #expect(noticed > 50, "seed \(seed)")
  }

  @Test func aHundredTruncationsAreNoticedOrDoNoHarm() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    for _ in 0..<100 {
      let length = Int.random(in: 0..<shard.count, using: &random)
      let missing = try repair(shard.prefix(length), "cut to \(length) bytes, seed \(seed)")
      #expect(missing == 203, "cut to \(length) bytes, seed \(seed)")
    }
  }
}

/// Random numbers that can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// - Source: S. Vigna's splitmix64, https://prng.di.unimi.it/splitmix64.c (public domain).
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}
