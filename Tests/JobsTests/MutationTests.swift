import Foundation
import Testing

@testable import Jobs

/// No bytes may crash the reader: what is not a job is an error with a line.
@Suite struct MutationTests {
  /// The texts of the tests and of the jobs that users start from.
  private static let originals: [[UInt8]] = {
    let folder = URL(fileURLWithPath: #filePath + "/../../../jobs").standardizedFileURL
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    let jobs = files.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    return [Array(JobTexts.full.utf8), Array(JobTexts.lorenz.utf8)]
      + jobs.compactMap { try? Array(Data(contentsOf: $0)) }
  }()

  /// A hundred thousand in all.
  @Test(arguments: 0..<20) func mutatedJobsReadOrFailWithALine(seed: UInt64) {
    #expect(Self.originals.count > 10)
    var random = Mutations(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    for round in 0..<5000 {
      let original = Self.originals[round % Self.originals.count]
      let mutated = random.mutated(original, times: 1 + round % 4)
      do {
        let job = try JobDocument(bytes: mutated, path: "a.yaml")
        #expect(!job.designs.isEmpty, "seed \(seed), round \(round)")
      } catch {
        // YAML also breaks lines at a carriage return and at Unicode's own line ends.
        let lines = mutated.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 2
        #expect(
          error.problems.allSatisfy { (1...lines).contains($0.line) },
          "seed \(seed), round \(round): \(error)")
        #expect(!error.problems.isEmpty && error.description.hasPrefix("a.yaml:"))
      }
    }
  }

  @Test(arguments: 0..<10) func noiseFailsWithALine(seed: UInt64) {
    var random = Mutations(state: seed &* 0xD134_2543_DE82_EF95 | 1)
    for _ in 0..<100 {
      let noise = (0..<random.below(200)).map { _ in random.byte() }
      let error = #expect(throws: InvalidJob.self) { try JobDocument(bytes: noise, path: "a.yaml") }
      #expect(error?.problems.allSatisfy { $0.line >= 1 } == true, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<5) func mutatedTablesReadOrFail(seed: UInt64) {
    var random = Mutations(state: seed &* 0xA076_1D64_78BD_642F | 1)
    let table = Array("a,b,\"c, d\"\r\n# note\r\n1,2,\"x \"\"y\"\"\"\r\n3e-1, 4 ,\r\n".utf8)
    for round in 0..<200 {
      let mutated = random.mutated(table, times: 1 + round % 3)
      do {
        let read = try Table(bytes: mutated, path: "a.csv") { (header) throws(TableError) in Array(header.prefix(2)) }
        #expect(read.values.allSatisfy { $0.count == read.rowCount })
      } catch {
        #expect(error.line >= 1, "seed \(seed), round \(round): \(error)")
      }
    }
  }
}

/// Seeded random edits of bytes, towards what is special in YAML and in expressions.
private struct Mutations {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(max(bound, 1)))
  }

  mutating func byte() -> UInt8 {
    let special = Array("{}[]()&*!|>'\"%@`#-?:,.^=<~\n\t\r \\0159eE_az".utf8) + [0, 0xFF, 0xC3, 0xA9, 0xEF, 0xBB, 0xBF]
    return below(4) == 0 ? UInt8(truncatingIfNeeded: below(256)) : special[below(special.count)]
  }

  mutating func mutated(_ original: [UInt8], times: Int) -> [UInt8] {
    var bytes = original
    for _ in 0..<times where !bytes.isEmpty {
      let place = below(bytes.count)
      let end = min(place + 1 + below(30), bytes.count)
      switch below(6) {
      case 0: bytes[place] = byte()
      case 1: bytes.insert(byte(), at: place)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
      case 4: bytes.replaceSubrange(place..<end, with: (0..<3).map { _ in byte() })
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }
}
