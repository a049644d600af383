import Dynamics
import Programs

/// How a job solves its model.
public struct SolveDescription: Sendable {
  /// Where it is an expression, its value at the model's own parameters.
  public let from: Double
  /// Greater than `from`; where it is an expression, its value at the model's own parameters.
  public let until: Double
  /// The times as expressions, where these use parameters.
  public var fromExpression: Located<Expression>?
  public var untilExpression: Located<Expression>?
  public let method: Located<Method>
  public let stepping: Stepping
  /// Steps, accepted or not, after which a member ends with the status "too many steps".
  public let maximumSteps: Int
  /// What is kept over time, if anything.
  public let save: SaveDescription?
  /// Absolute tolerances of states that have their own.
  public var absoluteTolerances: [(state: Located<String>, value: Double)] = []
  /// Whether the absolute tolerance is the standard one, which follows states that stay small.
  public var followsState = false
  /// States that are promised not to be negative.
  public var nonnegative: [Located<String>] = []
  /// Whether steps end where rates and outputs jump.
  public var endsStepsAtSwitches = true

  /// Whether all members begin at one time, and end at one.
  public var hasOneStart: Bool { fromExpression == nil }
  public var hasOneEnd: Bool { untilExpression == nil }
}

/// How long steps are.
public enum Stepping: Sendable, Equatable {
  /// As long as the tolerances allow. Steps that are `nil` are the solver's to choose.
  case adaptive(relativeTolerance: Double, absoluteTolerance: Double, firstStep: Double?, maximumStep: Double?)
  /// All of one length, but for the last, which ends at `until`.
  case fixed(Double)
}

/// The times at which states are kept, and which states.
public struct SaveDescription: Sendable, Equatable {
  public let times: SaveTimes
  /// Names of the states to keep; `nil` for all.
  public let states: [Located<String>]?
}

/// How a job chooses the times at which it saves.
public enum SaveTimes: Sendable, Equatable {
  /// This many times, equally far apart, both ends among them.
  case count(Int)
  /// From the start, this far apart, as long as they are not beyond the end.
  case every(Double)
  /// These, increasing.
  case at([Double])

  /// How many times there are between `from` and `until`.
  public func count(from: Double, until: Double) -> Int {
    switch self {
    case .count(let count): count
    // A span that is a whole number of intervals but for rounding ends on its last interval.
    case .every(let interval): Int(((until - from) / interval * (1 + 4 * Double.ulpOfOne)).rounded(.down)) + 1
    case .at(let times): times.count
    }
  }

  /// The times, increasing. Each is computed from the ends, so that no rounding accumulates.
  public func values(from: Double, until: Double) -> [Double] {
    switch self {
    case .count(let count):
      (0..<count).map { place in
        place == count - 1 ? until : from + (until - from) * (Double(place) / Double(count - 1))
      }
    case .every(let interval):
      (0..<count(from: from, until: until)).map { Swift.min(from + Double($0) * interval, until) }
    case .at(let times): times
    }
  }
}
