import Foundation

/// A folder of a test's own, removed with it.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "flowmap-archive-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }
}

func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// The names in a folder, sorted.
func names(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

/// Inverts one bit in the first place where `bytes` occur in a file.
func flipBit(in path: String, at bytes: [UInt8]) throws {
  var data = try contents(path)
  guard let range = data.range(of: Data(bytes)) else { throw CocoaError(.fileReadCorruptFile) }
  data[range.lowerBound + bytes.count / 2] ^= 0x10
  try data.write(to: URL(fileURLWithPath: path))
}
