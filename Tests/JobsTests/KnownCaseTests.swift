import Dynamics
import Foundation
import Testing

@testable import Jobs

/// Jobs after what users of other tools have reported, each with values in closed form or from SciPy at 1e-12.
@Suite struct KnownCaseTests {
  struct Case: Decodable {
    let values: [String: Numbers]
    let tolerance: Double
    let alternatives: [String: [Numbers]]?
  }

  /// A number, or lists of them; null stands for NaN.
  struct Numbers: Decodable {
    let all: [Double]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Double.self) {
        all = [one]
      } else if let list = try? container.decode([Double?].self) {
        all = list.map { $0 ?? .nan }
      } else {
        all = try container.decode([[Double?]].self).joined().map { $0 ?? .nan }
      }
    }
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Resources/cases")

  static let cases: [String: Case] = {
    let file = folder.appendingPathComponent("expected.json")
    return (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode([String: Case].self, from: $0) } ?? [:]
  }()

  /// What is not right is told by the member's status.
  @Test(arguments: cases.keys.sorted().filter { $0 != "depletion" }) func aJobGivesItsRightValues(name: String) throws {
    let known = try #require(Self.cases[name])
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name + ".yaml"), encoding: .utf8)
    let found = try Engine.batched.run(text)
    for (variable, expected) in known.values {
      let values = found[variable]
      let options = [expected] + (known.alternatives?[variable] ?? [])
      #expect(!values.isEmpty, "\(variable) is missing")
      let isRight = options.contains { option in
        values.indices.allSatisfy { place in
          let right = option.all.count == 1 ? option.all[0] : option.all[place]
          if right.isNaN { return values[place].isNaN }
          return abs(values[place] - right) <= known.tolerance * (right == 0 ? 1 : abs(right))
        }
      }
      #expect(isRight, "\(variable) is \(values), not \(expected.all)")
    }
  }

  @Test func thereAreCases() { #expect(Self.cases.count >= 31) }

  /// Km of 1e-3 and 1e-4; where it is smaller, members take more steps than there may be, and their status says so.
  @Test func aSubstrateThatIsUsedUpLeavesNothing() throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent("depletion.yaml"), encoding: .utf8)
    let found = try Engine.batched.run(
      text.replacing("[1e-3, 1e-4, 1e-5, 1e-6]", with: "[1e-3, 1e-6]").replacing(
        "until: 2", with: "until: 2, maximum_steps: 5000"))
    #expect(abs(found["left"][0]) < 1e-6 && abs(found["made"][0] - 1) < 1e-6)
    #expect(abs(found["d_made_d_k"][0]) < 1e-4 && abs(found["d_made_d_Km"][0]) < 1e-4)
    #expect(found["status"] == [0, Double(Status.tooManySteps.rawValue)] && found["left"][1].isNaN)
  }
}
