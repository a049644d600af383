import Programs

/// A place where the functions of a problem branch: a comparison, or a sign, of what changes along a solution.
///
/// Between two changes of its branches the functions are smooth. A step keeps the branches that it begins with and ends
/// where one of them changes, so that no step goes over a jump, and derivatives go through the time of the change.
struct Branch {
  enum Kind {
    /// A condition: whether the right operand is greater than the left one, or equal to it where that counts.
    case comparison(orEqual: Bool)
    /// A sign that is −1 or 1: of zero it is the one of the side that the solution goes to.
    case sign
    /// The whole number at or below the operand.
    case floor
    /// The whole number at or above the operand.
    case ceiling
  }

  let kind: Kind
  /// Whether the operand is a straight line in time while the other branches stay, so that the times at which it changes are
  /// known; else they are searched for.
  let isKnown: Bool
  /// Whether nothing but time and constants of the member are in it.
  let isTimeOnly: Bool
  /// How many branches deep its operand depends on others.
  let depth: Int

  var type: ValueType {
    switch kind {
    case .comparison: ValueType(.boolean, .scalar, .member)
    case .sign, .floor, .ceiling: ValueType(.real, .scalar, .member)
    }
  }
}

// MARK: What a branch is on each side

extension Branch {
  /// The branch where its difference (for a rounding: its operand) is this, and not near a change.
  func at(_ difference: Staged) -> Staged {
    switch kind {
    case .comparison(let orEqual): orEqual ? difference .>= 0 : difference .> 0
    case .sign: select(difference .< 0, -1, 1)
    case .floor: Programs.floor(difference)
    case .ceiling: ceil(difference)
    }
  }

  /// How far the difference is from the nearest value at which the branch changes.
  func distance(_ difference: Staged) -> Staged {
    switch kind {
    case .comparison, .sign: difference
    case .floor, .ceiling: difference - nearest(difference)
    }
  }

  /// The branch just beyond a change: at a difference that is one of the values where it changes, but for rounding.
  func beyond(_ difference: Staged, increasing: Staged) -> Staged {
    switch kind {
    case .comparison: increasing
    case .sign: select(increasing, 1, -1)
    case .floor: nearest(difference) + select(increasing, 0, -1)
    case .ceiling: nearest(difference) + select(increasing, 1, 0)
    }
  }

  private func nearest(_ value: Staged) -> Staged { Programs.floor(value + 0.5) }

  /// A function that is positive as long as the branch stays what it is, and passes through zero where it changes.
  func inside(_ difference: Staged, _ branch: Staged) -> Staged {
    switch kind {
    case .comparison: return select(branch, difference, -difference)
    case .sign: return branch * difference
    case .floor:
      let part = difference - branch
      return part * (1 - part)
    case .ceiling:
      let part = branch - difference
      return part * (1 - part)
    }
  }

  /// The slope of `inside` from that of the difference.
  func insideSlope(_ difference: Staged, _ branch: Staged, slope: Staged) -> Staged {
    switch kind {
    case .comparison: return select(branch, slope, -slope)
    case .sign: return branch * slope
    case .floor: return (1 - 2 * (difference - branch)) * slope
    case .ceiling: return (2 * (branch - difference) - 1) * slope
    }
  }

  /// The other side of the change at which the difference has this slope.
  func flipped(_ branch: Staged, increasing: Staged) -> Staged {
    switch kind {
    case .comparison: .!branch
    case .sign: -branch
    case .floor, .ceiling: branch + select(increasing, 1, -1)
    }
  }

  /// The difference at which the branch changes next, going up or down.
  func edge(_ branch: Staged, increasing: Staged) -> Staged {
    switch kind {
    case .comparison, .sign: 0
    case .floor: branch + select(increasing, 1, 0)
    case .ceiling: branch + select(increasing, 0, -1)
    }
  }
}
