import Foundation

/// One thing that a design varies: its name, and the values that it may take.
///
/// A grid takes an axis' levels, numbered from 0; every other method takes the value at a probability.
public struct Axis: Sendable {
  /// How a range is divided: by equal differences or by equal factors.
  public enum Scale: Sendable {
    case linear
    case logarithmic
  }

  public let name: String
  /// How many levels the axis has in a grid; nil where none was said.
  public let count: Int?
  private let content: Content

  private enum Content: Sendable {
    case values([Double])
    case linear(UniformDistribution)
    case logarithmic(LogUniformDistribution)
    case distribution(any Distribution)
  }

  /// An axis with these levels. Other methods than a grid draw from the list with equal probabilities.
  ///
  /// - Throws: ``SamplingError/noValues(axis:)``, ``SamplingError/valueNotFinite(axis:index:found:)``.
  public init(name: String, values: [Double]) throws(SamplingError) {
    guard !values.isEmpty else { throw .noValues(axis: name) }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .valueNotFinite(axis: name, index: index, found: values[index])
    }
    self.name = name
    count = values.count
    content = .values(values)
  }

  /// An axis that goes from one value to a greater one, both included and both exact.
  ///
  /// Level i of a linear range is from + (to − from) · i / (count − 1), multiplied before it is divided, so that 0 to 1
  /// in 11 levels has 0.3 exactly. A logarithmic range divides its factor likewise, from the nearer end. A count of 1 is
  /// `from` alone. Other methods than a grid draw uniformly, or log-uniformly, from the range.
  /// - Throws: ``SamplingError/impossibleRange(axis:from:to:expected:)`` unless from < to, both finite, and 0 < from if
  ///   logarithmic; ``SamplingError/impossibleAxisCount(axis:found:)`` for a count below 1.
  public init(
    name: String, from: Double, to: Double, count: Int? = nil, scale: Scale = .linear
  ) throws(SamplingError) {
    func failure(_ expected: String) -> SamplingError {
      .impossibleRange(axis: name, from: from, to: to, expected: expected)
    }
    guard from.isFinite, to.isFinite else { throw failure("finite ends") }
    guard from < to else { throw failure("its start below its end") }
    if let count, count < 1 { throw .impossibleAxisCount(axis: name, found: count) }
    switch scale {
    case .linear:
      guard let range = try? UniformDistribution(low: from, high: to) else { throw failure("a finite length") }
      content = .linear(range)
    case .logarithmic:
      guard let range = try? LogUniformDistribution(low: from, high: to) else {
        throw failure("positive ends for a logarithmic scale")
      }
      content = .logarithmic(range)
    }
    self.name = name
    self.count = count
  }

  /// An axis with this distribution. Its levels in a grid are the quantiles at (i + 1/2) / count, the middles of `count`
  /// intervals of equal probability.
  ///
  /// - Throws: ``SamplingError/impossibleAxisCount(axis:found:)`` for a count below 1.
  public init(name: String, distribution: any Distribution, count: Int? = nil) throws(SamplingError) {
    if let count, count < 1 { throw .impossibleAxisCount(axis: name, found: count) }
    self.name = name
    self.count = count
    content = .distribution(distribution)
  }

  /// The value of level `index` in a grid.
  ///
  /// - Precondition: the axis has a count, and 0 ≤ index < count.
  public func level(_ index: Int) -> Double {
    guard let count else { preconditionFailure("'\(name)' has no count, so it has no levels") }
    precondition(index >= 0 && index < count, "'\(name)' has \(count) levels, not one numbered \(index)")
    return switch content {
    case .values(let values): values[index]
    case .linear(let range): Self.linearLevel(index, of: count, range)
    case .logarithmic(let range): Self.logarithmicLevel(index, of: count, range)
    case .distribution(let distribution): distribution.quantile((Double(index) + 0.5) / Double(count))
    }
  }

  /// The value at probability `u`, strictly between 0 and 1.
  public func value(at u: Double) -> Double {
    var value = u
    withUnsafeMutablePointer(to: &value) { transform(UnsafeMutableBufferPointer(start: $0, count: 1)) }
    return value
  }

  /// Replaces probabilities, each strictly between 0 and 1, by the values there. What kind of axis it is, is asked once.
  func transform(_ units: UnsafeMutableBufferPointer<Double>) {
    switch content {
    case .values(let values):
      let count = Double(values.count)
      values.withUnsafeBufferPointer { values in
        for index in units.indices { units[index] = values[min(values.count - 1, Int(units[index] * count))] }
      }
    case .linear(let range):
      for index in units.indices { units[index] = range.quantile(units[index]) }
    case .logarithmic(let range):
      for index in units.indices { units[index] = range.quantile(units[index]) }
    case .distribution(let distribution):
      Self.transform(units, by: distribution)
    }
  }

  private static func transform(_ units: UnsafeMutableBufferPointer<Double>, by distribution: some Distribution) {
    for index in units.indices { units[index] = distribution.quantile(units[index]) }
  }

  private static func linearLevel(_ index: Int, of count: Int, _ range: UniformDistribution) -> Double {
    let (from, to) = (range.low, range.high)
    if index == 0 { return from }
    if index == count - 1 { return to }
    let product = (to - from) * Double(index)
    let steps = Double(count - 1)
    return min(to, from + (product.isFinite ? product / steps : (to - from) * (Double(index) / steps)))
  }

  private static func logarithmicLevel(_ index: Int, of count: Int, _ range: LogUniformDistribution) -> Double {
    if index == 0 { return range.low }
    if index == count - 1 { return range.high }
    let part = Double(index) / Double(count - 1)
    let rest = Double(count - 1 - index) / Double(count - 1)
    return part <= 0.5
      ? min(range.high, range.low * exp(range.logWidth * part))
      : max(range.low, range.high * exp(-range.logWidth * rest))
  }
}
