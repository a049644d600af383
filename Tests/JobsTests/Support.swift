import Archive
import Batched
import Compiled
import Execution
import Foundation

@testable import Jobs

/// The executors, with a kernel cache for this process only.
enum Engine: String, CaseIterable {
  case batched, compiled

  var executor: any Executor {
    get throws {
      switch self {
      case .batched: return BatchedExecutor()
      case .compiled:
        var environment = ProcessInfo.processInfo.environment
        environment["FLOWMAP_CACHE"] = NSTemporaryDirectory() + "/flowmap-jobs-\(getpid())"
        return try CompiledExecutor(environment: environment)
      }
    }
  }

  static let plenty = MemoryBudget(bytes: 1 << 32)

  /// Computes a job and gives what would be stored, as files would hold it, by name.
  func run(_ text: String, models: ModelRegistry = ModelRegistry(), memory: MemoryBudget = plenty) throws -> Outcome {
    let plan = try SweepPlan(try JobDocument(text: text, path: "jobs/test.yaml"), models: models)
    let prepared = try plan.prepared(by: executor, memory: memory)
    let chunk = SweepChunk(plan, prepared)
    var values: [String: [Double]] = [:]
    var counts: [Int] = []
    for number in 0..<plan.layout.chunkCount {
      try chunk.compute(plan.layout.members(ofChunk: number))
      let statuses = chunk.countStatuses()
      counts = counts.isEmpty ? statuses : zip(counts, statuses).map { $0 + $1 }
      for (variable, bytes) in zip(plan.layout.variables, chunk.data) {
        values[variable.name, default: []] += variable.elementType.numbers(bytes)
      }
    }
    return Outcome(
      plan: plan, values: values, statuses: counts, repeated: (prepared as? DerivativeRun)?.repeatedMembers)
  }

  struct Outcome {
    let plan: SweepPlan
    let values: [String: [Double]]
    /// Members by status, in the order of `Status.allCases`.
    let statuses: [Int]
    let repeated: Int?

    subscript(name: String) -> [Double] { values[name] ?? [] }
  }
}

extension ElementType {
  fileprivate func numbers(_ bytes: UnsafeRawBufferPointer) -> [Double] {
    switch self {
    case .float64: bytes.bindMemory(to: Double.self).map { $0 }
    case .float32: bytes.bindMemory(to: Float.self).map { Double($0) }
    case .int64: bytes.bindMemory(to: Int64.self).map { Double($0) }
    case .int32: bytes.bindMemory(to: Int32.self).map { Double($0) }
    case .int8: bytes.bindMemory(to: Int8.self).map { Double($0) }
    }
  }
}
