/// How a merged file is to be.
public struct MergeOptions: Sendable {
  /// How data are stored.
  public enum Compression: Equatable, Sendable {
    /// As they are, each variable in one piece: the fastest to write, and to read by member and by variable.
    case none
    /// Bytes of equal weight together, then deflated. Level 1 is fast, 9 is small.
    case gzip(level: Int)
  }

  /// What a piece of a compressed variable holds. A reader always reads whole pieces.
  public enum Pieces: String, Sendable, CaseIterable {
    /// All values of some members: for reading by member, or all of a variable.
    case members
    /// Many members at some times: for reading all members at a time.
    case slices
  }

  /// What stands in place of members that are missing.
  public struct Gap: Equatable, Sendable {
    /// The variable that says so.
    public let variable: String
    /// Its value, and the word for it among its `flag_meanings`.
    public let value: Int
    public let meaning: String

    public init(variable: String, value: Int, meaning: String) {
      (self.variable, self.value, self.meaning) = (variable, value, meaning)
    }
  }

  public var compression: Compression
  public var pieces: Pieces
  /// Merges also what is not complete, with gaps in it. Nil refuses to.
  public var gap: Gap?

  public init(compression: Compression = .none, pieces: Pieces = .members, gap: Gap? = nil) {
    (self.compression, self.pieces, self.gap) = (compression, pieces, gap)
  }
}

extension ElementType {
  /// What stands for no value: NaN, and for integers, which have none, their lowest value.
  enum Nothing {
    case nan
    case lowest(Int)
  }

  var nothing: Nothing {
    switch self {
    case .float64, .float32: .nan
    case .int64: .lowest(Int.min)
    case .int32: .lowest(Int(Int32.min))
    case .int8: .lowest(Int(Int8.min))
    }
  }
}

extension ResultsLayout {
  /// The layout of a file with gaps: its variables say what stands in them.
  ///
  /// - Parameter members: how many are missing.
  func with(_ gap: MergeOptions.Gap, members: Int) throws -> ResultsLayout {
    let variables = variables.map { variable -> Variable in
      var attributes = variable.attributes
      if variable.name == gap.variable {
        attributes = attributes.map { attribute in
          switch (attribute.name, attribute.value) {
          case ("flag_values", .integers(let values)): Attribute(attribute.name, .integers(values + [gap.value]))
          case ("flag_meanings", .text(let words)): Attribute(attribute.name, "\(words) \(gap.meaning)")
          default: attribute
          }
        }
      } else if case .lowest(let value) = variable.elementType.nothing, attributes.first("_FillValue") == nil {
        attributes.append(Attribute("_FillValue", .integer(value)))
      }
      return Variable(
        name: variable.name, elementType: variable.elementType, innerAxes: variable.innerAxes, attributes: attributes,
        isCoordinate: variable.isCoordinate)
    }
    return try ResultsLayout(
      parts: parts, chunkSize: chunkSize, axes: axes, variables: variables,
      attributes: attributes + [Attribute("flowmap_missing_members", .integer(members))])
  }
}
