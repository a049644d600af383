import ArgumentParser
import Batched
import Compiled
import Execution
import Jobs

/// The executors that users can choose.
enum Backend: String, ExpressibleByArgument, CaseIterable {
  case auto
  /// Machine code for this processor, through its C compiler.
  case cpu
  /// The library's own loops; needs nothing else.
  case batched

  init(_ choice: BackendChoice) {
    switch choice {
    case .auto: self = .auto
    case .cpu: self = .cpu
    case .batched: self = .batched
    }
  }

  /// Makes the plan's program ready on every rank, with one executor for all, so that results do not depend on which
  /// node computed what.
  ///
  /// - Throws: `CompilerError` if `cpu` was asked for and some rank has no working compiler.
  func prepare(_ plan: SweepPlan, memory: MemoryBudget, _ session: Session) throws -> (
    name: String, any PreparedProgram
  ) {
    func prepare(_ makeExecutor: () throws -> any Executor) throws -> (name: String, any PreparedProgram) {
      try session.communicator.together {
        let executor = try makeExecutor()
        let prepared = try plan.prepared(by: executor, memory: memory)
        return (executor.name, prepared)
      }
    }
    switch self {
    case .cpu: return try prepare { try CompiledExecutor() }
    case .batched: return try prepare { BatchedExecutor() }
    case .auto:
      do {
        return try prepare { try CompiledExecutor() }
      } catch let error where FailureCode(error) == .badInput {
        session.note("note: using the batched backend, which is slower: \(error)")
        return try prepare { BatchedExecutor() }
      }
    }
  }
}
