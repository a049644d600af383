import Execution
import Programs

/// What can be wrong with a job file. Words for each are in `JobError+Description.swift`.
///
/// Strings named `key` are key paths as the user would say them (`solve.until`); `subject` names an expression ("rate
/// of 'x'").
public enum JobError: Error, Equatable, Sendable {
  // The file as a whole.
  case unreadable(reason: String)
  case tooLarge(bytes: Int)
  case notUTF8
  case emptyFile
  case notYAML(String, hint: String?)
  case severalDocuments
  case anchor(String)
  case tooManyAliases
  case mergeKey
  case tag(String)
  case keyIsNotText
  case unknownVersion(Int)

  // Keys.
  case duplicateKey(String, firstLine: Int)
  case unknownKey(String, within: String, nearest: String?, known: [String])
  /// A key that goes with another choice: `step` with an adaptive method.
  case misplacedKey(String, within: String, choice: String, advice: String)
  case missingKey(String, within: String, meaning: String)
  case noValue(key: String)
  case unquotedComma(String)
  case missingSpace(String)

  // Values.
  case wrongShape(key: String, expected: String, found: String)
  case notANumber(key: String, found: String, because: String?)
  case notFinite(key: String, found: String)
  case notAnInteger(key: String, found: String)
  case notAllowed(key: String, rule: String, found: String)
  case notAChoice(key: String, found: String, choices: [String], nearest: String?)
  case reversed(key: String, low: String, high: String, lowValue: Double, highValue: Double)
  case notIncreasing(key: String, before: Double, after: Double)

  // Names.
  case notAName(String, role: String, nearest: String?)
  case reservedName(String, role: String, meaning: String)
  case nameTaken(String, role: String, by: String, line: Int)
  case undefinedName(subject: String, name: String, expected: String, nearest: String?)
  case cyclicLet([String])
  case startUsesState(subject: String, name: String, isLet: Bool)
  case unknownVaried(String, key: String, nearest: String?)
  case arrayStart(state: String, key: String)
  case unknownDifferentiated(String, nearest: String?)
  case notDifferentiable(String, meaning: String)
  case seriesNotSaved(state: String, savesNothing: Bool)
  case seriesInReverse(state: String)
  case seriesByArray(state: String, start: String)
  case noOutputs(key: String)
  case unknownState(key: String, name: String, nearest: String?)
  case unknownPhase(key: String, name: String, nearest: String?, known: [String])
  case unknownEvent(subject: String, name: String, nearest: String?, known: [String])
  case unknownParameter(name: String, model: String, nearest: String?)

  // Expressions.
  case expression(subject: String, ExpressionError)
  case conditionAsValue(subject: String, text: String)
  case arrayAsValue(subject: String, text: String)
  case reductionOutsideOutput(subject: String, name: String)
  case nestedReduction(subject: String, outer: String, inner: String)
  case bareName(subject: String, name: String)
  case countOfExpression(subject: String, text: String)
  case reductionTimeNotConstant(subject: String, text: String)
  case timeNotConstant(subject: String, text: String, name: String)
  case windowNeedsBothEdges(subject: String, function: String)
  case neitherFirstNorLast(subject: String, text: String)
  case windowOutside(subject: String, from: Double, until: Double, begin: Double, end: Double)
  case windowReversed(subject: String, from: Double, until: Double)
  case timeOutside(subject: String, time: Double, from: Double, until: Double)

  // Events.
  case directionOfCondition(subject: String, text: String)
  case startOfBothDirections(subject: String)
  case neverANumber(subject: String, text: String)
  case negativeDelay(subject: String, text: String)
  case constantTrigger(subject: String, text: String)
  case stopAndProceed(event: String)
  case tooManyEventTimes(key: String, count: Double, most: Int)

  // The job as a whole.
  case backwards(from: Double, until: Double)
  case toleranceTooSmall(key: String, found: Double, smallest: Double, precision: Precision)
  case tooManySteps(step: Double, steps: Double, allowed: Int)
  case tooManySaves(key: String, count: Double, most: Int)
  case saveNeedsKnownTimes(key: String, advice: String)
  case nothingKept
  case nothingVaries(design: String)
  case countNeeded(name: String, design: String)
  case unknownGroupMember(group: String, name: String, nearest: String?)
  case inTwoGroups(name: String, groups: [String])
  case unequalCounts(group: String, counts: [(String, Int)])
  case unusedVariation(String)

  public static func == (one: JobError, other: JobError) -> Bool { one.message == other.message }
}

/// A ``JobError`` and where it is.
public struct JobProblem: Error, Equatable, Sendable {
  public let error: JobError
  /// From 1; zero when the problem is with the file itself.
  public let line: Int
  public let column: Int

  init(_ error: JobError, line: Int, column: Int = 1) {
    self.error = error
    self.line = line
    self.column = column
  }

  init(_ error: JobError, at location: Location) {
    self.init(error, line: location.line, column: location.column)
  }
}

/// Everything that was found wrong with a job file, in the order of its lines.
public struct InvalidJob: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file as the user named it.
  public let path: String
  /// At least one.
  public let problems: [JobProblem]

  init(path: String, problems: [JobProblem]) {
    self.path = path
    self.problems = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// Problems that are worded before the rest is only counted.
  private static let mostWorded = 8

  /// One line a problem: `jobs/lorenz.yaml:14: rate of 'x' uses 'sigme', …`.
  public var description: String {
    var lines = problems.prefix(Self.mostWorded).map { problem in
      (problem.line > 0 ? "\(path):\(problem.line): " : "\(path): ") + problem.error.message
    }
    let rest = problems.count - lines.count
    if rest > 0 { lines.append("\(path): and \(rest) more problem\(rest == 1 ? "" : "s")") }
    return lines.joined(separator: "\n")
  }
}
