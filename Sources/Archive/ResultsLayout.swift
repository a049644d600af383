/// The type of a variable's elements, in memory and in files.
public enum ElementType: String, Codable, Equatable, Sendable, CaseIterable {
  case float64, float32, int64, int32, int8

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .float64, .int64: return 8
    case .float32, .int32: return 4
    case .int8: return 1
    }
  }
}

/// The value of an attribute.
public enum AttributeValue: Codable, Equatable, Sendable {
  case text(String)
  case number(Double)
  case integer(Int)
  case numbers([Double])
  case integers([Int])
}

/// A named value that describes a file, an axis or a variable.
public struct Attribute: Codable, Equatable, Sendable {
  public let name: String
  public let value: AttributeValue

  public init(_ name: String, _ value: AttributeValue) { (self.name, self.value) = (name, value) }

  /// A text such as `units` or `long_name`.
  public init(_ name: String, _ text: String) { self.init(name, .text(text)) }
}

/// An axis that variables share, such as time.
///
/// The axis of the ensemble, `member`, is implied: it is the first axis of every variable.
public struct Axis: Codable, Equatable, Sendable {
  public let name: String
  public let length: Int
  /// The value at each place, in the unit that the attributes say, or nil if places are only counted.
  public let coordinate: [Double]?
  public let attributes: [Attribute]

  public init(name: String, length: Int, attributes: [Attribute] = []) {
    (self.name, self.length, coordinate, self.attributes) = (name, length, nil, attributes)
  }

  public init(name: String, coordinate: [Double], attributes: [Attribute] = []) {
    (self.name, length, self.coordinate, self.attributes) = (name, coordinate.count, coordinate, attributes)
  }
}

/// A quantity that every member has.
public struct Variable: Codable, Equatable, Sendable {
  public let name: String
  public let elementType: ElementType
  /// Names of its axes after `member`, outermost first.
  public let innerAxes: [String]
  /// `units`, `long_name`, … `flag_values` and the like are stored in the variable's own type.
  public let attributes: [Attribute]
  /// Whether it says what was varied rather than what came out. Must have no inner axes.
  public let isCoordinate: Bool

  public init(
    name: String, elementType: ElementType = .float64, innerAxes: [String] = [], attributes: [Attribute] = [],
    isCoordinate: Bool = false
  ) {
    (self.name, self.elementType, self.innerAxes) = (name, elementType, innerAxes)
    (self.attributes, self.isCoordinate) = (attributes, isCoordinate)
  }
}

/// What the results of a job look like: members, cut into chunks, with the same variables each.
///
/// A layout that exists can be stored. It is fixed by the job, so it is the same for any number of ranks.
public struct ResultsLayout: Equatable, Sendable {
  /// The axis of the ensemble.
  public static let memberAxis = "member"

  /// How many members the first run was planned for, and how many each extension has added.
  ///
  /// Chunks do not reach from one part into the next, so an ensemble that grows keeps its chunks.
  public let parts: [Int]
  public let memberCount: Int
  /// Members in every chunk but the last of a part, which may be shorter.
  public let chunkSize: Int
  public let chunkCount: Int
  public let axes: [Axis]
  public let variables: [Variable]
  /// Attributes of the whole file: title, job text, seed, versions, host, backend, …
  public let attributes: [Attribute]

  /// - Throws: `ArchiveError.invalidLayout`, which names what is wrong.
  public init(
    memberCount: Int, chunkSize: Int, axes: [Axis], variables: [Variable], attributes: [Attribute] = []
  ) throws {
    try self.init(parts: [memberCount], chunkSize: chunkSize, axes: axes, variables: variables, attributes: attributes)
  }

  /// - Throws: `ArchiveError.invalidLayout`, which names what is wrong.
  public init(
    parts: [Int], chunkSize: Int, axes: [Axis], variables: [Variable], attributes: [Attribute] = []
  ) throws {
    (self.parts, self.chunkSize) = (parts, chunkSize)
    (self.axes, self.variables, self.attributes) = (axes, variables, attributes)
    memberCount = parts.reduce(0, &+)
    chunkCount = parts.reduce(0) { $0 &+ Self.chunkCount($1, max(1, chunkSize)) }
    try check()
  }

  private static func chunkCount(_ members: Int, _ chunkSize: Int) -> Int {
    members / chunkSize + (members % chunkSize == 0 ? 0 : 1)
  }

  /// The members of a chunk.
  public func members(ofChunk chunk: Int) -> Range<Int> {
    firstMember(ofChunk: chunk)..<firstMember(ofChunk: chunk + 1)
  }

  /// The members of neighbouring chunks.
  func members(ofChunks chunks: Range<Int>) -> Range<Int> {
    firstMember(ofChunk: chunks.lowerBound)..<firstMember(ofChunk: chunks.upperBound)
  }

  /// The number of members before a chunk; all of them for the chunk after the last.
  private func firstMember(ofChunk chunk: Int) -> Int {
    var (member, chunks) = (0, chunk)
    for part in parts {
      let count = Self.chunkCount(part, chunkSize)
      if chunks < count { return member + chunks * chunkSize }
      (member, chunks) = (member + part, chunks - count)
    }
    return member
  }

