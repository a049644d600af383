import Batched
import Compiled
import Execution
import Foundation
import Programs
import Testing

/// The inputs of a run: for each input its members' components (one "member" for shared inputs).
struct Ensemble {
  var members: Int
  var inputs: [[[Double]]]

  /// The same ensemble with member `order[m]` at place m.
  func arranged(_ order: [Int], _ program: Program) -> Ensemble {
    Ensemble(
      members: order.count,
      inputs: zip(inputs, program.inputs).map { values, input in
        input.type.extent == .shared ? values : order.map { values[$0] }
      })
  }
}

extension PreparedProgram {
  /// - Returns: for each output its members' components.
  func outputs(for ensemble: Ensemble) throws -> [[[Double]]] {
    let inputs = makeInputs(members: ensemble.members)
    for (buffer, values) in zip(inputs, ensemble.inputs) {
      for (member, components) in values.enumerated() { buffer.set(components, member: member) }
    }
    let outputs = makeOutputs(members: ensemble.members)
    try run(members: ensemble.members, inputs: inputs, outputs: outputs)
    return outputs.map { buffer in
      (0..<(buffer.type.extent == .shared ? 1 : ensemble.members)).map { buffer.values(member: $0) }
    }
  }
}

extension Executor {
  func outputs(_ program: Program, _ ensemble: Ensemble, precision: Precision = .double) throws -> [[[Double]]] {
    try prepare(program, precision: precision).outputs(for: ensemble)
  }
}

/// A kernel cache for this process only, so that every run of the tests compiles what it tests.
enum TestCache {
  static let folder: String = {
    let path = NSTemporaryDirectory() + "/flowmap-tests-\(getpid())"
    atexit {
      try? FileManager.default.removeItem(atPath: TestCache.folder)
      try? FileManager.default.removeItem(atPath: TestCache.folder + ".cc")
    }
    return path
  }()

  static let environment: [String: String] = {
    var environment = ProcessInfo.processInfo.environment
    environment["FLOWMAP_CACHE"] = folder
    return environment
  }()
}

extension TestCache {
  /// As `environment`, with a compiler that does not optimise.
  static let quickEnvironment: [String: String] = {
    var environment = TestCache.environment
    let script = folder + ".cc"
    _ = FileManager.default.createFile(
      atPath: script, contents: Data("#!/bin/sh\nexec cc \"$@\" -O0\n".utf8), attributes: [.posixPermissions: 0o700])
    environment["CC"] = script
    return environment
  }()
}

/// The executors that tests run over.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
  case batched
  case compiled

  var testDescription: String { rawValue }

  func executor(library: VectorLibrary? = nil, vectorsPerTile: Int? = nil) throws -> any Executor {
    switch self {
    case .batched: BatchedExecutor()
    case .compiled:
      try CompiledExecutor(library: library, vectorsPerTile: vectorsPerTile, environment: TestCache.environment)
    }
  }
}

/// Bits of a number with all NaN taken for one.
func bits(_ value: Double) -> UInt64 { value.isNaN ? .max : value.bitPattern }

func bits(_ values: [[[Double]]]) -> [[[UInt64]]] { values.map { $0.map { $0.map(bits) } } }
