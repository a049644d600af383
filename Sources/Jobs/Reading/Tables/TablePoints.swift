import Archive
import Foundation
import Programs

/// The members that a table gives: what varies, and the values of each.
public struct TablePoints: Sendable, Equatable {
  public let names: [VariedName]
  /// The values of each name, one a member.
  public let values: [[Double]]
}

extension JobDocument {
  /// Where a table that the job names is: beside the job file, unless its path is absolute.
  public func path(of table: TableReference) -> String {
    let file = table.file.value
    if file.hasPrefix("/") { return file }
    return path.parentPath.appendingPathPart(file)
  }

  /// Reads the table of a design and checks it against the names of the model.
  ///
  /// - Precondition: the names of the model are known: a registered model has been ``checked(against:)``.
  public func points(of table: TableReference) throws(InvalidTable) -> TablePoints {
    let chooser = TableColumns(table: table, names: names)
    let read = try Table.read(path: path(of: table), columns: chooser.columns)
    return chooser.points(read)
  }

  /// The same from bytes that another rank has read.
  public func points(of table: TableReference, bytes: [UInt8]) throws(InvalidTable) -> TablePoints {
    let chooser = TableColumns(table: table, names: names)
    let read = try Table(bytes: bytes, path: path(of: table), columns: chooser.columns)
    return chooser.points(read)
  }
}

/// Chooses the columns of a table that a design uses.
private struct TableColumns {
  let table: TableReference
  let names: ModelNames?

  func columns(_ header: [String]) throws(TableError) -> [String] {
    if let columns = table.columns { return columns.map(\.column) }
    guard let names else { preconditionFailure("the names of the model are not known yet") }
    for column in header where !names.contains(VariedName(column)) {
      throw .columnNamesNothing(column, nearest: names.nearestVariable(to: column))
    }
    return header
  }

  func points(_ read: Table) -> TablePoints {
    let varied = table.columns?.map(\.varied.value) ?? read.columns.map(VariedName.init)
    return TablePoints(names: varied, values: read.values)
  }
}
