import Foundation

/// The words of every error that this module throws.
extension ClusterError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .mpi(let function, let text):
      return "\(function) failed: \(text)"
    case .singletons(let variable, let expected, let found):
      return """
        \(variable) says that \(expected) processes were started together, but MPI sees \(found) in this run, so each \
        process would compute the whole job alone. Start them with `srun --mpi=pmix flowmap ...` (`srun --mpi=list` \
        shows what this Slurm offers), or with `mpirun flowmap ...` inside the allocation.
        """
    case .threadSupport(let provided):
      return """
        this MPI library was started with thread support level \(provided), but Flowmap needs MPI_THREAD_SERIALIZED; \
        use an MPI that was built with thread support
        """
    case .rankFailed(let rank, let ranks, let message):
      return ranks == 1 ? "rank \(rank): \(message)" : "rank \(rank) (and \(ranks - 1) more): \(message)"
    case .messageTooLarge(let function, let bytes):
      return "\(function) was asked to carry \(bytes) bytes, more than the 2147483647 of one MPI message"
    case .badEnvironment(let variable, let value, let expected):
      return "\(variable)='\(value)' in the environment: expected \(expected)"
    }
  }

  public var errorDescription: String? { description }
}
