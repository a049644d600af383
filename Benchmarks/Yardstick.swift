import Compiled
import Foundation

/// A C program of `yardsticks/`, compiled for this machine.
struct Yardstick {
  private let path: String

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/yardsticks"

  init(_ file: String, _ definitions: [String], in scratch: Scratch, compiler: String = "cc") throws {
    path = scratch.path + "/" + ([file] + definitions).joined(separator: "-").replacing("=", with: "")
    var words = [compiler, "-O3", "-march=native", "-ffp-contract=fast"] + definitions.map { "-D" + $0 }
    words += [Self.folder + "/" + file, "-o", path, "-lmvec", "-lm"]
    try Command.run(words)
  }

  /// Doubles in this processor's widest vectors: what a hand-written program takes at a time.
  static let lanes = VectorWidth.available.last!.rawValue / 64

  /// The numbers that one run prints.
  func run(_ arguments: [String] = []) throws -> [Double] {
    try Command.run([path] + arguments).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  }
}
