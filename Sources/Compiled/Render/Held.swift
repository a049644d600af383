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
    /// A series `[n, S]` written by `tabulate`: component k, lane l, entry s at `base[k * stride + l * S + s]`. An open
    /// one gets what it holds beyond its cursor only when its loop has ended.
    case series(base: String, stride: String, isOpen: Bool)
  }

  var type: ValueType
  var form: Form

  var count: Int { type.shape.count }

  /// The text of one component; a scalar stands for every component.
  func component(_ position: Int) -> String {
    switch form {
    case .components(let texts): texts.count == 1 ? texts[0] : texts[position]
    case .memory(let pointer): "\(pointer)[\(count == 1 ? 0 : position)]"
    case .uniform(let text): text
    case .series: preconditionFailure("a series is read only when it is complete")
    }
  }

  /// The text of the component that a C loop's variable counts; a scalar, wherever it is held, stands for every component.
  func component(counted index: String) -> String {
    switch form {
    case .components(let texts):
      precondition(texts.count == 1, "small arrays are not looped over")
      return texts[0]
    case .memory(let pointer): return "\(pointer)[\(count == 1 ? "0" : index)]"
    case .uniform(let text): return text
    case .series: preconditionFailure("a series is read only when it is complete")
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

  /// The mark of member values, nothing for shared ones.
  var mark: String { extent == .member ? "§" : "" }
}
