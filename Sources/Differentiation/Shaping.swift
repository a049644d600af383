import Programs

extension Staged {
  /// Zeros (NaN where a known value is NaN: what is not a number has no derivative) in the shape of a value.
  static func zero(like value: Staged) -> Staged {
    if let numbers = value.literal, numbers.contains(where: \.isNaN) {
      return Staged(numbers.map { $0.isNaN ? .nan : 0 }, shape: value.shape)
    }
    return zero(value.shape)
  }

  static func zero(_ shape: Shape) -> Staged { Staged(Array(repeating: 0, count: shape.count), shape: shape) }

  /// A scalar in each component of a shape; an array as it is.
  func widened(to shape: Shape) -> Staged { self.shape.isScalar && !shape.isScalar ? broadcast(to: shape) : self }

  /// The transpose of `widened`: an array's components added up where a scalar had stood for all of them.
  func narrowed(to shape: Shape) -> Staged {
    if self.shape == shape { return self }
    return shape.isScalar ? total : widened(to: shape)
  }

  /// The sum of all components.
  var total: Staged { shape.isScalar ? self : reshaped([shape.count]).sum() }

  /// The value as so many equal entries along an axis: the transpose of a sum.
  func repeated(_ count: Int, axis: Int) -> Staged {
    var dimensions = shape.dimensions
    if dimensions.isEmpty { return broadcast(to: [count]) }
    dimensions.insert(1, at: axis)
    let entry = reshaped(Shape(dimensions))
    return .concatenate(Array(repeating: entry, count: count), axis: axis)
  }

  /// The value between zeros along an axis of `length` entries: the transpose of a slice.
  func padded(_ length: Int, from start: Int, axis: Int) -> Staged {
    func zeros(_ count: Int) -> [Staged] {
      var dimensions = shape.dimensions
      dimensions[axis] = count
      return count == 0 ? [] : [.zero(Shape(dimensions))]
    }
    let count = shape.dimensions[axis]
    return .concatenate(zeros(start) + [self] + zeros(length - start - count), axis: axis)
  }

  /// The same value with the extent of another of its shape: one for each member if that is one for each.
  ///
  /// Where the other is not a number, its derivative is not a number either.
  func asWide(as other: Staged) -> Staged {
    type.extent == other.type.extent ? self : select(other .== other, self, Staged(Double.nan))
  }

  /// Whether a component with a weight that is not zero is not a number.
  func isUnknown(where weights: Staged) -> Staged {
    let marks = (self .!= self) .& (weights .!= 0)
    return shape.isScalar ? marks : select(marks, 1, 0).total .> 0
  }

  /// The derivative of a value: not a number where the value is none.
  func derivative(of value: Staged) -> Staged { select(value .== value, self, Staged(Double.nan)) }

  /// Every component is known not to be a number.
  var isNotANumber: Bool { literal.map { !$0.isEmpty && $0.allSatisfy(\.isNaN) } ?? false }
}