  /// The chunks that hold some members.
  func chunks(covering members: Range<Int>) -> Range<Int> {
    guard let last = members.last else { return 0..<0 }
    return chunk(ofMember: members.lowerBound)..<chunk(ofMember: last) + 1
  }

  private func chunk(ofMember member: Int) -> Int {
    var (chunk, rest) = (0, member)
    for part in parts {
      if rest < part { return chunk + rest / chunkSize }
      (chunk, rest) = (chunk + Self.chunkCount(part, chunkSize), rest - part)
    }
    return chunk
  }

  /// The lengths of a variable's axes after `member`.
  public func innerExtents(_ variable: Variable) -> [Int] {
    variable.innerAxes.map { name in axes.first { $0.name == name }!.length }
  }

  /// Bytes of a variable for one member.
  public func memberBytes(_ variable: Variable) -> Int {
    innerExtents(variable).reduce(variable.elementType.size, *)
  }

  /// Bytes of all variables for one member.
  public var memberBytes: Int { variables.reduce(0) { $0 + memberBytes($1) } }

  private func check() throws {
    func refuse(_ reason: String) -> ArchiveError { .invalidLayout(reason: reason) }
    for part in parts where part < 1 { throw refuse("there are \(part) members, but at least 1 is needed") }
    guard !parts.isEmpty else { throw refuse("there are no members, but at least 1 is needed") }
    guard chunkSize >= 1 else { throw refuse("a chunk has \(chunkSize) members, but needs at least 1") }
    guard !variables.isEmpty else { throw refuse("there is no variable") }
    var names: Set<String> = [Self.memberAxis]
    for name in axes.map(\.name) + variables.map(\.name) {
      guard Self.isValid(name) else {
        throw refuse("'\(name)' is not a name that NetCDF allows: it starts with a letter or _, and has no '/'")
      }
      guard names.insert(name).inserted else { throw refuse("the name '\(name)' is used twice") }
    }
    for axis in axes where axis.length < 1 {
      throw refuse("axis '\(axis.name)' has length \(axis.length), but needs at least 1")
    }
    var bytes = 0
    for variable in variables {
      for name in variable.innerAxes where !axes.contains(where: { $0.name == name }) {
        throw refuse("variable '\(variable.name)' uses axis '\(name)', which does not exist")
      }
      if variable.isCoordinate && !variable.innerAxes.isEmpty {
        throw refuse("coordinate '\(variable.name)' has axes besides member")
      }
      var product = variable.elementType.size
      for extent in innerExtents(variable) + [chunkSize, chunkCount] {
        let (result, overflow) = product.multipliedReportingOverflow(by: extent)
        guard !overflow else { throw refuse("variable '\(variable.name)' has more bytes than a file can hold") }
        product = result
      }
      let (sum, overflow) = bytes.addingReportingOverflow(product)
      guard !overflow else { throw refuse("the results have more bytes than a file can hold") }
      bytes = sum
    }
  }

  /// NetCDF's rules for names, which also exclude names with a meaning of their own in HDF5.
  private static func isValid(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, first.properties.isAlphabetic || first == "_" else { return false }
    let isPrintable = name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "/" && $0.value != 0x7f }
    return isPrintable && name.utf8.count <= 256 && name != "_NCProperties" && !name.hasPrefix("_Netcdf4")
  }
}

extension ResultsLayout {
  /// Whether two layouts describe the same variables; attributes such as the host may differ from run to run.
  func hasSameVariables(as other: ResultsLayout) -> Bool {
    let sameAxes = zip(axes, other.axes).allSatisfy {
      $0.name == $1.name && $0.length == $1.length && $0.coordinate == $1.coordinate
    }
    let sameVariables = zip(variables, other.variables).allSatisfy {
      $0.name == $1.name && $0.elementType == $1.elementType && $0.innerAxes == $1.innerAxes
        && $0.isCoordinate == $1.isCoordinate
    }
    return sameAxes && sameVariables && axes.count == other.axes.count && variables.count == other.variables.count
  }

  /// Whether this layout's chunks are the first chunks of `other`, which may have been extended since.
  func isBeginning(of other: ResultsLayout) -> Bool {
    hasSameVariables(as: other) && chunkSize == other.chunkSize && other.parts.starts(with: parts)
  }

  /// The layout of the same chunks and, after them, those of the members that make `newer` larger.
  ///
  /// - Parameter newer: describes the same variables; gives the number of members and the attributes.
  func extended(to newer: ResultsLayout) throws -> ResultsLayout {
    let added = newer.memberCount - memberCount
    return try ResultsLayout(
      parts: parts + (added > 0 ? [added] : []), chunkSize: chunkSize, axes: newer.axes, variables: newer.variables,
      attributes: newer.attributes)
  }
}

extension ResultsLayout: Codable {
  private enum CodingKeys: String, CodingKey {
    case parts, chunkSize, axes, variables, attributes
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      parts: values.decode([Int].self, forKey: .parts),
      chunkSize: values.decode(Int.self, forKey: .chunkSize),
      axes: values.decode([Axis].self, forKey: .axes),
      variables: values.decode([Variable].self, forKey: .variables),
      attributes: values.decode([Attribute].self, forKey: .attributes))
  }
}
