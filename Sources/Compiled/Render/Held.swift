import Programs

/// A value of a program as it stands in the C text.
///
/// The text of a member value contains the mark `§`, which stands for one of the vectors that a tile is made of: a line
/// with the mark is written once for each of them.
struct Held {
  enum Form {
    /// One C expression (a variable or literal) a component.
    case components([String])
    /// A pointer to vectors (member values) or numbers (shared values), a component each.
    case memory(String)
    /// An array whose components are all one expression.
    case uniform(String)
    /// Parts of other arrays, one after the other: a large concatenation that is never written to memory of its own. Loops
    /// over it are cut at its seams.
    case pieces([Held])
    /// A large array, in which each component is a cheap expression of another's, computed again wherever it is read. In
    /// the text, `Held.hole` stands for the other's component.
    indirect case mapped(Held, text: String)
    /// A series `[n, S]` written by `tabulate`: component k, lane l, entry s at `base[k * stride + lanes[l] * S + s]`. An open
    /// one gets what it holds beyond its cursor only when its loop has ended.
    case series(base: String, stride: String, isOpen: Bool, lanes: String = "LANES")
  }

  /// Stands in the text of a mapped array for the component that it is computed from.
  static let hole = "◌"

  var type: ValueType
  var form: Form

  var count: Int { type.shape.count }

  /// The text of one component; a scalar stands for every component.
  func component(_ position: Int) -> String {
    switch form {
    case .components(let texts): texts.count == 1 ? texts[0] : texts[position]
    case .memory(let pointer): "\(pointer)[\(count == 1 ? 0 : position)]"
    case .uniform(let text): text
    case .pieces(let pieces): piece(of: pieces, at: position)
    case .mapped(let source, let text): text.replacing(Self.hole, with: source.component(position))
    case .series: preconditionFailure("a series is read only when it is complete")
    }
  }

  private func piece(of pieces: [Held], at position: Int) -> String {
    var start = 0
    for piece in pieces {
      if position < start + piece.count {
        return piece.type.widened(piece.component(position - start), to: type.extent)
      }
      start += piece.count
    }
    preconditionFailure("component \(position) of \(start)")
  }

  /// The text of the component that a C loop's variable counts; a scalar, wherever it is held, stands for every component.
  /// - Parameter segment: what the loop runs over, within one piece.
  func component(counted index: String, in segment: Range<Int>) -> String {
    switch form {
    case .components(let texts):
      precondition(texts.count == 1, "small arrays are not looped over")
      return texts[0]
    case .memory(let pointer): return "\(pointer)[\(count == 1 ? "0" : index)]"
    case .uniform(let text): return text
    case .pieces(let pieces):
      var start = 0
      for piece in pieces {
        if segment.upperBound <= start + piece.count {
          let text = piece.component(counted: start == 0 ? index : "\(index) - \(start)", in: segment)
          return piece.type.widened(text, to: type.extent)
        }
        start += piece.count
      }
      preconditionFailure("components \(segment) of \(start)")
    case .mapped(let source, let text):
      return text.replacing(Self.hole, with: source.component(counted: index, in: segment))
    case .series: preconditionFailure("a series is read only when it is complete")
    }
  }

  /// Where the pieces of an array end, if it has several.
  var seams: [Int] {
    if case .mapped(let source, _) = form { return source.seams }
    guard case .pieces(let pieces) = form else { return [] }
    var end = 0
    return pieces.map { piece in
      end += piece.count
      return end
    }
  }

  var isUniform: Bool {
    if case .uniform = form { true } else { false }
  }

  var isSeries: Bool {
    if case .series = form { true } else { false }
  }
}

extension ValueType {
  /// The C type of one component.
  var cType: String {
    switch (kind, extent) {
    case (.real, .member): "V"
    case (.boolean, .member): "M"
    case (.real, .shared): "T"
    case (.boolean, .shared): "int"
    }
  }

  /// The text of a component of this type as one of the given extent: shared ones are broadcast to lanes.
  func widened(_ text: String, to target: Extent) -> String {
    guard target == .member, extent == .shared else { return text }
    return kind == .real ? "BC(\(text))" : "MB(\(text))"
  }

  /// The mark of member values, nothing for shared ones.
  var mark: String { extent == .member ? "§" : "" }
}
