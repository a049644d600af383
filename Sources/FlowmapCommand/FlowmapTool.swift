import ArgumentParser
import Foundation
import Jobs
import Programs
import Synchronization

/// The command-line tool. A program with models of its own gets all of it by
/// `FlowmapTool.main(models: [brusselator])`.
public struct FlowmapTool: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Runs whole ensembles of simulations from a job file.",
    discussion: """
      A job file describes a model, what to vary and what to keep. Results go into shards in a folder; 'merge' makes \
      one NetCDF-4 file of them, which h5py and xarray open.

        \(name) plan job.yaml                    what would run
        \(name) run job.yaml                     on all cores of this machine
        mpirun -n 64 \(name) run job.yaml        on many ranks
        \(name) submit job.yaml --nodes 4        under Slurm, until it is done
        \(name) status results/NAME              how far it is
        \(name) merge results/NAME -o NAME.h5    one file

      Exit codes:
        0  success
        1  an internal fault
        2  bad input, or a file that cannot be read or written; nothing that was computed is lost
        3  the ranks of a run could not work together
        4  a run was stopped by a signal; the same command continues it
        5  a run is complete, but no member succeeded, or with --require-success not all of them
      """,
    version: FlowmapVersion.text,
    subcommands: [
      Run.self, Merge.self, Plan.self, Inspect.self, Status.self, Submit.self, Doctor.self, Schema.self,
    ])

  /// The name of the program that is running, so that one built around the library shows its own.
  static let name: String = {
    let path = CommandLine.arguments.first ?? "flowmap"
    return path.split(separator: "/").last.map(String.init) ?? "flowmap"
  }()

  private static let registered = Mutex(ModelRegistry())

  /// What job files can name as `model: {swift: …}`.
  static var models: ModelRegistry { registered.withLock { $0 } }

  public init() {}

  /// Runs the tool with the process's arguments and ends the process.
  ///
  /// - Parameter models: models that job files can use by name.
  public static func main(models: [Model] = []) -> Never {
    registered.withLock { $0 = ModelRegistry(models) }
    // A write beyond the limit on file sizes then fails like one on a full disk, with a message.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try checkSubcommand(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot()
      try command.run()
      Foundation.exit(0)
    } catch {
      end(with: error)
    }
  }

  /// Says which subcommand was meant; the parser would only call the word unexpected.
  private static func checkSubcommand(_ word: String?) throws {
    guard let word, !word.hasPrefix("-") else { return }
    let known = configuration.subcommands.map { "\($0)".lowercased() } + ["help"]
    guard !known.contains(word) else { return }
    let advice =
      NearestName.to(word, among: known).map { "Did you mean '\($0)'?" }
      ?? "There are \(known.joined(separator: ", "))."
    throw ValidationError("'\(word)' is not a subcommand. \(advice)")
  }

  /// Ends the process with an error's words and exit code.
  private static func end(with error: any Error) -> Never {
    if let reported = error as? ReportedFailure { Foundation.exit(reported.exitCode.rawValue) }
    switch exitCode(for: error) {
    case .success, .validationFailure:
      // Help and usage are the parser's to word; a wrong command line is bad input like any other.
      var text = fullMessage(for: error)
      if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
      let isHelp = exitCode(for: error) == .success
      (isHelp ? FileHandle.standardOutput : .standardError).write(Data((text + "\n").utf8))
      Foundation.exit(isHelp ? 0 : FailureCode.badInput.rawValue)
    default:
      Terminal.printError("\(error)")
      Foundation.exit(FailureCode(error).rawValue)
    }
  }
}
