import Programs

/// The cotangent of one value while it is being added up: whole contributions, and contributions to entries of the first
/// axis, which are put together once, when the whole is asked for. Contributions that count under conditions only are added
/// up by themselves.
struct Cotangent {
  private var whole: Staged?
  private var guarded: [(guard: Guard, value: Cotangent)] = []
  private var parts: [(range: Range<Int>, value: Staged)] = []

  mutating func add(_ contribution: Staged) { whole = sum(whole, contribution) }

  /// Adds under conditions.
  mutating func add(under condition: Guard, _ addition: (inout Cotangent) -> Void) {
    if condition.isEmpty { return addition(&self) }
    if let same = guarded.firstIndex(where: { $0.guard == condition }) {
      addition(&guarded[same].value)
    } else {
      guarded.append((condition, Cotangent()))
      addition(&guarded[guarded.count - 1].value)
    }
  }

  /// - Parameter value: the entries of the range, `[count] + element`; a single one without the axis.
  mutating func add(_ value: Staged, to range: Range<Int>) {
    if let same = parts.firstIndex(where: { $0.range == range }) {
      parts[same].value = parts[same].value + value
    } else {
      parts.append((range, value))
    }
  }

  /// The cotangent of a value of this shape; nil if nothing was added.
  /// - Parameter values: those that the conditions' numbers stand for.
  func value(_ shape: Shape, _ values: [Staged]) -> Staged? {
    var rest = guarded.compactMap { part in part.value.value(shape, values).map { (guard: part.guard, value: $0) } }
    var total = unguarded(shape)
    while !rest.isEmpty {
      let part = rest.removeFirst()
      var other = Staged.zero(shape)
      if let opposite = rest.firstIndex(where: { $0.guard == part.guard.opposite }) {
        other = rest.remove(at: opposite).value
      }
      total = sum(total, part.guard.selected(part.value, else: other, values).widened(to: shape))
    }
    return total
  }

  private func unguarded(_ shape: Shape) -> Staged? {
    if parts.isEmpty { return whole }
    let length = shape.dimensions[0]
    let cuts = Set(parts.flatMap { [$0.range.lowerBound, $0.range.upperBound] } + [0, length]).sorted()
    let pieces = zip(cuts, cuts.dropFirst()).map { piece($0..<$1, shape) }
    if cuts.count == length + 1 { return .stack(pieces) }
    return .concatenate(
      zip(pieces, zip(cuts, cuts.dropFirst())).map { $1.1 - $1.0 == 1 ? $0.reshaped($0.shape.stacked(1)) : $0 })
  }

  /// What was added to entries that no part divides; a single one without the axis.
  private func piece(_ range: Range<Int>, _ shape: Shape) -> Staged {
    func entries(_ value: Staged, from start: Int) -> Staged {
      range.count == 1 ? value[range.lowerBound - start] : value[range.lowerBound - start..<range.upperBound - start]
    }
    let terms = parts.filter { $0.range.lowerBound <= range.lowerBound && range.upperBound <= $0.range.upperBound }
      .map { $0.range == range ? $0.value : entries($0.value, from: $0.range.lowerBound) }
    return terms.reduce(whole.map { entries($0, from: 0) }) { sum($0, $1) }
      ?? .zero(range.count == 1 ? shape.element : shape.element.stacked(range.count))
  }
}
