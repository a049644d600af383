import Execution
import Programs

/// Writes C: the lines so far, names, the vector functions used, and the memory that arrays need.
final class Renderer {
  let precision: Precision
  /// How many vectors make a tile.
  let vectorsPerTile: Int
  var functions: VectorFunctions
  private(set) var lines: [String] = []
  private var depth = 0
  var names = 0
  /// Memory for arrays that are looped over, in vectors, for each vector of a tile.
  var workspace = Arena()
  /// Constants and called programs, which stand before the function that uses them.
  var statics: [String] = []
  var usesTabulation = false
  var usesRefill = false
  /// Numbers a member that the pool of a refilled loop holds.
  var poolRows = 0
  var usesLinearAlgebra = false
  var calledFunctions: [Program: Function] = [:]
  /// The lanes that the innermost loop still runs; nil where all run.
  var activeMask: String?

  /// Arrays of at most so many components become C variables, which the C compiler keeps in registers; larger ones live
  /// in memory and are looped over. Measured: 16-state models run 1.6 times as fast unrolled; beyond 32 components
  /// compile times grow past a second.
  static let unrollLimit = 32

  init(precision: Precision, library: VectorLibrary, vectorsPerTile: Int) {
    self.precision = precision
    self.vectorsPerTile = vectorsPerTile
    functions = VectorFunctions(library: library, precision: precision)
  }

  /// Writes one line; a line with the mark `§` once for each vector of the tile.
  func write(_ line: String) {
    let indent = String(repeating: "  ", count: depth)
    if line.contains("§") {
      for letter in marks { lines.append(indent + line.replacing("§", with: letter)) }
    } else {
      lines.append(indent + line)
    }
  }

  /// The names of a tile's vectors.
  var marks: [String] {
    vectorsPerTile == 1 ? [""] : (0..<vectorsPerTile).map { String("abcdefgh".dropFirst($0).first!) }
  }

  /// A line that holds all vectors of the tile at once, such as the test whether any lane is active.
  func joined(_ text: String, by separator: String) -> String {
    text.contains("§") ? marks.map { text.replacing("§", with: $0) }.joined(separator: separator) : text
  }

  func open(_ line: String) {
    write(line + " {")
    depth += 1
  }

  func close() {
    depth -= 1
    write("}")
  }

  /// Writes loops over components, which `i` counts: one, or several where arrays that are read consist of pieces.
  func loop(over range: Range<Int>, reading values: [Held], _ body: (Range<Int>) -> Void) {
    let seams = Set(values.flatMap(\.seams)).filter { range.contains($0) && $0 > range.lowerBound }.sorted()
    for (start, end) in zip([range.lowerBound] + seams, seams + [range.upperBound]) {
      if end - start == 1 {
        open("")
        write("const long i = \(start);")
      } else {
        open("for (long i = \(start); i < \(end); i++)")
      }
      body(start..<end)
      close()
    }
  }

  /// A new C name; carries the mark if the value differs by member.
  func name(_ prefix: String, _ type: ValueType? = nil) -> String {
    names += 1
    return "\(prefix)\(names)\(type?.mark ?? "")"
  }

  /// Declares a constant of the type's C type.
  func declare(_ prefix: String, _ type: ValueType, _ text: String) -> String {
    let name = name(prefix, type)
    write("const \(type.cType) \(name) = \(text);")
    return name
  }

  /// The text of a known number.
  static func literal(_ value: Double, _ kind: Kind = .real) -> String {
    if kind == .boolean { return value != 0 ? "1" : "0" }
    if value.isNaN { return "(T)__builtin_nan(\"\")" }
    if value.isInfinite { return value > 0 ? "(T)__builtin_inf()" : "(-(T)__builtin_inf())" }
    if value == value.rounded(), abs(value) < 1e15, !(value == 0 && value.sign == .minus) {
      return value < 0 ? "((T)\(Int(value)))" : "(T)\(Int(value))"
    }
    let digits = String(value.significandBitPattern, radix: 16)
    let leading = value.isSubnormal || value == 0 ? "0" : "1"
    let exponent = value.isSubnormal || value == 0 ? -1022 : Int(value.exponent)
    let padded = String(repeating: "0", count: 13 - digits.count) + digits
    return "(\(value.sign == .minus ? "-" : "")(T)0x\(leading).\(padded)p\(exponent))"
  }

  /// The text of a component as a value of the given extent: shared ones are broadcast to lanes.
  func widened(_ text: String, _ type: ValueType, to extent: Extent) -> String {
    type.widened(text, to: extent)
  }

  /// Moves the lines written by `body` out, for a function of its own.
  func captured(_ body: () -> Void) -> [String] {
    let (before, level) = (lines, depth)
    lines = []
    depth = 0
    body()
    defer {
      lines = before
      depth = level
    }
    return lines
  }
}
