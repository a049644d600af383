import ArgumentParser

/// The command-line tool `flowmap`.
public struct FlowmapTool: ParsableCommand {
  public static let configuration = CommandConfiguration(commandName: "flowmap")
  public init() {}
}
