/// What a component is. `real` is `Double` or `Float`, chosen when a program is prepared for an executor.
public enum Kind: Hashable, Sendable {
  case real
  case boolean
}

/// Whether a value is one for each member of the ensemble or one for all of them.
///
/// The distinction from which broadcasting (shared used by members) and summation (its transpose) follow.
public enum Extent: Hashable, Sendable {
  case shared
  case member

  /// The extent of a result that depends on both.
  public func joined(_ other: Extent) -> Extent { self == .member || other == .member ? .member : .shared }
}

/// The static type of a value in a program.
public struct ValueType: Hashable, Sendable, CustomStringConvertible {
  public var kind: Kind
  public var shape: Shape
  public var extent: Extent

  public init(_ kind: Kind = .real, _ shape: Shape = .scalar, _ extent: Extent = .member) {
    self.kind = kind
    self.shape = shape
    self.extent = extent
  }

  /// The same type, one value for each member.
  public var perMember: ValueType { ValueType(kind, shape, .member) }

  public var description: String {
    let name = kind == .real ? "real" : "bool"
    let suffix = shape.isScalar ? "" : shape.description
    return "\(extent == .member ? "member" : "shared") \(name)\(suffix)"
  }
}
