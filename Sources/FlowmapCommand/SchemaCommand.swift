import ArgumentParser
import Jobs

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the JSON Schema of job files, for editors, or a reference of every key.",
    discussion: """
      An editor with the YAML language server checks and completes a job whose first line is

        # yaml-language-server: $schema=job.schema.json
      """)

  @Flag(help: "Print the reference of every key as Markdown instead.")
  var markdown = false

  // Both texts end with their last line.
  func run() { Terminal.write(markdown ? JobSchema.markdownReference : JobSchema.text, to: .standardOutput) }
}
