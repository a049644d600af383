import Yams

extension TextNode {
  /// Reads a YAML document, or JSON, which is the same to YAML.
  ///
  /// Anchors, aliases, tags and merge keys are refused: a job file says what it says where it says it.
  /// (Aliases of aliases also make small files that unfold to gigabytes.)
  static func document(_ fileText: String) throws(JobProblem) -> TextNode {
    // Some editors put a byte-order mark first, which is no part of the text.
    let hasMark = fileText.unicodeScalars.first == "\u{FEFF}"
    let text = hasMark ? String(fileText.unicodeScalars.dropFirst()) : fileText
    try refuseAliasBomb(in: text)
    let parser: Parser
    let root: Node?
    do {
      parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      root = try parser.singleRoot()
    } catch let error as YamlError {
      throw JobProblem(yaml: error, in: text)
    } catch {
      throw JobProblem(.notYAML("\(error)", hint: nil), line: 1)
    }
    guard let root else { throw JobProblem(.emptyFile, line: 1) }
    // Nodes hold their anchors weakly; the parser holds them strongly.
    let tree = try withExtendedLifetime(parser) { () throws(JobProblem) in try TextNode(root) }
    if tree.isNull { throw JobProblem(.emptyFile, line: tree.line) }
    return tree
  }

  private init(_ node: Node) throws(JobProblem) {
    line = node.mark?.line ?? 1
    column = node.mark?.column ?? 1
    // In document order the anchor comes before its aliases, so that no alias is ever unfolded.
    if let anchor = node.anchor { throw JobProblem(.anchor("\(anchor.rawValue)"), line: line, column: column) }
    switch node {
    case .scalar(let scalar):
      try Self.refuseTag(scalar.tag, at: node.mark)
      content = .scalar(scalar.string, isPlain: scalar.style == .plain)
    case .sequence(let sequence):
      try Self.refuseTag(sequence.tag, at: node.mark)
      var nodes: [TextNode] = []
      for element in sequence { nodes.append(try TextNode(element)) }
      content = .list(nodes)
    case .mapping(let mapping):
      try Self.refuseTag(mapping.tag, at: node.mark)
      var entries: [TextEntry] = []
      for (key, value) in mapping {
        let place = (line: key.mark?.line ?? line, column: key.mark?.column ?? column)
        guard case .scalar(let scalar) = key else {
          throw JobProblem(.keyIsNotText, line: place.line, column: place.column)
        }
        if let anchor = key.anchor {
          throw JobProblem(.anchor("\(anchor.rawValue)"), line: place.line, column: place.column)
        }
        try Self.refuseTag(scalar.tag, at: key.mark)
        if scalar.string == "<<" { throw JobProblem(.mergeKey, line: place.line, column: place.column) }
        entries.append(
          TextEntry(key: scalar.string, line: place.line, column: place.column, value: try TextNode(value)))
      }
      content = .mapping(entries)
    case .alias(let alias):
      throw JobProblem(.anchor("\(alias.anchor.rawValue)"), line: line, column: column)
    }
  }

  private static func refuseTag(_ tag: Tag, at mark: Mark?) throws(JobProblem) {
    let name = tag.description
    let plainTags: [Tag.Name] = [.implicit, .nonSpecific, .str, .seq, .map]
    guard !plainTags.map(\.rawValue).contains(name) else { return }
    throw JobProblem(.tag(name), line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  /// Refuses texts with many aliases before the parser sees them: it hashes keys, and a key that is an alias of
  /// aliases of aliases takes time exponential in their number.
  private static func refuseAliasBomb(in text: String) throws(JobProblem) {
    var anchors: Set<UInt8> = []
    var aliases = 0
    for (number, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    {
      var previous = UInt8(ascii: "\n")
      for (byte, next) in zip(line, line.dropFirst()) {
        // An anchor or an alias begins where a value can begin; elsewhere & and * are letters of a text.
        let canBegin = "\n:-,[{?".utf8.contains(previous)
        let isWord = next != UInt8(ascii: " ") && next != UInt8(ascii: "*") && next != UInt8(ascii: "&")
        if canBegin, isWord, byte == UInt8(ascii: "&") { anchors.insert(next) }
        if canBegin, isWord, byte == UInt8(ascii: "*"), anchors.contains(next) { aliases += 1 }
        if aliases >= 16 { throw JobProblem(.tooManyAliases, line: number + 1) }
        if byte != UInt8(ascii: " ") { previous = byte }
      }
    }
  }
}

extension JobProblem {
  /// The parser's complaint in our words, with the line it is about.
  fileprivate init(yaml error: YamlError, in text: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let line = lines.indices.contains(mark.line - 1) ? String(lines[mark.line - 1]) : ""
      // A bracket that never closes is noticed at the end; where it opened is what helps.
      let opened = context?.text.contains("flow") == true && mark.line >= lines.count ? context?.mark : nil
      let said = context.map { "\($0.text) (line \($0.mark.line)), \(problem)" } ?? problem
      self.init(
        .notYAML(said, hint: Self.hint(problem, line)), line: opened?.line ?? mark.line,
        column: opened?.column ?? mark.column)
    case .composer(_, let problem, let mark, _):
      if problem.contains("another document") {
        self.init(.severalDocuments, line: mark.line, column: mark.column)
      } else {
        self.init(.notYAML(problem, hint: Self.hint(problem, "")), line: mark.line, column: mark.column)
      }
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      self.init(
        .notYAML(problem, hint: nil),
        line: before.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let key = duplicates.first ?? ""
      let second = DuplicateKey(key, first: context.mark).second(in: text)
      self.init(.duplicateKey(key, firstLine: context.mark.line), line: second?.line ?? context.mark.line)
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      self.init(.notYAML("\(error)", hint: nil), line: 1)
    }
  }

  private static func hint(_ problem: String, _ line: String) -> String? {
    if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") { return "Indent with spaces, not with tabs" }
    if problem.contains("mapping values are not allowed") {
      return "A text with ': ' in it needs quotes; or the line is indented differently from its neighbours"
    }
    if problem.contains("alias") || problem.contains("anchor") || problem.contains("tag") {
      return "A text that begins with *, & or ! needs quotes"
    }
    if problem.contains("cannot start any token") { return "A text that begins with @, ` or % needs quotes" }
    if problem.contains("',' or '}'") || problem.contains("',' or ']'") {
      return "Inside {…} and […], a text with a bracket or a comma needs quotes"
    }
    if problem.contains("expected key") || problem.contains("block mapping") || problem.contains("block end") {
      return "Is the line indented like its neighbours, and does each key end in ': '?"
    }
    return nil
  }
}
