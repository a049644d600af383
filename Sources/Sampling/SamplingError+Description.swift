/// The words of every error of this module: what was expected, what was found.
extension SamplingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .impossibleParameter(let distribution, let parameter, let found, let expected):
      "\(distribution): \(parameter) must be \(expected), but is \(found)"
    case .noProbability(let distribution, let low, let high):
      "\(distribution) cannot be truncated to [\(low), \(high)]: the interval holds no probability"
        + " (less than \(Double.leastNormalMagnitude))"

    case .noValues(let axis):
      "'\(axis)' has an empty list of values; expected at least one"
    case .valueNotFinite(let axis, let index, let found):
      "'\(axis)': value \(index + 1) of its list must be finite, but is \(found)"
    case .impossibleRange(let axis, let from, let to, let expected):
      "'\(axis)': a range needs \(expected), but goes from \(from) to \(to)"
    case .impossibleAxisCount(let axis, let found):
      "'\(axis)': count must be at least 1, but is \(found)"
    case .countMissing(let axis):
      "'\(axis)' needs a count: a grid has to know how many levels it takes"

    case .repeatedName(let name):
      "'\(name)' is varied twice in one design; expected once"
    case .unequalCounts(let group, let counts):
      "zip '\(group)': its axes must have equal counts, but have \(Self.list(counts))"
    case .emptyGroup(let group):
      "zip '\(group)' has no axes; expected at least one"
    case .impossibleCount(let method, let found):
      "\(method): count must be at least 1, but is \(found)"
    case .designTooLarge(let method, let count, let limit):
      "\(method): the design would have \(count) members; at most \(limit) can be numbered"
    case .tooManyAxes(let method, let found, let limit):
      "\(method): at most \(limit) axes can be varied together, but there are \(found);"
        + " latin-hypercube and random have no limit"

    case .unequalNamesAndColumns(let names, let columns):
      "table: expected a name for every column, but got \(names) names and \(columns) columns"
    case .unequalColumns(let counts):
      "table: columns must be equally long, but have \(Self.list(counts)) rows"
    case .cellNotFinite(let column, let row, let found):
      "table: row \(row) of column '\(column)' must be finite, but is \(found)"

    case .emptyUnion:
      "a union of designs needs at least one design, but got none"
    case .baseValueMissing(let name, let design):
      "design \(design) of the union does not vary '\(name)', which has no base value either"
    case .baseValueNotFinite(let name, let found):
      "the base value of '\(name)' must be finite, but is \(found)"
    }
  }

  private static func list(_ counts: [AxisCount]) -> String {
    counts.map { "\($0.name): \($0.count)" }.joined(separator: ", ")
  }
}
