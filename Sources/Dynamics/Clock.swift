import Programs

/// A problem's time and the loop's, which increases from zero.
///
/// Steps are taken in the time since the start, so that a clock far from zero costs no digits of them.
struct Clock {
  let from: Staged
  /// −1 for a solution backwards in time.
  let direction: Double

  /// The problem's time.
  func time(_ elapsed: Staged) -> Staged {
    let signed = direction < 0 ? -elapsed : elapsed
    return from.literal == [0] ? signed : from + signed
  }

  /// The loop's time.
  func elapsed(_ time: Staged) -> Staged {
    let since = from.literal == [0] ? time : time - from
    return direction < 0 ? -since : since
  }

  /// The loop's time of a number that is known while tracing.
  func elapsed(_ time: Double) -> Double? {
    from.literal.map { direction * (time - $0[0]) }
  }

  /// Times no farther apart than this are one: some roundings of the problem's time.
  func spread(_ elapsed: Staged) -> Staged {
    let size = from.literal == [0] ? abs(elapsed) : abs(from) + abs(elapsed)
    return Staged(Self.resolution) * stopGradient(size)
  }

  /// The same on a step, where also what the interpolant cannot tell apart is one.
  func spread(_ elapsed: Staged, length: Staged) -> Staged {
    spread(elapsed) + Staged(0x1p-44) * stopGradient(length)
  }

  /// Eight units in the last place.
  static let resolution = 0x1p-49
}
