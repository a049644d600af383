import Archive
import ArgumentParser

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is in a shard or merged file, with summary statistics.")

  @Argument(help: "A shard or merged file.", completion: .file(extensions: ["h5", "nc"]))
  var file: String

  @Flag(help: "Also print the attributes of the file, the job's text among them.")
  var attributes = false

  func run() throws {
    try Session.run { session in
      guard session.isSpeaker else { return }
      session.print(words(try Inspection(reading: file)))
    }
  }

  private func words(_ inspection: Inspection) -> String {
    var lines: [String] = []
    switch inspection.kind {
    case .merged: lines.append("\(file): merged results")
    case .shard(let job, let committed, let total, let damaged):
      lines.append(
        "\(file): a shard of '\(job.name)' with \(Terminal.count(committed)) of the job's \(Terminal.count(total)) chunks"
      )
      if damaged > 0 { lines.append("\(damaged) chunks do not match their checksums") }
    }
    if attributes {
      for attribute in inspection.attributes { lines.append("  \(attribute.name): \(Self.text(attribute.value))") }
    }
    for axis in inspection.axes {
      let ends = axis.ends.map { ends in
        ends.count == 2 ? ", \(Terminal.number(ends[0])) to \(Terminal.number(ends[1]))" : ""
      }
      lines.append("axis \(axis.name): \(Terminal.count(axis.length))\(ends ?? "")")
    }
    var rows = [["variable", "min", "mean", "sd", "max", "missing", "meaning"]]
    for quantity in inspection.quantities where quantity.flags.isEmpty {
      let summary = quantity.summary
      rows.append(
        ["\(quantity.name)(\(quantity.axes.joined(separator: ", ")))"]
          + [summary.minimum, summary.mean, summary.standardDeviation, summary.maximum].map(Terminal.statistic)
          + [Terminal.count(summary.missing), Self.meaning(quantity.attributes)])
    }
    lines += [""] + Terminal.table(rows, alignLeft: [0, 6])
    for quantity in inspection.quantities where !quantity.flags.isEmpty {
      let counts = quantity.flags.filter { $0.count > 0 }.map { "\($0.meaning) \(Terminal.count($0.count))" }
      lines.append("\(quantity.name): \(counts.joined(separator: ", "))")
    }
    lines += Self.notes(inspection.attributes, as: ResultsNote.fileAttribute).map { "note: \($0)" }
    // A note on several variables stands once.
    let notes = inspection.quantities.flatMap { quantity in
      Self.notes(quantity.attributes, as: ResultsNote.attribute).map { (name: quantity.name, text: $0) }
    }
    var told: Set<String> = []
    for note in notes where told.insert(note.text).inserted {
      let names = notes.filter { $0.text == note.text }.map(\.name).joined(separator: ", ")
      lines.append("note on \(names): \(note.text)")
    }
    return lines.joined(separator: "\n")
  }

  private static func notes(_ attributes: [Attribute], as name: String) -> [String] {
    attributes.filter { $0.name == name }.flatMap { text($0.value).split(separator: "\n").map(String.init) }
  }

  private static func meaning(_ attributes: [Attribute]) -> String {
    func value(_ name: String) -> String? { attributes.first { $0.name == name }.map { text($0.value) } }
    let units = value("units").flatMap { $0 == "1" ? nil : "[\($0)]" }
    return [value("long_name"), units].compactMap { $0 }.joined(separator: " ")
  }

  private static func text(_ value: AttributeValue) -> String {
    switch value {
    case .text(let text): text
    case .number(let number): Terminal.number(number)
    case .integer(let integer): "\(integer)"
    case .numbers(let numbers): numbers.map(Terminal.number).joined(separator: ", ")
    case .integers(let integers): integers.map(String.init).joined(separator: ", ")
    }
  }
}
