/// Why a text is not an expression, or an expression not usable where it stands; and where in the text.
public struct ExpressionError: Error, Equatable, Sendable {
  /// What is wrong.
  public let problem: Problem
  /// The part of the text that is wrong, in Unicode scalars from its start.
  public let range: Range<Int>

  public init(_ problem: Problem, at range: Range<Int>) {
    self.problem = problem
    self.range = range
  }

  /// The kinds of things that can be wrong with an expression.
  public enum Problem: Equatable, Sendable {
    case empty
    case unexpectedCharacter(Character)
    case malformedNumber(String)
    case numberOutOfRange(String)
    case unexpected(String, wanted: String)
    case unexpectedEnd(wanted: String)
    case unclosed(String)
    case chainedComparison(first: String, middle: String, last: String)
    case singleEquals
    case unknownFunction(String, nearest: String?)
    case wrongArgumentCount(function: String, takes: Arity, found: Int)
    case functionWithoutArguments(String)
    case malformedIndex(String)
    case nestedTooDeep
    case tooLong
    case unknownName(String, nearest: String?)
    case notANumber(found: ExpressionKind, text: String)
    case notACondition(found: ExpressionKind, text: String)
    case notAnArray
  }
}

extension ExpressionError: CustomStringConvertible {
  public var description: String { message }

  /// The problem as a phrase that follows "rate of 'x'": it begins with a verb or a clause, and ends without a stop
  /// unless advice follows.
  public var message: String {
    switch problem {
    case .empty:
      "is empty"
    case .unexpectedCharacter(let character):
      "has a character that no expression has, '\(character)'"
    case .malformedNumber(let text):
      "has '\(text)', which is not a number. \(Self.numberAdvice(text))"
    case .numberOutOfRange(let text):
      "has the number \(text), which is beyond double precision (about 1.8e308)"
    case .unexpected(let found, let wanted):
      "has '\(found)' where \(wanted) was expected"
    case .unexpectedEnd(let wanted):
      "ends where \(wanted) was expected"
    case .unclosed(let bracket):
      "has a '\(bracket)' that is never closed"
    case .chainedComparison(let first, let middle, let last):
      "compares three things at once. Did you mean '\(first) and \(middle)\(last)'?"
    case .singleEquals:
      "has a single '='. Did you mean '=='?"
    case .unknownFunction(let name, let nearest):
      "calls '\(name)', which is not a function.\(Self.didYouMean(nearest))"
    case .wrongArgumentCount(let function, let takes, let found):
      "calls '\(function)' with \(found) argument\(found == 1 ? "" : "s"), but it takes \(takes.inWords)"
    case .functionWithoutArguments(let name):
      "uses the function '\(name)' without arguments. Write '\(name)(…)'"
    case .malformedIndex(let text):
      "has the index '\(text)', but an index is a whole number from 0, as in u[3]"
    case .nestedTooDeep:
      "is nested too deep (more than \(ExpressionParser.maximumNesting) levels). Name its parts under 'let'"
    case .tooLong:
      "joins more than \(Expression.maximumDepth) parts in a row. Name its parts under 'let'"
    case .unknownName(let name, let nearest):
      "uses '\(name)', which is not a known name.\(name == "e" ? " Euler's number is exp(1)." : Self.didYouMean(nearest))"
    case .notANumber(let found, let text):
      "has the \(found) '\(text)' where a number is needed. \(Self.numberAdvice(found))"
    case .notACondition(let found, let text):
      "has the \(found) '\(text)' where a condition such as 'x > 0' is needed"
    case .notAnArray:
      "indexes a number as if it were an array"
    }
  }

  private static func numberAdvice(_ found: ExpressionKind) -> String {
    found == .array
      ? "An array gives a number by sum(u) or an index, u[3]"
      : "A condition becomes a number by piecewise(condition, 1, 0)"
  }

  /// The message of a wrong number without the number itself, to follow "which": where the number is the whole text.
  public var advice: String {
    switch problem {
    case .malformedNumber(let text): "is not one. \(Self.numberAdvice(text))"
    case .numberOutOfRange: "is beyond double precision (about 1.8e308)"
    default: message
    }
  }

  private static func didYouMean(_ name: String?) -> String {
    name.map { " Did you mean '\($0)'?" } ?? ""
  }

  private static func numberAdvice(_ text: String) -> String {
    if text.lowercased().hasPrefix("0x") { return "Numbers are decimal, such as 31 or 1e-8" }
    if text.first?.isNumber == true, text.contains(where: \.isLetter) { return "A product needs its '*', as in 2*x" }
    return "Numbers look like 31, 0.5 or 1e-8"
  }
}
