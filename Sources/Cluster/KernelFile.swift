import Foundation

/// Files that the kernel makes up as they are read, under `/proc`.
public enum KernelFile {
  /// All of a file; empty if it cannot be read.
  ///
  /// Such a file comes a page at a time, and Foundation takes the first short piece for its end.
  public static func contents(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var (bytes, page): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 4096))
    while case let count = read(descriptor, &page, page.count), count > 0 { bytes += page.prefix(count) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
