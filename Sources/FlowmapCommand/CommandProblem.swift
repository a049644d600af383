/// What can go wrong in the tool itself, outside of any run.
enum CommandProblem: Error, Equatable {
  /// A program that has to be on the path is not there.
  case noProgram(String, purpose: String)
  /// Slurm did not take a script; `words` are its own.
  case refused(script: String, words: String)
  /// A file that would be overwritten is not one of the tool's own.
  case foreignFile(path: String)
  case notWritable(path: String, reason: String)
  /// No run has left word in this folder.
  case noRecord(folder: String)
}

extension CommandProblem: CustomStringConvertible {
  var description: String {
    switch self {
    case .noProgram(let name, let purpose):
      "\(name), which \(purpose), is not on the path; go where Slurm is installed, or print the script with --dry-run"
    case .refused(let script, let words): "sbatch did not take \(script): \(words)"
    case .foreignFile(let path):
      "\(path) was not written by '\(FlowmapTool.name) submit', so it stays as it is; choose another name with --script"
    case .notWritable(let path, let reason): "cannot write \(path): \(reason)"
    case .noRecord(let folder):
      "no run has begun in \(folder) yet; its name stands in the job, or was given by --results"
    }
  }
}
