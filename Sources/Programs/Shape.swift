/// The extents of an array's axes, outermost first. A scalar has no axes.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public let dimensions: [Int]

  /// - Precondition: no dimension is negative.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "a dimension cannot be negative: \(dimensions)")
    self.dimensions = dimensions
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public static let scalar = Shape([])

  /// The number of components: the product of the dimensions, 1 for a scalar.
  public var count: Int { dimensions.reduce(1, *) }
  public var rank: Int { dimensions.count }
  public var isScalar: Bool { dimensions.isEmpty }

  /// The shape of one entry along the first axis.
  /// - Precondition: the shape is not a scalar.
  public var element: Shape { Shape(Array(dimensions.dropFirst())) }

  /// The shape of `length` entries of this shape, stacked along a new first axis.
  public func stacked(_ length: Int) -> Shape { Shape([length] + dimensions) }

  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
