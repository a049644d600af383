import Archive
import Cluster
import Compiled
import Differentiation
import Execution
import Jobs
import Programs
import Sampling

/// The exit codes of the tool, as `flowmap --help` documents them.
enum FailureCode: Int32 {
  case internalFault = 1
  case badInput = 2
  case noCommunication = 3
  /// A signal ended the run early; the same command continues it.
  case stopped = 4
  /// The run is complete, but no member succeeded, or not all of them though that was asked for.
  case membersFailed = 5

  init(_ error: any Error) {
    switch error {
    case is RunStopped: self = .stopped
    case is MembersFailed: self = .membersFailed
    case let reported as ReportedFailure: self = reported.exitCode
    case is InvalidJob, is InvalidTable, is DesignProblem, is UnknownModel, is SamplingError, is ArchiveError,
      is CompilerError, is ProgramError, is DifferentiationError, is CommandProblem:
      self = .badInput
    case ClusterError.singletons, ClusterError.badEnvironment, ClusterError.rankFailed: self = .badInput
    case is ClusterError: self = .noCommunication
    case ExecutionError.outOfMemory: self = .badInput
    default: self = .internalFault
    }
  }
}

/// A failure whose words have been printed already.
struct ReportedFailure: Error {
  let exitCode: FailureCode
}
