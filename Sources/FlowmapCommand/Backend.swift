import ArgumentParser
import Batched
import Compiled
import Execution
import Jobs

extension Backend: ExpressibleByArgument {}

extension Backend {
  /// Makes the plan's program ready on every rank, with one executor for all, so that results do not depend on which
  /// node computed what.
  ///
  /// - Parameter watch: of what is compiled.
  /// - Throws: `CompilerError` if `cpu` was asked for and some rank has no working compiler; `RunStopped` if some rank was asked
  ///   to stop.
  func prepare(_ plan: SweepPlan, memory: MemoryBudget, _ watch: CompilationWatch, _ session: Session) throws -> (
    name: String, any PreparedProgram
  ) {
    func prepare(_ makeExecutor: () throws -> any Executor) throws -> (name: String, any PreparedProgram) {
      let prepared = try session.communicator.together { () -> (name: String, any PreparedProgram)? in
        do {
          let executor = try makeExecutor()
          return (executor.name, try plan.prepared(by: executor, memory: memory))
        } catch CompilerError.stopped {
          return nil
        }
      }
      // A signal may have come to one rank alone.
      let stopped = try session.communicator.allreduce(prepared == nil ? 1 : 0, .maximum)
      guard stopped == 0, let prepared else { throw RunStopped(words: RunWords.stoppedBeforeTheRun(plan)) }
      return prepared
    }
    switch self {
    case .cpu: return try prepare { try CompiledExecutor(watch: watch) }
    case .batched: return try prepare { BatchedExecutor() }
    case .auto:
      do {
        return try prepare { try CompiledExecutor(watch: watch) }
      } catch let error where FailureCode(error) == .badInput {
        session.note("note: using the batched backend, which is slower: \(error)")
        return try prepare { BatchedExecutor() }
      }
    }
  }
}
