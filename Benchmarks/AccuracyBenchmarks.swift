import Compiled
import Dynamics
import Execution
import Foundation
import Programs

/// The solvers against a published solution of 1,024 members.
enum AccuracyBenchmarks {
  private static let reference =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/Tests/DynamicsTests/Resources/golden_lorenz_1024.csv"

  static func run() throws -> [Finding] {
    // rho, then x, y and z at time 1.
    let rows = try String(contentsOfFile: reference, encoding: .utf8).split(whereSeparator: \.isNewline).map { line in
      line.split(separator: ",").compactMap { Double($0) }
    }
    return try Method.allCases.filter(\.isAdaptive).map { method in
      let error = try largestError(method, rows)
      return Finding("Lorenz, \(method.rawValue) at 1e-10: largest relative error of z", error, "", .atMost, 1e-8)
    }
  }

  private static func largestError(_ method: Method, _ rows: [[Double]]) throws -> Double {
    let program = try BenchmarkModel.lorenz.program(method: method, tolerance: 1e-10)
    let prepared = try CompiledExecutor().prepare(program, precision: .double)
    let (inputs, outputs) = (prepared.makeInputs(members: rows.count), prepared.makeOutputs(members: rows.count))
    for (member, row) in rows.enumerated() { inputs[0][0, member] = row[0] }
    try prepared.run(members: rows.count, inputs: inputs, outputs: outputs)
    return rows.enumerated().map { member, row in
      let (found, z) = (outputs[0][2, member], row[3])
      return z == 0 ? abs(found) : abs(found - z) / abs(z)
    }.max() ?? .nan
  }
}
