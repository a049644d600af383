import Dynamics
import Foundation
import Programs
import Testing

/// Against a published reference; see Resources/README.md.
@Suite struct LorenzTests {
  struct Row {
    var rho: Double
    var state: [Double]
  }

  static func reference() throws -> [Row] {
    let url = try #require(Bundle.module.url(forResource: "Resources/golden_lorenz_1024", withExtension: "csv"))
    return try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).map { line in
      let numbers = line.split(separator: ",").compactMap { Double($0) }
      return Row(rho: numbers[0], state: Array(numbers[1...]))
    }
  }

  private func largestError(_ engine: Engine, _ method: Method, _ rows: [Row]) throws -> Double {
    let control = StepControl(relativeTolerance: 1e-10, absoluteTolerance: 1e-10)
    let program = try Program.solving(["rho"], method.tableau, .adaptive(control)) { Problem.lorenz(rho: $0[0]) }
    let result = try engine.run(program, [rows.map(\.rho)])
    #expect(result["status"]!.allSatisfy { $0 == [0] })
    return zip(result["final"]!, rows).map { found, row in
      row.state[2] == 0 ? abs(found[2]) : abs(found[2] - row.state[2]) / abs(row.state[2])
    }.max()!
  }

  @Test(arguments: Method.allCases.filter(\.isAdaptive)) func theEnsembleMeetsTheReference(method: Method) throws {
    let rows = try Self.reference()
    #expect(rows.count == 1024)
    let error = try largestError(.compiled, method, rows)
    #expect(error < 1e-8, "\(method): \(error)")
  }

  @Test func theBatchedExecutorMeetsTheReference() throws {
    let rows = try Self.reference()
    #expect(try largestError(.batched, .tsit5, stride(from: 1, to: 1024, by: 103).map { rows[$0] }) < 1e-8)
  }
}
