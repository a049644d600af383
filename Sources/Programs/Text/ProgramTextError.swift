/// Why a text is not that of a program.
public enum ProgramTextError: Error, Equatable, Sendable {
  /// A line, counted from 1, has something else than what belongs there.
  case unexpected(line: Int, expected: String, found: String)
  /// The text can be read, but what it says breaks the grammar of programs.
  case malformed(ProgramError)
}

extension ProgramTextError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpected(let line, let expected, let found):
      "line \(line) of the program's text needs \(expected), but has \(found)"
    case .malformed(let error): "the text says what is no program: \(error)"
    }
  }
}
