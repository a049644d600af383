/// A place in a job file: where a value stands and what it is called.
public struct Location: Sendable, Hashable {
  /// Line in the file, from 1.
  public let line: Int
  /// Column in the line, in Unicode scalars, from 1.
  public let column: Int
  /// The keys that lead to the value, such as `model.states.x.rate` or `design[1].count`.
  public let keyPath: String

  public init(line: Int, column: Int, keyPath: String) {
    self.line = line
    self.column = column
    self.keyPath = keyPath
  }
}

/// A value together with the place where the user wrote it, so that later stages can point there.
public struct Located<Value> {
  public let value: Value
  public let location: Location

  public init(_ value: Value, at location: Location) {
    self.value = value
    self.location = location
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
