import ArgumentParser
import Foundation
import Jobs
import Synchronization

/// The command-line tool. A program with models of its own gets all of it by
/// `FlowmapTool.main(models: [brusselator])`.
public struct FlowmapTool: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Runs whole ensembles of simulations from a job file.",
    discussion: """
      A job file describes a model, what to vary and what to keep (flowmap schema shows its form). Results go into \
      shards in a folder; flowmap merge turns them into one NetCDF-4 file.

      Exit codes: 0 success; 1 an internal fault; 2 bad input or a file that cannot be read or written (nothing that \
      was computed is lost); 3 the ranks of a run could not work together.
      """,
    version: FlowmapVersion.text,
    subcommands: [Run.self, Merge.self, Plan.self, Inspect.self, Schema.self])

  /// The name of the program that is running, so that one built around the library shows its own.
  private static let name: String = {
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
    do {
      var command = try parseAsRoot()
      try command.run()
      Foundation.exit(0)
    } catch {
      end(with: error)
    }
  }

  /// Ends the process with an error's words and exit code.
  private static func end(with error: any Error) -> Never {
    if let reported = error as? ReportedFailure { Foundation.exit(reported.exitCode.rawValue) }
    switch exitCode(for: error) {
    case .success, .validationFailure:
      // Help and usage are the parser's to word; a wrong command line is bad input like any other.
      let text = fullMessage(for: error)
      let isHelp = exitCode(for: error) == .success
      (isHelp ? FileHandle.standardOutput : .standardError).write(Data((text + "\n").utf8))
      Foundation.exit(isHelp ? 0 : FailureCode.badInput.rawValue)
    default:
      Terminal.printError("\(error)")
      Foundation.exit(FailureCode(error).rawValue)
    }
  }
}
