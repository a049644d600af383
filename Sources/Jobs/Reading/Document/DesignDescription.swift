/// How the points of an ensemble are chosen among what varies.
public enum DesignDescription: Sendable, Equatable {
  /// Every combination.
  case grid(at: Location)
  /// Members of a group advance together; groups are crossed with each other and with what is in no group.
  case zip(groups: [ZipGroup], at: Location)
  case random(count: Int, seed: UInt64, at: Location)
  case latinHypercube(count: Int, seed: UInt64, at: Location)
  case sobol(count: Int, seed: UInt64, at: Location)
  /// The rows of a table.
  case table(TableReference, at: Location)

  /// Where the design begins in the file.
  public var location: Location {
    switch self {
    case .grid(let location), .zip(_, let location), .random(_, _, let location),
      .latinHypercube(_, _, let location), .sobol(_, _, let location), .table(_, let location):
      location
    }
  }
}

/// Things that vary together: the first values of all, then the second values of all, and so on.
public struct ZipGroup: Sendable, Equatable {
  public let name: String
  /// At least one, all with the same count.
  public let members: [VariedName]
  public let count: Int
}

/// The names of the ways to choose points, as files write them.
public enum DesignMethod: String, Sendable, CaseIterable {
  case grid, zip, random
  case latinHypercube = "latin-hypercube"
  case sobol, table
}

/// A table file with one member a row.
public struct TableReference: Sendable, Equatable {
  /// As written: relative to the folder of the job file.
  public let file: Located<String>
  /// Which column gives what; `nil` if every column is named after what it gives.
  public let columns: [TableColumn]?
}

/// A column of a table file and what it gives.
public struct TableColumn: Sendable, Equatable {
  public let varied: Located<VariedName>
  public let column: String
}
