// Paths as text. Foundation's `NSString.deletingLastPathComponent` traps on a name of one character (Swift 6.3, Linux).
extension String {
  /// The path without its last component: empty for a name alone, `/` for what stands at the root.
  package var parentPath: String {
    let path = withoutTrailingSlashes
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash]).withoutTrailingSlashes
  }

  /// The last component of the path.
  package var lastPathPart: String {
    let path = withoutTrailingSlashes
    return path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The path of a file in this folder.
  package func appendingPathPart(_ part: String) -> String {
    isEmpty ? part : hasSuffix("/") ? self + part : self + "/" + part
  }

  private var withoutTrailingSlashes: String {
    var path = self[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
  }
}
