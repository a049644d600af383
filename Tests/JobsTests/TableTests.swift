import Foundation
import Testing

@testable import Jobs

@Suite struct TableTests {
  private func table(_ text: String, columns: [String]? = nil) throws(InvalidTable) -> Table {
    try Table(bytes: Array(text.utf8), path: "data/points.csv") { (header) throws(TableError) in columns ?? header }
  }

  @Test(arguments: [
    "a,b\n1,2\n3,4\n", "a\tb\n1\t2\n3\t4", "a;b\n1;2\n3;4\n", "a, b \r\n1 ,2\r\n 3, 4\r\n", "\u{FEFF}a,b\n1,2\n3,4\n",
    "# source: x, y\n\na,b\n# more\n1,2\n\n3,4\n", "\"a\",\"b\"\n\"1\",2\n3,\"4\"\n", "a,b\r1,2\r3,4\r",
  ])
  func theSameNumbersComeFromEveryDialect(text: String) throws {
    #expect(try table(text) == Table(columns: ["a", "b"], values: [[1, 3], [2, 4]]))
  }

  @Test func onlyTheColumnsAskedForMustBeNumbers() throws {
    let text = "id,note,x\n1,\"said \"\"no\"\", twice\nand left\",2.5e-1\n2,,3\n"
    #expect(try table(text, columns: ["x", "id"]) == Table(columns: ["x", "id"], values: [[0.25, 3], [1, 2]]))
    #expect(try table(text, columns: ["x", "x"]).values == [[0.25, 3], [0.25, 3]])
  }

  /// A table, what is said about it, and the line.
  @Test(arguments: [
    ("", "the table is empty. It needs a header", 1),
    ("# only\n", "the table is empty", 2),
    ("a,b\n", "the table has a header but no rows", 1),
    ("a,,c\n1,2,3\n", "column 2 of the header has no name", 1),
    ("a,a\n1,2\n", "the header has the column 'a' twice", 1),
    ("a,b\n1,2\n3\n", "row 2 has 1 cell, but the header has 2", 3),
    ("a,b\n1,2,3\n", "row 1 has 3 cells, but the header has 2", 2),
    ("a,b\n# note\n1,x\n", "row 1 has 'x' in column 'b', which is not a finite number", 3),
    ("a,b\n1,nan\n", "row 1 has 'nan' in column 'b'", 2),
    ("a,b\n1,0x10\n", "row 1 has '0x10' in column 'b'", 2),
    ("a,b\n1,1e999\n", "row 1 has '1e999' in column 'b'", 2),
    ("a,b\n1,\n", "row 1 has nothing in column 'b', where a number is needed", 2),
    ("a,b\n1,\"2\n", "row 1 has a quote that is never closed", 2),
    ("a,b\n1,\"2\"3\n", "row 1 has text behind a closing quote", 2),
  ])
  func mistakesAreToldWithRowAndColumn(text: String, message: String, line: Int) {
    let error = #expect(throws: InvalidTable.self) { try table(text) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.line == line)
    #expect(error?.description.hasPrefix("data/points.csv:") == true)
  }

  @Test func missingColumnsAreToldWithThoseThereAre() {
    let error = #expect(throws: InvalidTable.self) { try table("time,Dose\n1,2\n", columns: ["dose"]) }
    #expect(
      error?.error.message
        == "the table has no column 'dose'. Did you mean 'Dose'? Its columns are 'time', 'Dose'")
  }

  @Test func invalidBytesAreAnError() {
    let bytes = Array("a\n".utf8) + [0xFF, 10]
    let error = #expect(throws: InvalidTable.self) {
      try Table(bytes: bytes, path: "a.csv") { (header) throws(TableError) in header }
    }
    #expect(error?.error == .notUTF8(row: 1))
  }

  @Test func tablesAreReadFromFilesOfManyPieces() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("flowmap-table-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rows = 60_000
    let text = "k,x.start,note\n" + (0..<rows).map { "\($0),0.5,row number \($0)\n" }.joined()
    try text.write(to: folder.appendingPathComponent("points.csv"), atomically: true, encoding: .utf8)

    let jobText = """
      name: decay
      model: {parameters: {k: 1}, states: {x: {start: 1, rate: -k*x}}}
      solve: {until: 1}
      design: {method: table, file: points.csv, columns: {k: k, x.start: x.start}}
      outputs: {end: final(x)}
      """
    let job = try JobDocument(text: jobText, path: folder.appendingPathComponent("job.yaml").path)
    guard case .table(let reference, _) = job.designs.first else {
      Issue.record("no table")
      return
    }
    let points = try job.points(of: reference)
    #expect(points.names == [.parameter("k"), .start(ofState: "x")])
    #expect(points.values[0] == (0..<rows).map(Double.init))
    #expect(points.values[1].allSatisfy { $0 == 0.5 } && points.values[1].count == rows)
  }

  @Test func columnsWithoutAMappingMustNameWhatVaries() throws {
    let jobText = """
      name: decay
      model: {parameters: {k: 1}, states: {x: {start: 1, rate: -k*x}}}
      solve: {until: 1}
      design: {method: table, file: points.csv}
      outputs: {end: final(x)}
      """
    let job = try job(jobText)
    guard case .table(let reference, _) = job.designs.first else { return }
    let good = try job.points(of: reference, bytes: Array("x.start,k\n1,2\n".utf8))
    #expect(good == TablePoints(names: [.start(ofState: "x"), .parameter("k")], values: [[1], [2]]))
    let error = #expect(throws: InvalidTable.self) { try job.points(of: reference, bytes: Array("x,k\n1,2\n".utf8)) }
    #expect(error?.description.contains("jobs/points.csv:1: the column 'x' is not a parameter") == true)
    #expect(error?.description.contains("Did you mean 'x.start'? Say under 'columns'") == true)
    #expect(throws: InvalidTable.self) { try job.points(of: reference) }
  }
}
