/// Why a distribution, an axis or a design cannot exist.
public enum SamplingError: Error, Equatable, Sendable {
  /// A parameter of a distribution is outside what the distribution allows.
  case impossibleParameter(of: String, parameter: String, found: Double, expected: String)
  /// A truncation interval holds less probability than the least normal number.
  case noProbability(of: String, low: Double, high: Double)

  /// An axis has no values at all.
  case noValues(axis: String)
  /// One of an axis' values, counted from 0, is infinite or not a number.
  case valueNotFinite(axis: String, index: Int, found: Double)
  /// A range's ends do not make a range.
  case impossibleRange(axis: String, from: Double, to: Double, expected: String)
  /// An axis is to have fewer than one level.
  case impossibleAxisCount(axis: String, found: Int)
  /// A grid needs to know how many levels an axis has.
  case countMissing(axis: String)

  /// Two axes of a design have one name.
  case repeatedName(String)
  /// Axes that should advance together have unlike numbers of levels.
  case unequalCounts(group: String, counts: [AxisCount])
  /// A group has no axes.
  case emptyGroup(String)
  /// A design is to have fewer than one member.
  case impossibleCount(method: String, found: Int)
  /// A design's members cannot be numbered; `count` is the exact number in decimal digits.
  case designTooLarge(method: String, count: String, limit: Int)
  /// Sobol' points do not go that far.
  case tooManyAxes(method: String, found: Int, limit: Int)

  /// A table's columns are not as many as its names.
  case unequalNamesAndColumns(names: Int, columns: Int)
  /// A table's columns have unlike lengths.
  case unequalColumns(counts: [AxisCount])
  /// A table's cell, row counted from 1, is infinite or not a number.
  case cellNotFinite(column: String, row: Int, found: Double)

  /// A union has no designs.
  case emptyUnion
  /// A union's design, counted from 1, lacks a name that has no base value either.
  case baseValueMissing(name: String, design: Int)
  /// A base value is infinite or not a number.
  case baseValueNotFinite(name: String, found: Double)

  /// An axis' name and its number of levels or rows.
  public struct AxisCount: Equatable, Sendable {
    public var name: String
    public var count: Int

    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }
}
